import { elementwiseOperators } from './elementwise.ts';
import type { Lower } from './lowering.ts';
import { matrixOperators } from './matrices.ts';
import { shapeOperators } from './shapes.ts';
import { windowOperators } from './windows.ts';

/** Every ONNX operator that can be proved. */
export const provableOperators: ReadonlyMap<string, Lower> = new Map(
  Object.entries({ ...windowOperators, ...matrixOperators, ...elementwiseOperators, ...shapeOperators }),
);
