import {
  bitsOf,
  exact,
  floorShifted,
  ifExact,
  larger,
  minus,
  narrowed,
  plus,
  power,
  shifted,
  smaller,
  type Exact,
} from '../../integer/exact.ts';
import type { RescalePlan } from '../gadgets/rescale.ts';
import { exactWidths, roundedWidths, sumOf } from './digits.ts';
import { functionTable, type Arguments, type FunctionTable } from './pair.ts';

/**
 * How one channel's accumulators are rescaled by lookups.
 * - `constant`: the interval leaves one result.
 * - `copy`: nothing is rounded and nothing can leave the range.
 * - `map`: the pair (acc, q) stands in a table of the whole function.
 * - `floor`: digits of acc; q is made of the upper ones. Never outside the range.
 * - `sign`: the same with ReLU: the upper digits times a boolean.
 * - `clamp`: the integer part, rounded down, is committed, and the pair (integer part, q) stands in a table.
 * - `signal`: what is above the result's bits is committed, and a table says whether it is below, at or above zero.
 */
export type LookupRescale =
  | { readonly kind: 'constant'; readonly value: Exact }
  | { readonly kind: 'copy' }
  | { readonly kind: 'map'; readonly map: FunctionTable }
  | {
      readonly kind: 'floor';
      /** The digits are those of acc + offset. */
      readonly offset: Exact;
      readonly low: readonly number[];
      readonly high: readonly number[];
      readonly base: Exact;
    }
  | {
      readonly kind: 'sign';
      /** u = acc + offset: u ≥ 0 is inside the range. */
      readonly offset: Exact;
      readonly low: readonly number[];
      readonly high: readonly number[];
      readonly base: Exact;
    }
  | {
      readonly kind: 'clamp';
      readonly offset: Exact;
      readonly shift: number;
      readonly low: readonly number[];
      readonly map: FunctionTable;
    }
  | {
      readonly kind: 'signal';
      readonly offset: Exact;
      readonly shift: number;
      readonly low: readonly number[];
      /** Exactly the result's bits. */
      readonly high: readonly number[];
      readonly signs: FunctionTable;
      readonly below: boolean;
      readonly base: Exact;
      readonly span: Exact;
    };

/** What a node's rescales have in common. */
export interface RescaleShape {
  readonly shift: number;
  /** Added before the division: 2^(shift−1) or 0. */
  readonly half: Exact;
  readonly low: Exact;
  readonly high: Exact;
}

/** One channel: its accumulators' interval and what the bits' planner says of it. */
export interface Channel {
  readonly least: Exact;
  readonly most: Exact;
  /** Into the least power of two of integers from `low` on that holds the bounds. */
  readonly plan: RescalePlan;
}

/** Digits and their offsets stay exact in doubles, and forms below the field's order by far. */
const MOST_BITS = 50;

/**
 * The ways to rescale a node's channels by lookups, each as a list of plans by channel; the caller takes the cheapest.
 * @param most bits of a digit
 */
export function rescaleWays(
  shape: RescaleShape,
  channels: readonly Channel[],
  most: number,
  /** Entries that a table of this node alone may have. */
  mostEntries: number,
): readonly (readonly LookupRescale[])[] {
  const live = channels.filter(({ plan }) => plan.constant === undefined);
  const map = mapOf(shape, live, most, mostEntries);
  const clamped = clampOf(shape, live, most, mostEntries);
  const signalled = signalOf(shape, live, most, mostEntries);
  const ways: ((channel: Channel) => LookupRescale | undefined)[] = [
    () => map,
    (channel) => simple(shape, channel, most) ?? clamped,
    (channel) => simple(shape, channel, most) ?? signalled,
  ];
  return ways.flatMap((way) => {
    const plans = channels.map((channel): LookupRescale | undefined =>
      channel.plan.constant === undefined
        ? way(channel)
        : { kind: 'constant', value: smaller(channel.plan.constant, shape.high) },
    );
    return plans.every((plan) => plan !== undefined) ? [plans] : [];
  });
}

