import type { Machine, Shape } from '../../../groth16/kernel/machine.ts';

/** All integers from `low` to `high`. */
export interface Interval {
  readonly low: bigint;
  readonly high: bigint;
}

/** A number of multiples of p that was found from a limb: what is left of that limb is known better than by intervals. */
interface Multiple extends Interval {
  readonly of: Interval;
  readonly p: bigint;
}

export const interval = (low: bigint, high: bigint): Interval => ({ low, high });
export const within = (size: bigint): Interval => interval(-size, size);

export function hull(a: Interval, b: Interval): Interval {
  return interval(a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high);
}

export function contains(outer: Interval, inner: Interval): boolean {
  return outer.low <= inner.low && inner.high <= outer.high;
}

const sizeOf = ({ low, high }: Interval): bigint => (-low > high ? -low : high);
const plus = (a: Interval, b: Interval): Interval => interval(a.low + b.low, a.high + b.high);
const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((-a + b - 1n) / b));

function times(a: Interval, b: Interval): Interval {
  const products = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
  return products.map((value) => interval(value, value)).reduce(hull);
}

/** What one kernel's operations need in order to be exact; each argued beside the operation. */
export interface Limits extends Shape {
  readonly name: string;
  /** Limbs that are held exactly, between operations and in memory. */
  readonly limb: bigint;
  /** Sums that are held exactly and may be carried. */
  readonly sum: bigint;
  /** A limb that may become a sum, and a sum that may become a limb. */
  readonly exchanged: bigint;
  /** A product of limbs, where it is held in halves; else its sums are what is limited. */
  readonly product: bigint | undefined;
}

export const FUSED_LIMITS: Limits = {
  name: 'fused',
  bits: 51,
  limbs: 5,
  limb: 1n << 53n,
  sum: 1n << 57n,
  exchanged: 1n << 51n,
  product: 1n << 102n,
};

export const WIDE_LIMITS: Limits = {
  name: 'wide',
  bits: 29,
  limbs: 9,
  limb: (1n << 31n) - 1n,
  sum: (1n << 63n) - (1n << 29n),
  exchanged: (1n << 31n) - 1n,
  product: undefined,
};

/** Runs the kernels' text over intervals: whatever the limbs are within theirs, no operation leaves its limits. */
export function boundsMachine(limits: Limits): Machine<Interval, Interval> {
  const B = 1n << BigInt(limits.bits);
  const checked = (value: Interval, limit: bigint, what: string): Interval => {
    if (sizeOf(value) > limit) throw new RangeError(`${what} may reach ${sizeOf(value)}, more than ${limit}`);
    return value;
  };
  const limb = (value: Interval): Interval => checked(value, limits.limb, 'a limb');
  const sum = (value: Interval): Interval => checked(value, limits.sum, 'a sum');
  const carry = (value: Interval): Interval => interval(floorDiv(value.low, B), floorDiv(value.high, B));
  const rounded = (value: Interval): Interval => carry(plus(value, interval(B / 2n, B / 2n)));
  return {
    bits: limits.bits,
    limbs: limits.limbs,
    limbOf: (value) => checked(interval(value, value), B, 'a constant'),
    add: (a, b) => limb(plus(a, b)),
    sub: (a, b) => limb(plus(a, interval(-b.high, -b.low))),
    zero: interval(0n, 0n),
    sum: (a, b) => sum(plus(a, b)),
    product(sums, place, a, b) {
      const product = times(limb(a), limb(b));
      if (limits.product === undefined) {
        sums[place] = sum(plus(sums[place], product));
        return;
      }
      checked(product, limits.product, 'a product');
      sums[place + 1] = sum(plus(sums[place + 1], rounded(product)));
      sums[place] = sum(plus(sums[place], sizeOf(product) < B / 2n ? product : within(B / 2n)));
    },
    sumOf: (value) => checked(value, limits.exchanged, 'a limb that becomes a sum'),
    limb: (value) => checked(value, limits.exchanged, 'a sum that becomes a limb'),
    carry: (value) => carry(sum(value)),
    rest: (value) => (value.low >= 0n && value.high < B ? value : interval(0n, B - 1n)),
    balanced: (value) => [interval(-B / 2n, B / 2n - 1n), rounded(sum(value))],
    quotient(value, factor) {
      sum(value);
      checked(factor, B / 2n, 'a factor');
      return within(B / 2n);
    },
    nearest(top, p) {
      limb(top);
      const unit = 1n << BigInt(limits.bits * (limits.limbs - 1));
      const slack = p / 1024n;
      const multiple: Multiple = {
        low: floorDiv(2n * top.low * unit + p - 2n * slack, 2n * p),
        high: floorDiv(2n * top.high * unit + p + 2n * slack, 2n * p),
        of: top,
        p,
      };
      return checked(multiple, 16n, 'a multiple');
    },
    less(a, k, b) {
      const { of, p } = k as Multiple;
      if (a !== of) return limb(plus(a, times(interval(-k.high, -k.low), b)));
      // round(p / unit) is the last limb of p to within 1.
      const unit = 1n << BigInt(limits.bits * (limits.limbs - 1));
      return within((p * 513n) / (1024n * unit) + 1n + sizeOf(k));
    },
    settle: (value, next) => [within(B / 2n), limb(plus(next, rounded(limb(value))))],
    sumWhereNegative(value, condition, extra) {
      if (value !== condition) return sum(interval(value.low, value.high + extra));
      // The last one: it is negative itself where something is added.
      return interval(
        value.low + extra < 0n ? value.low + extra : 0n,
        extra > value.high ? extra : value.high,
      );
    },
    shiftLeft: (value) => value,
    shiftRight: (value) => value,
    either: (a) => a,
  };
}
