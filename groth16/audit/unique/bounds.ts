import type { Form } from './form.ts';

/** Both ends included. */
export interface Interval {
  readonly low: bigint;
  readonly high: bigint;
}

/**
 * What is known of wires' sizes: a wire with an interval is, in the field, equal to an integer of it. No interval is as
 * wide as the field.
 */
export class Bounds {
  readonly modulus: bigint;
  readonly #of: (Interval | undefined)[] = [];

  constructor(modulus: bigint) {
    this.modulus = modulus;
  }

  of(wire: number): Interval | undefined {
    return this.#of[wire];
  }

  /** Whether this says more than was known. Wires that are bounded already keep their interval unless it gets narrower. */
  set(wire: number, interval: Interval): boolean {
    const known = this.#of[wire];
    const width = interval.high - interval.low;
    if (2n * width >= this.modulus) return false;
    if (known !== undefined && width >= known.high - known.low) return false;
    this.#of[wire] = interval;
    return true;
  }

  /** high − low; undefined where nothing is known. */
  width(wire: number): bigint | undefined {
    const known = this.#of[wire];
    return known && known.high - known.low;
  }

  /** Of the integer Σ factor · wire + constant, each wire as the integer of its interval. */
  ofForm({ wires, factors, constant }: Form): Interval | undefined {
    let low = constant;
    let high = constant;
    for (let i = 0; i < wires.length; i++) {
      const known = this.#of[wires[i]];
      if (known === undefined) return undefined;
      const factor = factors[i];
      low += factor * (factor < 0n ? known.high : known.low);
      high += factor * (factor < 0n ? known.low : known.high);
    }
    return { low, high };
  }
}

export function productOf(left: Interval, right: Interval): Interval {
  const corners = [
    left.low * right.low,
    left.low * right.high,
    left.high * right.low,
    left.high * right.high,
  ].toSorted((x, y) => (x < y ? -1 : x > y ? 1 : 0));
  return { low: corners[0], high: corners[3] };
}

/** The integers whose product with `factor` is in an interval. */
export function quotientOf({ low, high }: Interval, factor: bigint): Interval {
  if (factor < 0n) return quotientOf({ low: -high, high: -low }, -factor);
  return { low: -floor(-low, factor), high: floor(high, factor) };
}

function floor(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient;
}

/** The largest absolute value. */
export function sizeOf({ low, high }: Interval): bigint {
  return high > -low ? high : -low;
}
