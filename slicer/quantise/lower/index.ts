import { averageOperators } from './averages.ts';
import { conditionOperators } from './conditions.ts';
import { elementwiseOperators } from './elementwise.ts';
import type { Lower } from './lowering.ts';
import { matrixOperators } from './matrices.ts';
import { moveOperators } from './moves.ts';
import { nonlinearOperators } from './nonlinear.ts';
import { normalisationOperators } from './normalisation.ts';
import { quantisedOperators } from './quantised.ts';
import { windowOperators } from './windows.ts';

/** Every ONNX operator that can be proved. */
export const provableOperators: ReadonlyMap<string, Lower> = new Map(
  Object.entries({
    ...averageOperators,
    ...conditionOperators,
    ...elementwiseOperators,
    ...matrixOperators,
    ...moveOperators,
    ...nonlinearOperators,
    ...normalisationOperators,
    ...quantisedOperators,
    ...windowOperators,
  }),
);
