import { averageOperators } from './averages.ts';
import { elementwiseOperators } from './elementwise.ts';
import type { Lower } from './lowering.ts';
import { matrixOperators } from './matrices.ts';
import { moveOperators } from './moves.ts';
import { nonlinearOperators } from './nonlinear.ts';
import { normalisationOperators } from './normalisation.ts';
import { windowOperators } from './windows.ts';

/** Every ONNX operator that can be proved. */
export const provableOperators: ReadonlyMap<string, Lower> = new Map(
  Object.entries({
    ...averageOperators,
    ...elementwiseOperators,
    ...matrixOperators,
    ...moveOperators,
    ...nonlinearOperators,
    ...normalisationOperators,
    ...windowOperators,
  }),
);
