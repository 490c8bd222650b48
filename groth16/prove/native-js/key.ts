import { BYTES } from '../../curve/bn254-wasm.ts';
import type { Bn254 } from '../../curve/bn254-wasm.ts';
import { TWO_ADICITY } from '../../formats/bn254.ts';
import { COEFFICIENT_BYTES } from '../../formats/zkey-file.ts';
import type { ZkeyContents } from '../../formats/zkey-file.ts';
import type { PointSums } from '../../kernel/point-sums.ts';
import { reverseBits } from '../../kernel/transforms.ts';
import { ProveError } from '../errors.ts';
import type { Points } from './msm.ts';

/** Terms of A and B, wire by wire as they stand in the key. */
export interface Terms {
  /** The row in bit-reversed order; rows of B follow the N rows of A. */
  readonly rows: Uint32Array;
  readonly wires: Uint32Array;
  /** Address of the Montgomery coefficient, or {@link ONE} or {@link MINUS_ONE}. */
  readonly coefficients: Uint32Array;
}

/** Most coefficients are 1 or −1: an addition instead of a multiplication, and no memory. */
export const ONE = 0;
export const MINUS_ONE = 1;

/** A proving key in the instance's memory, but for the points of its sums; addresses are of affine points. */
export interface LoadedKey {
  readonly wires: number;
  readonly publicSignals: number;
  readonly domainSize: number;
  readonly alpha1: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly delta1: number;
  readonly delta2: number;
  readonly terms: Terms;
}

/**
 * Copies what a .zkey holds besides its sums into the instance's memory.
 *
 * @throws ProveError PROVE_KEY_TERM for a term outside the circuit, PROVE_KEY_DOMAIN
 */
export function loadKey(curve: Bn254, key: ZkeyContents): LoadedKey {
  const { wires, publicSignals, domainSize } = key;
  if (Math.log2(domainSize) >= TWO_ADICITY) {
    throw new ProveError('PROVE_KEY_DOMAIN', `expected a domain below 2^${TWO_ADICITY}, got ${domainSize}`, {
      hint: 'use the snarkjs backend for this key',
    });
  }
  const point = (section: Uint8Array): number => {
    const at = curve.alloc(section.length);
    curve.bytes(at, section.length).set(section);
    return at;
  };
  return {
    wires,
    publicSignals,
    domainSize,
    alpha1: point(key.alpha1),
    beta1: point(key.beta1),
    beta2: point(key.beta2),
    delta1: point(key.delta1),
    delta2: point(key.delta2),
    terms: loadTerms(curve, key),
  };
}

/** Linear rows cost nothing: their wires have no part in A and B, and infinity is not kept. */
export function loadPoints(
  curve: Bn254,
  sums: PointSums,
  section: Uint8Array,
  scalarOf: (index: number) => number,
): Points {
  const { pointBytes } = sums;
  const count = section.length / pointBytes;
  const at = curve.alloc(section.length);
  const points = curve.bytes(at, section.length);
  points.set(section);
  const words = new Uint32Array(points.buffer, at, section.length / 4);
  const wordsEach = pointBytes / 4;
  const scalars = new Uint32Array(count);
  let kept = 0;
  for (let index = 0; index < count; index++) {
    const first = index * wordsEach;
    let word = first;
    while (word < first + wordsEach && words[word] === 0) word++;
    if (word === first + wordsEach) continue;
    if (kept !== index) words.copyWithin(kept * wordsEach, first, first + wordsEach);
    scalars[kept++] = scalarOf(index);
  }
  curve.release(at + kept * pointBytes);
  sums.enter(at, at, kept);
  return { at, scalarOf: scalars.slice(0, kept) };
}

function loadTerms(curve: Bn254, { terms, coefficients, wires, domainSize }: ZkeyContents): Terms {
  const { fn } = curve;
  const view = new DataView(terms.buffer, terms.byteOffset, terms.byteLength);
  const power = Math.log2(domainSize);
  const loaded = {
    rows: new Uint32Array(coefficients),
    wires: new Uint32Array(coefficients),
    coefficients: new Uint32Array(coefficients),
  };
  const one = curve.alloc(BYTES.field);
  fn.frm_one(one);
  const minusOne = curve.alloc(BYTES.field);
  fn.frm_neg(one, minusOne);
  // Weights and powers of two come again and again: by its lowest word, the coefficient that had it last.
  const known = new Map<number, number>();
  let value = curve.alloc(BYTES.field);
  for (let term = 0; term < coefficients; term++) {
    const from = term * COEFFICIENT_BYTES;
    const matrix = view.getUint32(from, true);
    const constraint = view.getUint32(from + 4, true);
    const wire = view.getUint32(from + 8, true);
    if (matrix > 1 || constraint >= domainSize || wire >= wires) {
      throw new ProveError(
        'PROVE_KEY_TERM',
        `term ${term} of the proving key lies outside its circuit: matrix ${matrix}, row ${constraint}, wire ${wire}`,
        { hint: 'fetch or build the key again' },
      );
    }
    loaded.rows[term] = matrix * domainSize + reverseBits(constraint, power);
    loaded.wires[term] = wire;
    // The file has value · R², we compute with value · R.
    curve.bytes(value, BYTES.field).set(terms.subarray(from + 12, from + COEFFICIENT_BYTES));
    fn.frm_fromMontgomery(value, value);
    if (fn.frm_eq(value, one)) loaded.coefficients[term] = ONE;
    else if (fn.frm_eq(value, minusOne)) loaded.coefficients[term] = MINUS_ONE;
    else {
      const [word] = new Uint32Array(curve.memory.buffer, value, 1);
      const same = known.get(word);
      if (same !== undefined && fn.frm_eq(value, same)) {
        loaded.coefficients[term] = same;
        continue;
      }
      known.set(word, value);
      loaded.coefficients[term] = value;
      value = curve.alloc(BYTES.field);
    }
  }
  return loaded;
}
