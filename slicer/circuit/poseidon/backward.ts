import type { Matrix } from './field.ts';
import { invert, reduce, rowTimes } from './field.ts';
import type { PoseidonParameters } from './parameters.ts';
import { FULL_ROUNDS, poseidonParameters } from './parameters.ts';

/** constant + Σ factors[i] · (the i-th S-box input that the table names). */
export interface AffineRow {
  readonly factors: readonly bigint[];
  readonly constant: bigint;
}

/**
 * Every S-box output of a permutation as an affine form of *later* S-box inputs, going backwards through the
 * mixing: what keeps long forms in C, where they cost the prover nothing, and single wires in A and B.
 *
 * With X_k the state after the S-box of partial round k = 1 … P, y_k that S-box's input, f the inputs of the
 * full round after, W the inverse of the mixing matrix, Z the identity without its first entry and c_k a
 * round's constants: X_P = W(f − c_(P+1)) and X_(k−1) = W(y_k · e_0 + Z·X_k − c_k). X_0 is the state after
 * the last full round before. Unrolled, with σ_0 a row of W and σ_(m+1) = (σ_m · Z) · W:
 *
 *   X_(P−j) = σ_j · (f − c_(P+1)) + Σ_(i<j) σ_i[0] · y_(P−j+1+i) − σ_i · c_(P−j+1+i).
 */
export interface BackwardTables {
  /** By round counted from 0, output j from the next round's inputs; only where a full round follows a full one. */
  readonly full: readonly (readonly AffineRow[] | undefined)[];
  /** Output j of the last full round before the partial ones, from y_1 … y_P, then f. */
  readonly intoPartial: readonly AffineRow[];
  /** Output of partial round k = 1 … P at k − 1, from y_(k+1) … y_P, then f. */
  readonly partial: readonly AffineRow[];
  /** Output 0 of the last round from the hash, then its outputs 1 … t − 1. */
  readonly last: AffineRow;
}

/** A function of t only; kept because it takes 0.1 s at t = 17. */
const tables = new Map<number, BackwardTables>();

export function backwardTables(t: number): BackwardTables {
  let known = tables.get(t);
  if (!known) tables.set(t, (known = build(poseidonParameters(t))));
  return known;
}

/** The constants of round `round`, counted from 0. */
export function roundConstants({ constants, t }: PoseidonParameters, round: number): readonly bigint[] {
  return constants.slice(round * t, (round + 1) * t);
}

function build(parameters: PoseidonParameters): BackwardTables {
  const { partialRounds, mix, unmix } = parameters;
  const before = FULL_ROUNDS / 2;
  // c_k of the derivation is the constants of round before + k − 1.
  const constantsOf = (k: number): readonly bigint[] => roundConstants(parameters, before + k - 1);
  const dropped: Matrix = unmix.map((row, i) => (i === 0 ? row.map(() => 0n) : row));
  const unrolled = (row: readonly bigint[], steps: number): readonly (readonly bigint[])[] => {
    const sigma = [row];
    for (let m = 0; m < steps; m++) sigma.push(rowTimes(sigma[m], dropped));
    return sigma;
  };
  const affine = (sigma: readonly (readonly bigint[])[], j: number): AffineRow => {
    let constant = -dot(sigma[j], constantsOf(partialRounds + 1));
    for (let i = 0; i < j; i++) constant -= dot(sigma[i], constantsOf(partialRounds - j + 1 + i));
    return {
      factors: [...sigma.slice(0, j).map(([first]) => first), ...sigma[j]],
      constant: reduce(constant),
    };
  };
  const first = unrolled(unmix[0], partialRounds);
  const fromNext = (row: readonly bigint[], constants: readonly bigint[]): AffineRow => ({
    factors: row,
    constant: reduce(-dot(row, constants)),
  });
  const scale = invert(mix[0][0]);
  return {
    full: Array.from({ length: FULL_ROUNDS + partialRounds - 1 }, (_, round) =>
      round + 1 < before || round >= before + partialRounds
        ? unmix.map((row) => fromNext(row, roundConstants(parameters, round + 1)))
        : undefined,
    ),
    intoPartial: unmix.map((row, i) => affine(i === 0 ? first : unrolled(row, partialRounds), partialRounds)),
    partial: Array.from({ length: partialRounds }, (_, k) => affine(first, partialRounds - 1 - k)),
    last: {
      factors: [scale, ...mix[0].slice(1).map((factor) => reduce(-factor * scale))],
      constant: 0n,
    },
  };
}

function dot(left: readonly bigint[], right: readonly bigint[]): bigint {
  let sum = 0n;
  for (let i = 0; i < left.length; i++) sum += left[i] * right[i];
  return sum;
}
