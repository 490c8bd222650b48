import {
  bitsOf,
  difference,
  exact,
  larger,
  minus,
  negated,
  plus,
  smaller,
  times,
  type Exact,
  type Operand,
} from '../../integer/exact.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { LookupArgument } from './argument.ts';
import type { LookupDemand } from './demand.ts';
import { assignDigits, constrainDigits, demandDigits, roundedWidths } from './digits.ts';
import { MOST_ENTRIES, pairTable, type PairTable } from './table.ts';
import type { LookupWriter } from './writer.ts';

/** A function on consecutive integers as a table of pairs. */
export interface FunctionTable {
  /** The first argument. */
  readonly start: Exact;
  /** The least result: results are looked up as differences from it. */
  readonly base: Exact;
  /** Digits of a result. */
  readonly result: readonly number[];
  readonly table: PairTable;
}

/** What a function is asked for, both ends included. */
export interface Arguments {
  readonly start: Exact;
  readonly end: Exact;
}

/**
 * The table of `f` on start … end; undefined where it would be too large.
 *
 * @param key says which function it is: equal for equal ones, in whatever circuit
 * @param most bits of a digit
 * @param mostEntries where a table of more is not worth it
 */
export function functionTable(
  key: string,
  { start, end }: Arguments,
  f: (x: Exact) => Exact,
  most: number,
  mostEntries = MOST_ENTRIES,
): FunctionTable | undefined {
  const last = difference(end, start);
  if (last === undefined || last >= Math.min(MOST_ENTRIES, mostEntries)) return undefined;
  const name = `${key} on ${start} … ${end}`;
  const { base, span, table } = made.get(name) ?? tabulated(name, start, plus(last, 1), f);
  return { start, base, result: roundedWidths(Math.max(1, bitsOf(span)), most), table };
}

/** The functions that were tabulated last: a slice is planned for many widths of digits, and most of its tables stay the same. */
const made = new Map<string, Tabulated>();
const MOST_KEPT = 32;

interface Tabulated {
  readonly base: Exact;
  /** The greatest result less the least. */
  readonly span: Exact;
  readonly table: PairTable;
}

function tabulated(name: string, start: Exact, count: number, f: (x: Exact) => Exact): Tabulated {
  const values = Array.from({ length: count }, (_, x) => f(plus(start, exact(x))));
  const base = values.reduce(smaller);
  const span = minus(values.reduce(larger), base);
  const found = { base, span, table: pairTable(name, count, (x) => minus(values[x], base)) };
  const [oldest] = made.keys();
  if (made.size >= MOST_KEPT) made.delete(oldest);
  made.set(name, found);
  return found;
}

/**
 * q = f(x) for a form x that is an integer of the table's arguments.
 *
 * Statement: (x, q) is a pair of the function.
 * Rows, those of committed wires included: 2 + 2c − 1 for c digits of a result.
 * Argument: q is committed and q − base is looked up digit by digit, so it is an integer y of bounded size. Looked up is
 * (x − start) + 2^k · y, and x − start is an integer in [0, 2^k) by what the caller knows of x. Two pairs with one such
 * number are equal, so q = f(x). Without the range of y, y = f(x') + (x' − x) / 2^k would pass for any x'.
 *
 * @param argument puts x into `work`, which holds nothing under way, and answers its constant
 */
export function constrainPair(
  lookups: LookupArgument,
  { table, start, base, result }: FunctionTable,
  work: LinearForms,
  argument: () => Operand,
  target: LinearForms,
): void {
  const q = lookups.commit();
  const constant = argument();
  work.term(q, table.factor);
  lookups.look(table, work, work.close(minus(minus(constant, start), times(table.factor, base))), [q]);
  work.term(q, 1);
  constrainDigits(lookups, work, work.close(negated(base)), result);
  target.term(q, 1);
  target.close(0);
}

export function demandPair(demand: LookupDemand, { table, result }: FunctionTable, count: number): void {
  demand.commit(count);
  demand.look(table, count);
  demandDigits(demand, result, count);
}

/** The wires of {@link constrainPair}. */
export function assignPair(
  lookups: LookupWriter,
  { table, start, base, result }: FunctionTable,
  x: Exact,
  q: Exact,
): void {
  lookups.commit(q);
  lookups.look(table, minus(x, start));
  assignDigits(lookups, minus(q, base), result);
}
