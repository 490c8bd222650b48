import { exact, larger, minus, narrowed, negated, times, type Exact } from '../../integer/exact.ts';
import type { IntegerRange } from '../../integer/program.ts';
import { boundsOf } from '../../integer/program.ts';
import type { Equations } from '../rows/batch.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import { ONE } from '../rows/builder.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import type { ShortForm } from './all-zero.ts';
import { allZeroRows, assignAllZero, constrainAllZero } from './all-zero.ts';

/**
 * q = clamp(floor((acc + half) / 2^shift), low, high), half = 2^(shift−1) or 0; ReLU is low = 0.
 *
 * Statement, for an accumulator form within its interval: V = acc + half + offset is in [0, 2^n) for every
 * value of the interval; V = Σ 2^i · bit_i; q is read off the bits.
 *
 * With u = acc + half − low · 2^shift and `bits` the width of the result, the interval says which cases exist:
 * - always inside: offset so that V starts at a multiple of 2^shift; q is V's upper bits and a constant.
 * - sometimes below (ReLU): V = u + 2^(n−1), whose top bit g says u ≥ 0.
 * - sometimes above: the bits from shift + bits up to the interval's top (`over` of them) say whether.
 *   e = [u ≥ 0 and no over bit] and q − low = e · Σ 2^(i−shift) · bit_i + (high − low) · (g − e), g = 1
 *   without a below. When g = 1, bits past the interval's top are zero by the interval and need no look.
 * - always the same q (a dead ReLU channel, a constant): q is that constant and costs nothing.
 *
 * Constraints: n booleans; 1 product when it may leave the range; {@link allZeroRows} for e; and width n
 * in a shared linear row ({@link LinearBatch}). Plain n, ReLU n + 1, ReLU with one over bit n + 2.
 *
 * Argument: |V − Σ 2^i · bit_i| < 2^n as V and the sum are both in [0, 2^n), so the batched equation holds
 * over the integers and the bits are V's own. g is then exactly [u ≥ 0] since u ∈ [−2^(n−1), 2^(n−1)), and
 * the rest is arithmetic on booleans. No wire is free: the bits, e and q are functions of acc.
 */
export interface RescalePlan {
  readonly shift: number;
  /** q when the interval leaves only one; then everything else is unused. */
  readonly constant: Exact | undefined;
  /** Width of V. */
  readonly n: number;
  /** V = acc + offset. */
  readonly offset: bigint;
  /** q of V's upper bits 0: q = base + Σ 2^(i−shift) · bit_i when inside. */
  readonly base: Exact;
  /** Upper bits that q reads: shift … shift + read − 1. */
  readonly read: number;
  /** V's top bit is [u ≥ 0]. */
  readonly below: boolean;
  /** Bits shift + bits … that are zero unless u is past the range. */
  readonly over: number;
  /** high − low of the result's range. */
  readonly span: Exact;
}

/** The cheapest sound form of a rescale into a range for accumulators in [low, high]. */
export function planRescale(
  interval: { readonly low: Exact; readonly high: Exact },
  shift: number,
  relu: boolean,
  range: IntegerRange,
): RescalePlan {
  const bounds = boundsOf(range);
  return planClamp(interval, shift, { ...bounds, low: relu ? larger(0, bounds.low) : bounds.low });
}

/** The same for any bounds that are a power of two of integers. */
export function planClamp(
  interval: { readonly low: Exact; readonly high: Exact },
  shift: number,
  bounds: { readonly low: Exact; readonly high: Exact },
): RescalePlan {
  const floor = BigInt(bounds.low);
  const ceiling = BigInt(bounds.high);
  const half = shift === 0 ? 0n : 1n << BigInt(shift - 1);
  const scale = BigInt(shift);
  const least = BigInt(interval.low) + half;
  const most = BigInt(interval.high) + half;
  // BigInt's >> rounds down, as the semantics ask.
  const clamp = (q: bigint): bigint => (q < floor ? floor : q > ceiling ? ceiling : q);
  const qLeast = clamp(least >> scale);
  const common = { shift, span: narrowed(ceiling - floor) };
  if (qLeast === clamp(most >> scale)) {
    const unused = { n: 0, offset: 0n, base: exact(0), read: 0, below: false, over: 0 };
    return { ...common, ...unused, constant: narrowed(qLeast) };
  }
  const below = least >> scale < floor;
  const above = most >> scale > ceiling;
  if (!below && !above) {
    const start = qLeast << scale;
    const n = bitLength(most - start);
    return {
      ...common,
      constant: undefined,
      n,
      offset: half - start,
      base: narrowed(qLeast),
      read: n - shift,
      below,
      over: 0,
    };
  }
  const uLeast = least - (floor << scale);
  const uMost = most - (floor << scale);
  const height = bitLength(uMost);
  const n = below ? Math.max(height, bitLength(-uLeast - 1n)) + 1 : height;
  const top = shift + bitLength(ceiling - floor);
  return {
    ...common,
    constant: undefined,
    n,
    offset: half - (floor << scale) + (below ? 1n << BigInt(n - 1) : 0n),
    base: narrowed(floor),
    read: Math.min(height, top) - shift,
    below,
    over: Math.max(0, height - top),
  };
}

