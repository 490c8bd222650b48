import { BYTES } from '../../curve/bn254-wasm.ts';
import type { Bn254 } from '../../curve/bn254-wasm.ts';
import type { DomainVectors } from '../../kernel/transforms.ts';
import { MINUS_ONE, ONE } from './key.ts';
import type { LoadedKey } from './key.ts';
import type { SignedScalars } from './scalars.ts';

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
  vectors: DomainVectors,
  values: Uint8Array,
  { bits }: SignedScalars,
): number {
  const { fn } = curve;
  const { domainSize, terms } = key;
  const { frm_add, frm_sub, frm_mul } = fn;
  const out = curve.alloc(domainSize * FIELD);
  const [a, b] = [0, 1].map(() => curve.alloc(vectors.bytes));
  curve.scratch(() => {
    const product = curve.alloc(FIELD);
    const witness = curve.alloc(values.length);
    curve.bytes(witness, values.length).set(values);
    fn.frm_batchToMontgomery(witness, values.length / FIELD, witness);
    const { rows, wires, coefficients } = terms;
    [a, b].forEach((vector, matrix) => {
      const first = matrix * domainSize;
      curve.bytes(out, domainSize * FIELD).fill(0);
      for (let term = 0; term < rows.length; term++) {
        const place = rows[term] - first;
        const wire = wires[term];
        if (place < 0 || place >= domainSize || bits[wire] === 0) continue;
        const row = out + place * FIELD;
        const value = witness + wire * FIELD;
        const coefficient = coefficients[term];
        if (coefficient === ONE) frm_add(row, value, row);
        else if (coefficient === MINUS_ONE) frm_sub(row, value, row);
        else {
          frm_mul(coefficient, value, product);
          frm_add(row, product, row);
        }
      }
      vectors.enter(out, vector);
    });
  });
  // In the room that the witness had.
  const c = curve.alloc(vectors.bytes);
  vectors.multiply(a, b, c);
  for (const vector of [a, b, c]) vectors.toCoset(vector);
  vectors.quotient(a, b, c, out);
  return out;
}
