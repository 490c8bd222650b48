import type { Bn254 } from '../curve/bn254-wasm.ts';
import type { Group } from '../curve/group.ts';

/** Scalars that are multiplied at a time: enough to make the one inversion of a batch cheap. */
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
 * window i and d = 1 … 2^(bits − 1), and a scalar's point is one table entry a window, added up. All scalars
 * of a batch take the same window at the same time, so that the affine additions share one inversion.
 */
export function createFixedBase(curve: Bn254, group: Group, bits: number): FixedBase {
  const { coordinateBytes, add, sub, mul, square, copy, neg, isZero, batchInverse } = group;
  const pointBytes = 2 * coordinateBytes;
  const half = 2 ** (bits - 1);
  const windows = windowsOf(bits);
  const table = curve.alloc(windows * half * pointBytes);
  const sums = curve.alloc(BATCH * pointBytes);
  const inverses = curve.alloc(BATCH * coordinateBytes);
  const slope = curve.alloc(coordinateBytes);
  const x3 = curve.alloc(coordinateBytes);
  const y3 = curve.alloc(coordinateBytes);
  const negated = curve.alloc(pointBytes);
  const jacobian = curve.alloc(3 * coordinateBytes);
  // batchInverse takes room for its running products itself; nothing grows from here on, so views stay valid.
  curve.reserve((BATCH + 2) * coordinateBytes + 1_024);
  const words = new Uint32Array(curve.bytes(0, 4).buffer);

  const left = new Uint32Array(BATCH);
  const right = new Uint32Array(BATCH);
  const out = new Uint32Array(BATCH);
  const minus = new Uint8Array(BATCH);

  /** out[i] = left[i] ± right[i] for the first `count` pairs; none of the points is zero. */
  const addPairs = (count: number): void => {
    for (let i = 0, dx = inverses; i < count; i++, dx += coordinateBytes) sub(right[i], left[i], dx);
    curve.scratch(() => batchInverse(inverses, coordinateBytes, count, inverses, coordinateBytes));
    for (let i = 0, dx = inverses; i < count; i++, dx += coordinateBytes) {
      const p = left[i];
      const q = right[i];
      if (words[dx >> 2] === 0 && isZero(dx)) {
        addSlowly(p, q, minus[i], out[i]);
        continue;
      }
      // With m = (y1 − y2) / (x2 − x1): x3 = m² − x1 − x2 and y3 = m·(x3 − x1) − y1; −q has −y2.
      if (minus[i]) add(p + coordinateBytes, q + coordinateBytes, slope);
      else sub(p + coordinateBytes, q + coordinateBytes, slope);
      mul(slope, dx, slope);
      square(slope, x3);
      sub(x3, p, x3);
      sub(x3, q, x3);
      sub(x3, p, y3);
      mul(slope, y3, y3);
      sub(y3, p + coordinateBytes, out[i] + coordinateBytes);
      copy(x3, out[i]);
    }
  };

  /** Equal or opposite points, where the chord has no slope. */
  const addSlowly = (p: number, q: number, subtract: number, to: number): void => {
    copy(q, negated);
    if (subtract) neg(q + coordinateBytes, negated + coordinateBytes);
    else copy(q + coordinateBytes, negated + coordinateBytes);
    group.toJacobian(p, jacobian);
    group.addMixed(jacobian, negated, jacobian);
    group.toAffine(jacobian, to);
  };

  const copyPoint = (from: number, to: number): void => {
    copy(from, to);
    copy(from + coordinateBytes, to + coordinateBytes);
  };

  const fillTable = (): void => {
    copyPoint(group.base, table);
    for (let window = 0; window < windows; window++) {
      const first = table + window * half * pointBytes;
      // Entries 1 … size are known: size + j = (size) + (j), BATCH of them at a time.
      for (let size = 1; size < half; size *= 2) {
        const last = first + (size - 1) * pointBytes;
        for (let done = 0; done < size; done += BATCH) {
          const count = Math.min(BATCH, size - done);
          for (let i = 0; i < count; i++) {
            left[i] = first + (done + i) * pointBytes;
            right[i] = last;
            out[i] = first + (size + done + i) * pointBytes;
            minus[i] = 0;
          }
          addPairs(count);
        }
      }
      const top = first + (half - 1) * pointBytes;
      if (window + 1 < windows) addSlowly(top, top, 0, first + half * pointBytes);
    }
  };
  fillTable();

  return {
    multiply(scalars) {
      const count = scalars.length / SCALAR_BYTES;
      const { live, digits } = signedDigits(scalars, bits, windows);
      const started = new Uint8Array(live.length);
      for (let window = 0; window < windows; window++) {
        const entries = table + window * half * pointBytes - pointBytes;
        let pairs = 0;
        for (let i = 0; i < live.length; i++) {
          const digit = digits[i * windows + window];
          if (digit === 0) continue;
          const sum = sums + i * pointBytes;
          const entry = entries + Math.abs(digit) * pointBytes;
          if (started[i] === 0) {
            started[i] = 1;
            copyPoint(entry, sum);
            if (digit < 0) neg(entry + coordinateBytes, sum + coordinateBytes);
            continue;
          }
          left[pairs] = sum;
          right[pairs] = entry;
          out[pairs] = sum;
          minus[pairs++] = digit < 0 ? 1 : 0;
        }
        addPairs(pairs);
      }
      const points = new Uint8Array(count * pointBytes);
      live.forEach((index, i) =>
        points.set(curve.bytes(sums + i * pointBytes, pointBytes), index * pointBytes),
      );
      return points;
    },
  };
}

/**
 * The scalars that are not zero and their digits, least window first: Σ digit · 2^(bits · window), each digit
 * in (−2^(bits−1), 2^(bits−1)]. A partial sum never meets ± the next entry while the scalar is below r, but
 * for scalars that depend on the window size itself; `addPairs` is right for those too.
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
