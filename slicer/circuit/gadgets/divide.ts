import { lowBits, type Exact } from '../../integer/exact.ts';
import type { LinearBatch } from '../rows/batch.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import { ONE } from '../rows/builder.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import { assignRange, constrainRange, rangeRows } from './bits.ts';
import { bitLength } from './rescale.ts';

/**
 * q = floor((num · 2^shift + ⌊den / 2⌋) / den): the quotient rounded to the nearest, for den > 0.
 *
 * Statement: with l = den mod 2 and remainder r, 2 · q · den = 2^(shift+1) · num + den − l − 2r and 0 ≤ r < den.
 * q is a wire of `bits` bits ({@link constrainRange}); r = Σ 2^i · r_i and den − 1 − r = Σ 2^i · t_i have n bits
 * each, n from the largest den.
 * Constraints: bits + 2n + 2, and width n + 2 in a shared linear row.
 * Argument: den is an integer of its interval, at least 1, by earlier rows. |den − 1 − r − Σ 2^i · t_i| < 2^(n+1)
 * whatever the booleans, so the batched equation holds over the integers and 0 ≤ r < den. All terms of the
 * product's row are integers far below the field's order (q and den below 2^54, num · 2^shift below 2^53), so
 * it too is an equation of integers: modulo 2 it says l = den mod 2, and halved it is division with remainder,
 * which has one solution. Without q's range any q would do, with r the field's remainder; without t, r and q
 * could be those of a smaller quotient. A slot of n + 1 bits would do. But who doesn't know the interval of den, as of a
 * maximum, only that of its rows, can't see then that the equation is one of integers: the checker of uniqueness.
 */
export interface DividePlan {
  readonly shift: number;
  /** Least quotient, and the bits of its distance from the largest. */
  readonly low: Exact;
  readonly bits: number;
  /** Bits of a remainder. */
  readonly n: number;
}

/** @param quotient the interval of q; @param most the largest den */
export function planDivide(
  shift: number,
  quotient: { readonly low: Exact; readonly high: Exact },
  most: Exact,
): DividePlan {
  const bits = bitLength(BigInt(quotient.high) - BigInt(quotient.low));
  return { shift, low: quotient.low, bits, n: bitLength(BigInt(most) - 1n) };
}

export function divideRows({ bits, n }: DividePlan): number {
  return rangeRows(bits) + 2 * n + 2;
}

export function divideSlot({ n }: DividePlan): number {
  return n + 2;
}

/** Puts the quotient of two forms at the end of `target`: one wire. */
export function constrainDivide(
  builder: R1csBuilder,
  batch: LinearBatch,
  { shift, low, bits, n }: DividePlan,
  [num, den]: readonly [LinearForms, LinearForms],
  index: number,
  target: LinearForms,
): void {
  const one = builder.scaled(1);
  let q = ONE;
  if (bits > 0) {
    q = builder.newWires(1);
    constrainRange(builder, q, low, bits);
  }
  const parity = builder.newWires(1 + 2 * n);
  const remainder = parity + 1;
  const rest = remainder + n;
  builder.boolean(parity);
  batch.open(n + 2);
  batch.form(den, index, 1);
  batch.constant(-1n);
  for (let i = 0; i < n; i++) {
    for (const wire of [remainder + i, rest + i]) {
      builder.boolean(wire);
      batch.term(wire, -1, i);
    }
  }
  builder.a.push(q, bits > 0 ? one : builder.scaled(low));
  den.pushTo(builder.b, builder, index, 1, 1);
  num.pushTo(builder.c, builder, index, 1, shift + 1);
  den.pushTo(builder.c, builder, index, 1, 0);
  builder.c.push(parity, builder.scaled(-1));
  for (let i = 0; i < n; i++) builder.c.push(remainder + i, builder.scaled(-1, i + 1));
  builder.endRow();
  if (bits > 0) target.term(q, 1);
  target.close(bits > 0 ? 0 : low);
}

/** The wires of {@link constrainDivide} in its order. */
export function assignDivide(
  writer: WitnessWriter,
  { shift, low, bits, n }: DividePlan,
  num: Exact,
  den: Exact,
  q: Exact,
): void {
  if (bits > 0) {
    writer.next(q);
    assignRange(writer, q, low, bits);
  }
  const divisor = BigInt(den);
  const remainder = (BigInt(num) << BigInt(shift)) + divisor / 2n - BigInt(q) * divisor;
  writer.next(lowBits(den, 1));
  writer.nextBits(remainder, n, -1);
  writer.nextBits(divisor - 1n - remainder, n, -1);
}
