import { BYTES } from '../../curve/bn254-wasm.ts';
import type { Bn254 } from '../../curve/bn254-wasm.ts';
import { SCALAR_FIELD, writeLittleEndian } from '../../formats/bn254.ts';
import { MINUS_ONE, ONE } from './key.ts';
import type { LoadedKey } from './key.ts';
import type { SignedScalars } from './scalars.ts';
import type { CosetTransform } from './transform.ts';

const FIELD = BYTES.field;

/**
 * The scalars of the H points: (A·B − C) on the odd coset, where C interpolates A∘B on the domain; canonical, in
 * bit-reversed order, N elements of 32 bytes at the address that is given back.
 *
 * @param values the witness, 32 bytes a wire
 */
export function quotientScalars(
  curve: Bn254,
  key: LoadedKey,
  transform: CosetTransform,
  values: Uint8Array,
  { bits }: SignedScalars,
): number {
  const { fn } = curve;
  const { domainSize, terms } = key;
  const { frm_add, frm_sub, frm_mul } = fn;
  const vector = domainSize * FIELD;
  const a = curve.alloc(3 * vector);
  const b = a + vector;
  const c = b + vector;
  const product = curve.alloc(FIELD);
  const size = putPlain(curve, BigInt(domainSize));
  fn.frm_toMontgomery(size, size);
  // Taken as it is, a Montgomery product with it also leaves Montgomery form.
  const scale = putPlain(curve, inverseSquare(domainSize));
  const witness = curve.alloc(values.length);
  curve.bytes(witness, values.length).set(values);
  fn.frm_batchToMontgomery(witness, values.length / FIELD, witness);

  curve.bytes(a, 2 * vector).fill(0);
  const { rows, wires, coefficients } = terms;
  for (let term = 0; term < rows.length; term++) {
    const wire = wires[term];
    if (bits[wire] === 0) continue;
    const row = a + rows[term] * FIELD;
    const value = witness + wire * FIELD;
    const coefficient = coefficients[term];
    if (coefficient === ONE) frm_add(row, value, row);
    else if (coefficient === MINUS_ONE) frm_sub(row, value, row);
    else {
      frm_mul(coefficient, value, product);
      frm_add(row, product, row);
    }
  }
  // The transforms leave a factor N on A, B and C, so N² on A·B: one more on C, and N² goes at the end.
  for (let at = 0; at < vector; at += FIELD) {
    frm_mul(a + at, b + at, c + at);
    frm_mul(c + at, size, c + at);
  }
  for (const values of [a, b, c]) transform.toCoset(values);
  fn.qap_joinABC(a, b, c, domainSize, a);
  for (let at = 0; at < vector; at += FIELD) frm_mul(a + at, scale, a + at);
  return a;
}

function putPlain(curve: Bn254, value: bigint): number {
  const at = curve.alloc(FIELD);
  writeLittleEndian(curve.bytes(at, FIELD), 0, value);
  return at;
}

/** 1/N² mod r for N = 2^k: half of an odd number h is (h + r)/2. */
function inverseSquare(domainSize: number): bigint {
  let result = 1n;
  for (let halving = 0; halving < 2 * Math.log2(domainSize); halving++) {
    result = (result & 1n) === 0n ? result >> 1n : (result + SCALAR_FIELD) >> 1n;
  }
  return result;
}
