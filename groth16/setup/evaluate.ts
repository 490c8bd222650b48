import { BYTES } from '../curve/bn254-wasm.ts';
import type { Bn254 } from '../curve/bn254-wasm.ts';
import { rootOfUnity } from '../curve/root-of-unity.ts';
import { SCALAR_FIELD, TWO_ADICITY, writeLittleEndian } from '../formats/bn254.ts';
import { publicSignalCount, rowCount } from '../formats/r1cs.ts';
import type { R1cs, SparseRows } from '../formats/r1cs.ts';
import { SetupError } from './errors.ts';
import type { DevelopmentPhase1 } from './trapdoor.ts';

/** The discrete logarithms of a proving key's points: canonical scalars, 32 bytes little-endian each. */
export interface KeyScalars {
  readonly domainSize: number;
  /** A_s for every wire. */
  readonly a: Uint8Array;
  /** B_s for every wire. */
  readonly b: Uint8Array;
  /** βA + αB + C for the constant and each public signal. */
  readonly ic: Uint8Array;
  /** (βA + αB + C) / δ for every other wire. */
  readonly c: Uint8Array;
  /** σ times the last of ic: those of the committed wires. */
  readonly sigmaIc: Uint8Array;
  /** L_(2i+1)(τ) / δ over the domain of twice the size. */
  readonly h: Uint8Array;
}

/** What a development setup knows and a ceremony does not. */
export interface Trapdoor extends DevelopmentPhase1 {
  readonly delta: bigint;
  /** Of a circuit with committed wires. */
  readonly sigma?: bigint;
}

const FIELD = BYTES.field;
const TERMS_A_TURN = 100_000;

/**
 * Size of the evaluation domain: the smallest power of two above constraints + public signals, as snarkjs
 * takes it (one row more for the constant and each public signal).
 *
 * @throws SetupError SETUP_TOO_LARGE
 */
export function domainSizeOf(r1cs: R1cs): number {
  const rows = rowCount(r1cs) + publicSignalCount(r1cs);
  const power = rows === 0 ? 1 : Math.floor(Math.log2(rows)) + 1;
  if (power >= TWO_ADICITY) {
    throw new SetupError('SETUP_TOO_LARGE', `expected fewer than 2^${TWO_ADICITY - 1} rows, got ${rows}`, {
      hint: 'plan smaller slices',
    });
  }
  return 2 ** power;
}

/**
 * Evaluates the circuit's QAP at τ (Groth16, https://eprint.iacr.org/2016/260, in the form of snarkjs: one
 * further row A = wire s for the constant and each public signal, so that no two of them can be exchanged).
 * Takes time and memory linear in the circuit; `turn` is awaited every hundred thousand terms.
 */
export async function evaluateAtTau(
  curve: Bn254,
  r1cs: R1cs,
  trapdoor: Trapdoor,
  turn: () => Promise<void>,
): Promise<KeyScalars> {
  const { fn } = curve;
  const domainSize = domainSizeOf(r1cs);
  const publics = publicSignalCount(r1cs) + 1;
  const put = (value: bigint): number => putField(curve, value);
  const tau = put(trapdoor.tau);
  const root = rootOfUnity(domainSize);

  const lagrange = lagrangeAt(curve, tau, {
    size: domainSize,
    first: put(1n),
    step: put(root),
    count: rowCount(r1cs) + publics,
  });
  await turn();

  const a = zeros(curve, r1cs.wires);
  const b = zeros(curve, r1cs.wires);
  const k = zeros(curve, r1cs.wires);
  await addRows(curve, r1cs.a, lagrange, a, turn);
  for (let wire = 0; wire < publics; wire++) {
    const at = a + wire * FIELD;
    fn.frm_add(at, lagrange + (rowCount(r1cs) + wire) * FIELD, at);
  }
  await addRows(curve, r1cs.b, lagrange, b, turn);
  await addRows(curve, r1cs.c, lagrange, k, turn);

  const alpha = put(trapdoor.alpha);
  const beta = put(trapdoor.beta);
  const deltaInverse = put(trapdoor.delta);
  fn.frm_inverse(deltaInverse, deltaInverse);
  const product = curve.alloc(FIELD);
  for (let wire = 0; wire < r1cs.wires; wire++) {
    const at = k + wire * FIELD;
    fn.frm_mul(a + wire * FIELD, beta, product);
    fn.frm_add(at, product, at);
    fn.frm_mul(b + wire * FIELD, alpha, product);
    fn.frm_add(at, product, at);
    if (wire >= publics) fn.frm_mul(at, deltaInverse, at);
  }
  await turn();

  const doubleRoot = rootOfUnity(2 * domainSize);
  const h = lagrangeAt(curve, tau, {
    size: 2 * domainSize,
    first: put(doubleRoot),
    step: put(root),
    count: domainSize,
  });
  for (let i = 0; i < domainSize; i++) fn.frm_mul(h + i * FIELD, deltaInverse, h + i * FIELD);
  await turn();

  const committed = r1cs.committed ?? 0;
  const sigmaIc = curve.alloc(Math.max(1, committed) * FIELD);
  if (committed > 0) {
    const sigma = put(sigmaOf(trapdoor));
    const first = k + (publics - committed) * FIELD;
    for (let i = 0; i < committed; i++) fn.frm_mul(first + i * FIELD, sigma, sigmaIc + i * FIELD);
  }

  const take = (at: number, count: number): Uint8Array => {
    fn.frm_batchFromMontgomery(at, count, at);
    return curve.bytes(at, count * FIELD).slice();
  };
  return {
    domainSize,
    a: take(a, r1cs.wires),
    b: take(b, r1cs.wires),
    sigmaIc: take(sigmaIc, committed),
    ic: take(k, publics),
    c: take(k + publics * FIELD, r1cs.wires - publics),
    h: take(h, domainSize),
  };
}