/** Where no table beyond the digits' is needed; undefined where the range has to be kept at its upper end. */
function simple(shape: RescaleShape, channel: Channel, most: number): LookupRescale | undefined {
  const { shift, n, offset, below, over, base } = channel.plan;
  if (over > 0 || n > MOST_BITS || partOf(shape, channel.most) > shape.high) return undefined;
  if (!below) {
    if (shift === 0) return { kind: 'copy' };
    return {
      kind: 'floor',
      offset: narrowed(offset),
      low: exactWidths(shift, most),
      high: roundedWidths(n - shift, most),
      base,
    };
  }
  const low = exactWidths(shift, most);
  const high = roundedWidths(n - 1 - shift, most);
  if (shift + sumOf(high) > MOST_BITS) return undefined;
  return { kind: 'sign', offset: narrowed(offset - (1n << BigInt(n - 1))), low, high, base };
}

function mapOf(
  shape: RescaleShape,
  live: readonly Channel[],
  most: number,
  mostEntries: number,
): LookupRescale | undefined {
  const { shift, half, low, high } = shape;
  const accumulators = hull(live.map(({ least, most: greatest }) => [least, greatest]));
  const map =
    accumulators &&
    functionTable(
      `rescale by ${shift} with ${half} into ${low} … ${high}`,
      accumulators,
      (acc) => clamp(partOf(shape, acc), low, high),
      most,
      mostEntries,
    );
  return map && { kind: 'map', map };
}

/** On the integer part h = floor((acc + half) / 2^shift). */
function clampOf(
  shape: RescaleShape,
  live: readonly Channel[],
  most: number,
  mostEntries: number,
): LookupRescale | undefined {
  const { shift, half, low, high } = shape;
  if (shift === 0) return undefined;
  const parts = hull(
    live.map(({ least, most: greatest }) => [partOf(shape, least), partOf(shape, greatest)]),
  );
  const map =
    parts &&
    functionTable(`clamp into ${low} … ${high}`, parts, (h) => clamp(h, low, high), most, mostEntries);
  return map && { kind: 'clamp', offset: half, shift, low: exactWidths(shift, most), map };
}

/** On t = floor(u / 2^(shift + bits)), u = acc + half − low · 2^shift. */
function signalOf(
  { shift, half, low, high }: RescaleShape,
  live: readonly Channel[],
  most: number,
  mostEntries: number,
): LookupRescale | undefined {
  const span = minus(high, low);
  const bits = bitsOf(span);
  if (span !== minus(power(bits), 1) || shift + bits > MOST_BITS) return undefined;
  // Where an accumulator with its offset is no longer exact, this way is none.
  const offset = ifExact(() => minus(half, shifted(low, shift)));
  if (offset === undefined) return undefined;
  const above = (acc: Exact): Exact => floorShifted(plus(acc, offset), shift + bits);
  const units = ifExact(() => hull(live.map(({ least, most: greatest }) => [above(least), above(greatest)])));
  if (units === undefined) return undefined;
  const below = units.start < 0;
  const code = (t: Exact): Exact => exact(t === 0 ? 1 : t > 0 && below ? 2 : 0);
  const signs = functionTable('at or above zero', units, code, most, mostEntries);
  const digits = { low: exactWidths(shift, most), high: exactWidths(bits, most) };
  return signs && { kind: 'signal', offset, shift, ...digits, signs, below, base: low, span };
}

function partOf({ shift, half }: RescaleShape, acc: Exact): Exact {
  return floorShifted(plus(acc, half), shift);
}

/** Undefined of none. */
function hull(intervals: readonly (readonly [Exact, Exact])[]): Arguments | undefined {
  if (intervals.length === 0) return undefined;
  return {
    start: intervals.map(([least]) => least).reduce(smaller),
    end: intervals.map(([, greatest]) => greatest).reduce(larger),
  };
}

function clamp(value: Exact, low: Exact, high: Exact): Exact {
  return smaller(larger(value, low), high);
}
