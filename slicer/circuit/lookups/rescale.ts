import {
  floorShifted,
  lowBits,
  minus,
  negated,
  plus,
  power,
  times,
  type Exact,
  type Operand,
} from '../../integer/exact.ts';
import { ONE, type R1csBuilder } from '../rows/builder.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import type { LookupArgument } from './argument.ts';
import type { LookupDemand } from './demand.ts';
import { assignDigits, constrainDigits, demandDigits, sumOf } from './digits.ts';
import { assignPair, constrainPair, demandPair } from './pair.ts';
import type { LookupRescale } from './rescale-plan.ts';
import type { LookupWriter } from './writer.ts';

/**
 * q = clamp(floor((acc + half) / 2^shift), low, high) by lookups; the cases are those of {@link LookupRescale}.
 *
 * Statement: q is that, for an accumulator form of committed wires (or what they determine) within its interval.
 * Rows, those of committed wires included, with digits of b bits, l = ⌈shift / b⌉ and h as many as the upper part
 * needs: map 3, floor 2(l + h) − 1, sign 2(l + h) + 1, clamp 2l + 3, signal 2(l + h) + 4.
 * Argument:
 * - map: acc − start is a static x in [0, 2^k), y = q − base is looked up in a range of its own, so (x, y) is bound.
 * - floor: acc + offset = 2^shift · (upper digits) + (lower digits), all digits ranged, the lower ones exactly shift
 *   bits: the upper ones are the quotient.
 * - sign: u + 2^W = 2^W · g + digits, g boolean, W the digits' bits, u in [−2^W, 2^W): g = [u ≥ 0], and then the upper
 *   digits are ⌊u / 2^shift⌋. The top digit may be wider than the interval needs: W is only an offset.
 * - clamp: h is committed, acc + half − 2^shift · h is in [0, 2^shift). Looked up is x + 2^k · y, x = h − start and y
 *   in a range of its own, so x is an integer of bounded size, and h is the quotient; then x is in [0, 2^k) by the
 *   interval, and (x, y) is bound.
 * - signal: t is committed, u − 2^(shift + bits) · t is in [0, 2^(shift + bits)), the code e + 2p is made of booleans,
 *   so t is the quotient as before, e = [t = 0] and p = [t > 0]; q − low = e · (the result's digits) + span · p.
 */
export function constrainLookupRescale(
  builder: R1csBuilder,
  lookups: LookupArgument,
  plan: LookupRescale,
  source: LinearForms,
  index: number,
  target: LinearForms,
  work: LinearForms,
): void {
  work.clear();
  switch (plan.kind) {
    case 'constant':
      target.close(plan.value);
      return;
    case 'copy': {
      const q = builder.newWires(1);
      source.pushTo(builder.c, builder, index, 1, 0);
      builder.c.push(q, builder.scaled(-1));
      builder.endRow();
      target.term(q, 1);
      target.close(0);
      return;
    }
    case 'map': {
      constrainPair(lookups, plan.map, work, () => work.terms(source, index, 1), target);
      return;
    }
    case 'floor': {
      const sum = work.close(plus(work.terms(source, index, 1), plan.offset));
      const digits = constrainDigits(lookups, work, sum, [...plan.low, ...plan.high]);
      const rest = upper(work, sum, plan, digits, (wire, factor) => target.term(wire, factor));
      target.close(plus(plan.base, rest));
      return;
    }
    case 'sign': {
      const g = builder.newWires(1);
      const width = sumOf(plan.low) + sumOf(plan.high);
      lookups.boolean(g);
      const constant = plus(plus(work.terms(source, index, 1), plan.offset), power(width));
      work.term(g, negated(power(width)));
      const sum = work.close(constant);
      const digits = constrainDigits(lookups, work, sum, [...plan.low, ...plan.high]);
      const result = builder.newWires(1);
      builder.a.push(g, builder.scaled(1));
      pushUpper(builder, work, sum, plan, digits);
      builder.c.push(result, builder.scaled(1));
      builder.endRow();
      target.term(result, 1);
      target.close(plan.base);
      return;
    }
    case 'clamp': {
      const h = lookups.commit();
      const constant = plus(work.terms(source, index, 1), plan.offset);
      work.term(h, negated(power(plan.shift)));
      constrainDigits(lookups, work, work.close(constant), plan.low);
      const argument = (): Operand => {
        work.term(h, 1);
        return 0;
      };
      constrainPair(lookups, plan.map, work, argument, target);
      return;
    }
    case 'signal': {
      const t = lookups.commit();
      const width = sumOf(plan.low) + sumOf(plan.high);
      const constant = plus(work.terms(source, index, 1), plan.offset);
      work.term(t, negated(power(width)));
      const sum = work.close(constant);
      const digits = constrainDigits(lookups, work, sum, [...plan.low, ...plan.high]);
      const e = builder.newWires(plan.below ? 2 : 1);
      lookups.boolean(e);
      if (plan.below) lookups.boolean(e + 1);
      const { table, start, base } = plan.signs;
      work.term(t, 1);
      work.term(e, table.factor);
      if (plan.below) work.term(e + 1, times(2, table.factor));
      const code = work.close(minus(negated(start), times(table.factor, base)));
      lookups.look(table, work, code, plan.below ? [e, e + 1] : [e]);
      // e · (digits) = q − base − span · p, p = 1 − e where nothing is below.
      const q = builder.newWires(1);
      builder.a.push(e, builder.scaled(1));
      pushUpper(builder, work, sum, plan, digits);
      builder.c.push(q, builder.scaled(1));
      const constantC = minus(negated(plan.base), plan.below ? 0 : plan.span);
      if (constantC !== 0) builder.c.push(ONE, builder.scaled(constantC));
      builder.c.push(plan.below ? e + 1 : e, builder.scaled(plan.below ? negated(plan.span) : plan.span));
      builder.endRow();
      target.term(q, 1);
      target.close(0);
      return;
    }
  }
}

