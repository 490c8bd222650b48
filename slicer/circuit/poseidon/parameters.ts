import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { Matrix } from './field.ts';
import { invert, invertMatrix } from './field.ts';
import { Grain } from './grain.ts';

/** Full rounds of every instance, half before and half after the partial ones. */
export const FULL_ROUNDS = 8;

/** Partial rounds for t = 2 … 17, as circomlib and the paper's tables 2 and 8 have them. */
const PARTIAL_ROUNDS = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];

/** One Poseidon permutation over BN254's scalar field. */
export interface PoseidonParameters {
  /** Elements of the state: inputs + 1. */
  readonly t: number;
  readonly partialRounds: number;
  /** (FULL_ROUNDS + partialRounds) · t constants, added before each round's S-boxes. */
  readonly constants: readonly bigint[];
  readonly mix: Matrix;
  readonly unmix: Matrix;
}

/** A function of t only; kept because drawing the constants takes 10 ms at t = 17. */
const drawn = new Map<number, PoseidonParameters>();

/** circomlib's parameters for a state of t = 2 … 17 elements, drawn anew from Grain. */
export function poseidonParameters(t: number): PoseidonParameters {
  let parameters = drawn.get(t);
  if (!parameters) drawn.set(t, (parameters = draw(t)));
  return parameters;
}

function draw(t: number): PoseidonParameters {
  const partialRounds = PARTIAL_ROUNDS[t - 2];
  const grain = new Grain(t, FULL_ROUNDS, partialRounds);
  const constants = Array.from({ length: (FULL_ROUNDS + partialRounds) * t }, () => grain.element());
  const mix = cauchy(grain, t);
  return { t, partialRounds, constants, mix, unmix: invertMatrix(mix) };
}

/** 1 / (x_i + y_j) for the next 2t distinct elements: every square part of it is regular. */
function cauchy(grain: Grain, t: number): Matrix {
  for (;;) {
    const elements = Array.from({ length: 2 * t }, () => grain.integer() % SCALAR_FIELD);
    if (new Set(elements).size < 2 * t) continue;
    return elements.slice(0, t).map((x) => elements.slice(t).map((y) => invert(x + y)));
  }
}
