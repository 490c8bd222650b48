import type { Matrix } from './field.ts';
import { invertMatrix, reduce, timesMatrix } from './field.ts';
import type { AffineRow } from './backward.ts';
import { roundConstants } from './backward.ts';
import { poseidonParameters } from './parameters.ts';

/**
 * The first round when some state elements are constants (the capacity always, the domain word, padding):
 * their S-boxes are constants too, so k of the second round's t inputs depend on the others.
 */
export interface EntryTables {
  /** State elements that are not constants, ascending. */
  readonly variable: readonly number[];
  /** Inputs 0 … kept − 1 of the second round are wires, the other k forms of them. */
  readonly kept: number;
  /** Outputs of the variable S-boxes from the kept inputs. */
  readonly outputs: readonly AffineRow[];
  /** The other inputs from the kept ones. */
  readonly eliminated: readonly AffineRow[];
}

/** Inverses by t and which elements vary; they depend on nothing else. */
const regular = new Map<string, Matrix>();

/** @param state t elements: a constant, or undefined for one that is not */
export function entryTables(state: readonly (bigint | undefined)[]): EntryTables {
  const t = state.length;
  const parameters = poseidonParameters(t);
  const { mix } = parameters;
  const first = roundConstants(parameters, 0);
  const second = roundConstants(parameters, 1);
  const variable = state.flatMap((element, i) => (element === undefined ? [i] : []));
  const kept = variable.length;
  // What the constant elements add to each input of the second round, its own constant included.
  const shift = mix.map((row, i) =>
    state.reduce<bigint>(
      (sum, element, j) => (element === undefined ? sum : sum + row[j] * power5(element + first[j])),
      second[i],
    ),
  );
  const fromVariable = mix.map((row) => variable.map((j) => row[j]));
  const key = `${t} ${variable.join(' ')}`;
  let inverse = regular.get(key);
  // Any square part of a Cauchy matrix is regular.
  if (!inverse) regular.set(key, (inverse = invertMatrix(fromVariable.slice(0, kept))));
  const keptShift = shift.slice(0, kept);
  const affine = (row: readonly bigint[], constant: bigint): AffineRow => ({
    factors: row,
    constant: reduce(row.reduce((sum, factor, i) => sum - factor * keptShift[i], constant)),
  });
  return {
    variable,
    kept,
    outputs: inverse.map((row) => affine(row, 0n)),
    eliminated: timesMatrix(fromVariable.slice(kept), inverse).map((row, i) => affine(row, shift[kept + i])),
  };
}

function power5(value: bigint): bigint {
  const base = reduce(value);
  const square = reduce(base * base);
  return reduce(reduce(square * square) * base);
}