/** The quotient by 2^shift of form `sum`, whose digits are given; its constant. */
function upper(
  work: LinearForms,
  sum: number,
  { low, high }: { readonly low: readonly number[]; readonly high: readonly number[] },
  digits: readonly number[],
  term: (wire: number, factor: Exact) => void,
): Operand {
  if (low.length === 0) return work.each(sum, term);
  let offset = 0;
  for (const [i, width] of high.entries()) {
    term(digits[low.length - 1 + i], power(offset));
    offset += width;
  }
  return 0;
}

function pushUpper(
  builder: R1csBuilder,
  work: LinearForms,
  sum: number,
  plan: { readonly low: readonly number[]; readonly high: readonly number[] },
  digits: readonly number[],
): void {
  const constant = upper(work, sum, plan, digits, (wire, factor) =>
    builder.b.push(wire, builder.scaled(factor)),
  );
  if (constant !== 0) builder.b.push(ONE, builder.scaled(constant));
}

/** Rows of `count` values besides the argument's. */
export function lookupRescaleRows(plan: LookupRescale, count: number): number {
  switch (plan.kind) {
    case 'copy':
      return count;
    case 'sign':
      return 2 * count;
    case 'signal':
      return (plan.below ? 3 : 2) * count;
    default:
      return 0;
  }
}

export function demandLookupRescale(demand: LookupDemand, plan: LookupRescale, count: number): void {
  switch (plan.kind) {
    case 'map':
      demandPair(demand, plan.map, count);
      return;
    case 'floor':
      demandDigits(demand, [...plan.low, ...plan.high], count);
      return;
    case 'sign':
      demand.boolean(count);
      demandDigits(demand, [...plan.low, ...plan.high], count);
      return;
    case 'clamp':
      demand.commit(count);
      demandDigits(demand, plan.low, count);
      demandPair(demand, plan.map, count);
      return;
    case 'signal':
      demand.commit(count);
      demandDigits(demand, [...plan.low, ...plan.high], count);
      demand.boolean((plan.below ? 2 : 1) * count);
      demand.look(plan.signs.table, count);
  }
}

/** The wires of {@link constrainLookupRescale} in its order; acc and its q as the integer semantics say. */
export function assignLookupRescale(
  writer: WitnessWriter,
  lookups: LookupWriter,
  plan: LookupRescale,
  acc: Exact,
  q: Exact,
): void {
  switch (plan.kind) {
    case 'constant':
      return;
    case 'copy':
      writer.next(q);
      return;
    case 'map':
      assignPair(lookups, plan.map, acc, q);
      return;
    case 'floor':
      assignDigits(lookups, plus(acc, plan.offset), [...plan.low, ...plan.high]);
      return;
    case 'sign': {
      const u = plus(acc, plan.offset);
      const width = sumOf(plan.low) + sumOf(plan.high);
      lookups.boolean(u >= 0 ? 1 : 0);
      assignDigits(lookups, u >= 0 ? u : plus(u, power(width)), [...plan.low, ...plan.high]);
      writer.next(minus(q, plan.base));
      return;
    }
    case 'clamp': {
      const u = plus(acc, plan.offset);
      const h = floorShifted(u, plan.shift);
      lookups.commit(h);
      assignDigits(lookups, lowBits(u, plan.shift), plan.low);
      assignPair(lookups, plan.map, h, q);
      return;
    }
    case 'signal': {
      const width = sumOf(plan.low) + sumOf(plan.high);
      const u = plus(acc, plan.offset);
      const t = floorShifted(u, width);
      lookups.commit(t);
      assignDigits(lookups, lowBits(u, width), [...plan.low, ...plan.high]);
      lookups.boolean(t === 0 ? 1 : 0);
      if (plan.below) lookups.boolean(t > 0 ? 1 : 0);
      lookups.look(plan.signs.table, minus(t, plan.signs.start));
      writer.next(q);
    }
  }
}