/** @throws SetupError SETUP_SIGMA when there is none for the committed wires */
export function sigmaOf({ sigma }: Trapdoor): bigint {
  if (sigma !== undefined) return sigma;
  throw new SetupError('SETUP_SIGMA', 'expected a σ: the circuit has committed wires');
}

/** Address of `value` in Montgomery form. */
export function putField(curve: Bn254, value: bigint): number {
  const at = curve.alloc(FIELD);
  writeLittleEndian(curve.bytes(at, FIELD), 0, value);
  curve.fn.frm_toMontgomery(at, at);
  return at;
}

/** Address of a table of coefficients in Montgomery form. */
export function putTable(curve: Bn254, table: readonly bigint[]): number {
  const at = curve.alloc(table.length * FIELD);
  const bytes = curve.bytes(at, table.length * FIELD);
  table.forEach((value, index) => writeLittleEndian(bytes, index * FIELD, value));
  curve.fn.frm_batchToMontgomery(at, table.length, at);
  return at;
}

/**
 * Lagrange polynomials at τ over the domain of `size` roots of unity, for the roots first · step^i:
 * L(τ) = w · (τ^size − 1) / (size · (τ − w)).
 */
function lagrangeAt(
  curve: Bn254,
  tau: number,
  { size, first, step, count }: { size: number; first: number; step: number; count: number },
): number {
  const { fn } = curve;
  const result = curve.alloc(count * FIELD);
  curve.scratch(() => {
    const roots = curve.alloc(count * FIELD);
    const one = putField(curve, 1n);
    const scale = putField(curve, BigInt(size));
    const vanishing = curve.alloc(FIELD);
    fn.frm_copy(tau, vanishing);
    for (let power = 1; power < size; power *= 2) fn.frm_square(vanishing, vanishing);
    fn.frm_sub(vanishing, one, vanishing);
    fn.frm_inverse(scale, scale);
    fn.frm_mul(vanishing, scale, vanishing);
    for (let i = 0; i < count; i++) {
      if (i === 0) fn.frm_copy(first, roots);
      else fn.frm_mul(roots + (i - 1) * FIELD, step, roots + i * FIELD);
      fn.frm_sub(tau, roots + i * FIELD, result + i * FIELD);
    }
    curve.reserve((count + 2) * FIELD);
    fn.frm_batchInverse(result, FIELD, count, result, FIELD);
    for (let i = 0; i < count; i++) {
      fn.frm_mul(result + i * FIELD, roots + i * FIELD, result + i * FIELD);
      fn.frm_mul(result + i * FIELD, vanishing, result + i * FIELD);
    }
  });
  return result;
}

function zeros(curve: Bn254, count: number): number {
  const at = curve.alloc(count * FIELD);
  curve.bytes(at, count * FIELD).fill(0);
  return at;
}

/** sums[wire] += coefficient · lagrange[constraint] over all terms of a matrix. */
async function addRows(
  curve: Bn254,
  rows: SparseRows,
  lagrange: number,
  sums: number,
  turn: () => Promise<void>,
): Promise<void> {
  const { fn } = curve;
  const table = putTable(curve, rows.table);
  const product = curve.alloc(FIELD);
  // ±1 are most coefficients of a typical circuit and take no product.
  const one = rows.table.indexOf(1n);
  const minusOne = rows.table.indexOf(SCALAR_FIELD - 1n);
  let untilTurn = TERMS_A_TURN;
  for (let constraint = 0; constraint + 1 < rows.offsets.length; constraint++) {
    const weight = lagrange + constraint * FIELD;
    const end = rows.offsets[constraint + 1];
    for (let term = rows.offsets[constraint]; term < end; term++) {
      const at = sums + rows.wires[term] * FIELD;
      const coefficient = rows.coefficients[term];
      if (coefficient === one) fn.frm_add(at, weight, at);
      else if (coefficient === minusOne) fn.frm_sub(at, weight, at);
      else {
        fn.frm_mul(table + coefficient * FIELD, weight, product);
        fn.frm_add(at, product, at);
      }
      if (--untilTurn === 0) {
        untilTurn = TERMS_A_TURN;
        await turn();
      }
    }
  }
}
