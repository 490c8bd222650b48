import type { Bn254 } from '../curve/bn254-wasm.ts';
import { rootOfUnity } from '../curve/root-of-unity.ts';
import { SCALAR_FIELD, writeLittleEndian } from '../formats/bn254.ts';
import type { Functions, ModuleWriter } from './assembler.ts';
import { PACKED, putSlot } from './field.ts';
import { radixOf } from './kernel.ts';
import type { Kernel } from './kernel.ts';
import { inverseMod, mod } from './modulus.ts';
import { defineVectors } from './vectors.ts';

/** Vectors of one domain's size, N elements of the scalar field each, in a kernel's form. */
export interface DomainVectors {
  /** Bytes of a vector. */
  readonly bytes: number;
  /** From wasmcurves' form, N elements of 32 bytes. */
  enter(from: number, to: number): void;
  /** out[i] = a[i] · b[i]. */
  multiply(a: number, b: number, out: number): void;
  /**
   * From a polynomial's values on the N-th roots of unity to N times its values on their odd coset, in place: the points
   * ψ^(2i + 1) with ψ of order 2N. Both ends are in bit-reversed order: no pass is spent on putting it right.
   */
  toCoset(values: number): void;
  /** (a·b − N·c)/N² as canonical numbers, N of 32 bytes. */
  quotient(a: number, b: number, c: number, out: number): void;
}

export type Transforms = (domainSize: number) => DomainVectors;

/** wasmcurves' R. */
const W = 1n << 256n;

/** Defines the functions; what is given back takes them once the module is compiled. */
export function defineTransforms<L, S>(
  module: ModuleWriter,
  curve: Bn254,
  kernel: Kernel<L, S>,
): (functions: () => Functions) => Transforms {
  const { slot } = defineVectors(module, kernel);
  const { lanes } = kernel;
  const R = radixOf(kernel);
  const enterFactor = curve.alloc(slot);
  const put = (at: number, value: bigint): void =>
    putSlot(new DataView(curve.memory.buffer), kernel, at, nearest(value));
  put(enterFactor, R ** 2n * inverseMod(W, SCALAR_FIELD));

  return (functions) => (domainSize) => {
    const slots = Math.max(1, domainSize / lanes);
    /** The second lane's list begins so many bytes after the first one's. */
    const apart = (count: number): number => (count < lanes ? 0 : (count / lanes) * PACKED);
    const run = (name: string, ...args: number[]): void => void functions()[`fr_${name}`](...args);
    /** Level by level the places of the roots in the table of powers, as many as the level has blocks. */
    const tableOf = (base: bigint, first: (blocks: number) => number, levels: readonly number[]): number => {
      const table = curve.alloc(slot * (slots + 1));
      curve.scratch(() => {
        const powers = powersOf(curve, base, Math.max(...levels.map((blocks) => first(blocks) + blocks), 1));
        let to = table;
        for (const blocks of levels) {
          const from = powers + first(blocks) * PACKED;
          const count = Math.max(1, blocks / lanes);
          run('enter', from, from + apart(blocks), to, count, enterFactor);
          to += count * slot;
        }
      });
      return table;
    };
    const sizes = Array.from({ length: Math.log2(domainSize) }, (_, level) => 2 ** level);
    const inRuns = sizes.filter((blocks) => blocks >= lanes);
    // Splitting X^2t − s² into X^t − s and X^t + s, the roots s of a level stand in bit-reversed order of their exponents.
    // For X^N − 1 every level begins with the same roots; for X^N + 1 = X^N − ψ^N the levels follow each other.
    const inverseTable = tableOf(
      inverseMod(rootOfUnity(domainSize), SCALAR_FIELD),
      () => 0,
      inRuns.toReversed(),
    );
    const forwardTable = tableOf(rootOfUnity(2 * domainSize), (blocks) => blocks, sizes);
    if (lanes === 2 && domainSize > 1) {
      // The level that joins the lanes multiplies the first one by one.
      const view = new DataView(curve.memory.buffer);
      putSlot(view, kernel, forwardTable, nearest(R), 0);
    }
    const factors = curve.alloc(2 * slot);
    put(factors, -BigInt(domainSize) * R);
    put(factors + slot, inverseMod(BigInt(domainSize) ** 2n, SCALAR_FIELD));
    return {
      bytes: slots * slot,
      enter: (from, to) => run('enter', from, from + apart(domainSize), to, slots, enterFactor),
      multiply: (a, b, out) => run('multiply', a, b, out, slots),
      toCoset(values) {
        if (domainSize === 1) return;
        run('inverse', values, slots, inverseTable);
        run('forward', values, slots, forwardTable);
      },
      quotient: (a, b, c, out) => run('quotient', a, b, c, out, out + apart(domainSize), slots, factors),
    };
  };
}

function nearest(value: bigint): bigint {
  const least = mod(value, SCALAR_FIELD);
  return 2n * least > SCALAR_FIELD ? least - SCALAR_FIELD : least;
}

/** base^(i with its bits reversed) in wasmcurves' form, a power of two of them. */
function powersOf(curve: Bn254, base: bigint, count: number): number {
  const { frm_mul, frm_copy, frm_toMontgomery } = curve.fn;
  const put = (value: bigint): number => {
    const at = curve.alloc(PACKED);
    writeLittleEndian(curve.bytes(at, PACKED), 0, value);
    frm_toMontgomery(at, at);
    return at;
  };
  const bits = Math.log2(count);
  const table = curve.alloc(PACKED * count);
  const step = put(base);
  const current = put(1n);
  for (let exponent = 0; exponent < count; exponent++) {
    frm_copy(current, table + reverseBits(exponent, bits) * PACKED);
    frm_mul(current, step, current);
  }
  return table;
}

/** The lowest `bits` bits of a number in reverse order. */
export function reverseBits(value: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) reversed = (reversed << 1) | ((value >>> bit) & 1);
  return reversed;
}
