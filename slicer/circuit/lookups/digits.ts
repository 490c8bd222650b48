import { floorShifted, lowBits, negated, power, type Exact } from '../../integer/exact.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { LookupArgument } from './argument.ts';
import type { LookupDemand } from './demand.ts';
import { rangeTable } from './table.ts';
import type { LookupWriter } from './writer.ts';

/**
 * A form v is Σ 2^(o_i) · d_i with digits d_i of the widths given, the lowest first, o_i the widths before it.
 *
 * Statement: v is an integer in [0, 2^(Σ widths)), and the d_i are its digits.
 * Rows: 2 a digit but the lowest, which takes 1.
 * Argument: each d_i is looked up in 0 … 2^width − 1. All but the lowest are committed; the lowest is no wire but
 * the form v − Σ_(i≥1) 2^(o_i) · d_i, so the sum has no row of its own. Digits of an integer are unique, and the field
 * is far larger than 2^(Σ widths). A width is exact: a digit of fewer bits is never looked up scaled alone, which
 * fractions would pass. `forms` must not be the argument's scratch.
 */
export function constrainDigits(
  lookups: LookupArgument,
  forms: LinearForms,
  index: number,
  widths: readonly number[],
): number[] {
  const { scratch } = lookups;
  scratch.clear();
  const constant = scratch.terms(forms, index, 1);
  let offset = widths[0];
  const digits = widths.slice(1).map((width) => {
    const digit = lookups.commit();
    scratch.term(digit, negated(power(offset)));
    offset += width;
    return digit;
  });
  lookups.look(rangeTable(widths[0]), scratch, scratch.close(constant));
  for (const [i, digit] of digits.entries()) {
    scratch.term(digit, 1);
    lookups.look(rangeTable(widths[i + 1]), scratch, scratch.close(0));
  }
  return digits;
}

/** What `count` values of {@link constrainDigits} take. */
export function demandDigits(demand: LookupDemand, widths: readonly number[], count: number): void {
  demand.commit((widths.length - 1) * count);
  for (const width of widths) demand.look(rangeTable(width), count);
}

/** The wires of {@link constrainDigits}. */
export function assignDigits(lookups: LookupWriter, value: Exact, widths: readonly number[]): void {
  let rest = value;
  const digits = widths.map((width, i) => {
    // What is left over makes the last digit one that no table has.
    const digit = i === widths.length - 1 ? rest : lowBits(rest, width);
    rest = floorShifted(rest, width);
    return digit;
  });
  for (const digit of digits.slice(1)) lookups.commit(digit);
  for (const [i, digit] of digits.entries()) lookups.look(rangeTable(widths[i]), digit);
}

/** Widths of at most `most` bits that add up to just `bits`. */
export function exactWidths(bits: number, most: number): number[] {
  const rest = bits % most;
  const full = new Array<number>(Math.floor(bits / most)).fill(most);
  return rest === 0 ? full : [...full, rest];
}

/** Widths of `most` bits each that hold at least `bits`. */
export function roundedWidths(bits: number, most: number): number[] {
  return new Array<number>(Math.ceil(bits / most)).fill(most);
}

export function sumOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0);
}