/** Width that a rescale takes in a linear row; 0 for none. */
export function rescaleSlot(plan: RescalePlan): number {
  return plan.n;
}

/** Rows of a rescale besides its part of a linear row. */
export function rescaleRows(plan: RescalePlan): number {
  if (plan.constant !== undefined) return 0;
  const conditions = conditionCount(plan);
  return plan.n + (conditions === 0 ? 0 : allZeroRows(conditions) + 1);
}

/** Puts the rescaled form `index` of `source` at the end of `target`: one wire, or a constant. */
export function constrainRescale(
  builder: R1csBuilder,
  batch: Equations,
  plan: RescalePlan,
  source: LinearForms,
  index: number,
  target: LinearForms,
): void {
  if (plan.constant !== undefined) {
    target.close(plan.constant);
    return;
  }
  const { shift, n, base, read } = plan;
  const clamped = conditionCount(plan) > 0;
  const q = builder.newWires(1);
  target.term(q, 1);
  target.close(0);
  // Without a clamp q is itself the upper bits, and its lowest bit is a form (see constrainRange).
  const bits = builder.newWires(clamped ? n : n - 1);
  const wireOf = (bit: number): number => bits + (clamped || bit < shift ? bit : bit - 1);
  batch.open(n);
  batch.form(source, index, 1);
  batch.constant(plan.offset + (clamped ? 0n : BigInt(base) << BigInt(shift)));
  if (!clamped) {
    batch.term(q, -1, shift);
    for (let i = 0; i < shift; i++) {
      builder.boolean(wireOf(i));
      batch.term(wireOf(i), -1, i);
    }
    constrainUpper(builder, q, base, (i) => wireOf(shift + i), n - shift);
    return;
  }
  for (let i = 0; i < n; i++) {
    builder.boolean(wireOf(i));
    batch.term(wireOf(i), -1, i);
  }
  const inside = constrainAllZero(builder, conditionWires(plan, bits));
  // inside · (upper bits) = q − base − span · (g − inside)
  for (let i = 0; i < read; i++) builder.a.push(bits + shift + i, builder.scaled(1, i));
  for (const [wire, factor] of inside) builder.b.push(wire, builder.scaled(factor));
  builder.c.push(q, builder.scaled(1));
  if (base !== 0) builder.c.push(ONE, builder.scaled(negated(base)));
  if (plan.over > 0) {
    for (const [wire, factor] of inside) builder.c.push(wire, builder.scaled(times(plan.span, factor)));
    builder.c.push(plan.below ? bits + n - 1 : ONE, builder.scaled(negated(plan.span)));
  }
  builder.endRow();
}

/** The wires of {@link constrainRescale} in its order; acc and its q as the integer semantics say. */
export function assignRescale(writer: WitnessWriter, plan: RescalePlan, acc: Exact, q: Exact): void {
  if (plan.constant !== undefined) return;
  const { n, shift } = plan;
  writer.next(q);
  const clamped = conditionCount(plan) > 0;
  const v = BigInt(acc) + plan.offset;
  writer.nextBits(v, n, clamped ? -1 : shift);
  if (!clamped) return;
  const violated = (bit: number): number => Number((v >> BigInt(bit)) & 1n);
  let sum = plan.below ? 1 - violated(n - 1) : 0;
  const top = overStart(plan);
  for (let i = 0; i < plan.over; i++) sum += violated(top + i);
  assignAllZero(writer, conditionCount(plan), sum);
}

function constrainUpper(
  builder: R1csBuilder,
  q: number,
  base: Exact,
  wireOf: (bit: number) => number,
  count: number,
): void {
  for (const [side, constant] of [
    [builder.a, negated(base)],
    [builder.b, minus(negated(base), 1)],
  ] as const) {
    if (constant !== 0) side.push(ONE, builder.scaled(constant));
    side.push(q, builder.scaled(1));
    for (let i = 1; i < count; i++) side.push(wireOf(i), builder.scaled(-1, i));
  }
  builder.endRow();
  for (let i = 1; i < count; i++) builder.boolean(wireOf(i));
}

/** The booleans that are all zero exactly when u is inside. */
function conditionWires(plan: RescalePlan, bits: number): ShortForm[] {
  const over = Array.from({ length: plan.over }, (_, i): ShortForm => [
    [bits + overStart(plan) + i, exact(1)],
  ]);
  const negative: ShortForm = [
    [ONE, exact(1)],
    [bits + plan.n - 1, exact(-1)],
  ];
  return plan.below ? [negative, ...over] : over;
}

function conditionCount(plan: RescalePlan): number {
  return plan.over + (plan.below ? 1 : 0);
}

function overStart(plan: RescalePlan): number {
  return plan.shift + plan.read;
}

/** Bits of a non-negative integer; 0 for 0. */
export function bitLength(value: bigint): number {
  return value <= 0n ? 0 : value.toString(2).length;
}
