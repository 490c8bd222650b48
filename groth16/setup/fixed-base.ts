import type { Bn254 } from '../curve/bn254-wasm.ts';
import { groupOf } from '../curve/group.ts';
import { ADDRESS, REFERENCE_SIGN } from '../kernel/pairs.ts';
import type { PointSums } from '../kernel/point-sums.ts';

/** Scalars that are multiplied at a time, at the most. */
export const BATCH = 8_192;

const SCALAR_BITS = 254;
const SCALAR_BYTES = 32;

/** Multiplies one base by many scalars. */
export interface FixedBase {
  /**
   * @param scalars canonical scalars, 32 bytes little-endian each, at most {@link BATCH}
   * @returns affine points in Montgomery form, one a scalar, all zero bytes for a zero scalar
   */
  multiply(scalars: Uint8Array): Uint8Array<ArrayBuffer>;
}

/** Bits of a window with the fewest additions for `count` scalars, the table's own included. */
export function windowFor(count: number): number {
  let best = 4;
  for (let bits = 4; bits <= 16; bits++) if (additions(bits, count) < additions(best, count)) best = bits;
  return best;
}

function additions(bits: number, count: number): number {
  return windowsOf(bits) * (count + 2 ** (bits - 1));
}

/** Signed digits need one bit more than the scalar has. */
function windowsOf(bits: number): number {
  return Math.ceil((SCALAR_BITS + 1) / bits);
}

/**
 * Fixed-base multiplication by windows of signed digits: the table has d · 2^(bits · i) · base for every
 * window i and d = 1 … 2^(bits − 1), and a scalar's point is one table entry a window, added up: all scalars of a batch are
 * groups whose pairs the kernel adds, many with one inversion.
 *
 * @param sums of the kernel in the curve's memory; the base is the standard generator of its group
 */
export function createFixedBase(curve: Bn254, sums: PointSums, bits: number): FixedBase {
  const { pointBytes } = sums;
  const group = groupOf(curve, sums.group);
  const half = 2 ** (bits - 1);
  const windows = windowsOf(bits);
  const table = curve.alloc(windows * half * pointBytes);
  /** Adds each list of references up. @returns the list, with each sum's reference where its group began, and where groups begin */
  const addUp = (references: Uint32Array, starts: Uint32Array, at: number): Uint32Array =>
    curve.scratch(() => {
      const groups = starts.length - 1;
      const list = curve.alloc(4 * Math.max(1, references.length));
      const begins = curve.alloc(4 * starts.length);
      const scratch = curve.alloc(8 * Math.max(1, groups));
      new Uint32Array(curve.memory.buffer, list, references.length).set(references);
      new Uint32Array(curve.memory.buffer, begins, starts.length).set(starts);
      sums.sum({ list, starts: begins, groups }, at, scratch);
      return new Uint32Array(curve.memory.buffer, list, references.length).slice();
    });
  /** Puts left + right of each pair of table entries next to each other, from `at` on. */
  const addPairs = (pairs: Uint32Array, at: number): void =>
    void addUp(
      pairs,
      Uint32Array.from({ length: pairs.length / 2 + 1 }, (_, i) => 2 * i),
      at,
    );

  curve.bytes(table, pointBytes).set(curve.bytes(group.base, pointBytes));
  sums.enter(table, table, 1);
  for (let window = 0; window < windows; window++) {
    const first = table + window * half * pointBytes;
    // Entries 1 … size are known: size + j = (size) + (j).
    for (let size = 1; size < half; size *= 2) {
      const last = first + (size - 1) * pointBytes;
      const pairs = new Uint32Array(2 * size);
      for (let i = 0; i < size; i++) {
        pairs[2 * i] = last;
        pairs[2 * i + 1] = first + i * pointBytes;
      }
      addPairs(pairs, first + size * pointBytes);
    }
    const top = first + (half - 1) * pointBytes;
    if (window + 1 < windows) addPairs(Uint32Array.of(top, top), first + half * pointBytes);
  }

  return {
    multiply(scalars) {
      const { live, digits } = signedDigits(scalars, bits, windows);
      const references = new Uint32Array(live.length * windows);
      const starts = new Uint32Array(live.length + 1);
      let end = 0;
      for (let i = 0; i < live.length; i++) {
        for (let window = 0; window < windows; window++) {
          const digit = digits[i * windows + window];
          if (digit === 0) continue;
          const entry = table + (window * half + Math.abs(digit) - 1) * pointBytes;
          references[end++] = digit < 0 ? entry | REFERENCE_SIGN : entry;
        }
        starts[i + 1] = end;
      }
      return curve.scratch(() => {
        const summed = addUp(references.subarray(0, end), starts, curve.alloc(((end >> 1) + 1) * pointBytes));
        const count = scalars.length / SCALAR_BYTES;
        const points = curve.alloc(count * pointBytes);
        const bytes = curve.bytes(points, count * pointBytes).fill(0);
        for (let i = 0; i < live.length; i++) {
          const from = summed[starts[i]] & ADDRESS;
          // Zero: the sum is infinity.
          if (from > 0) bytes.set(curve.bytes(from, pointBytes), live[i] * pointBytes);
        }
        sums.leave(points, points, count);
        for (let i = 0; i < live.length; i++) {
          if ((summed[starts[i]] & REFERENCE_SIGN) === 0) continue;
          const y = points + live[i] * pointBytes + group.coordinateBytes;
          group.neg(y, y);
        }
        return bytes.slice();
      });
    },
  };
}

/**
 * The scalars that are not zero and their digits, least window first: Σ digit · 2^(bits · window), each digit
 * in (−2^(bits−1), 2^(bits−1)].
 */
function signedDigits(
  scalars: Uint8Array,
  bits: number,
  windows: number,
): { readonly live: Uint32Array; readonly digits: Int32Array } {
  const view = new DataView(scalars.buffer, scalars.byteOffset, scalars.byteLength);
  const count = scalars.length / SCALAR_BYTES;
  const live = new Uint32Array(count);
  const digits = new Int32Array(count * windows);
  const limb = new Uint32Array(SCALAR_BYTES / 4 + 1);
  const mask = 2 ** bits - 1;
  const half = 2 ** (bits - 1);
  let kept = 0;
  for (let index = 0; index < count; index++) {
    let any = 0;
    for (let word = 0; word < 8; word++) {
      limb[word] = view.getUint32(index * SCALAR_BYTES + word * 4, true);
      any |= limb[word];
    }
    if (any === 0) continue;
    let carry = 0;
    for (let window = 0; window < windows; window++) {
      const bit = window * bits;
      const word = bit >> 5;
      const shift = bit & 31;
      const high = shift === 0 ? 0 : limb[word + 1] << (32 - shift);
      let digit = (((limb[word] >>> shift) | high) & mask) + carry;
      carry = digit > half ? 1 : 0;
      if (carry === 1) digit -= 2 * half;
      digits[kept * windows + window] = digit;
    }
    live[kept++] = index;
  }
  return { live: live.subarray(0, kept), digits };
}
