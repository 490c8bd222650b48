import { bitLength } from '../gadgets/rescale.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { LookupArgument } from './argument.ts';
import type { LookupDemand } from './demand.ts';
import { assignDigits, constrainDigits, demandDigits, roundedWidths } from './digits.ts';
import { MOST_ENTRIES, pairTable, type PairTable } from './table.ts';
import type { LookupWriter } from './writer.ts';

/** A function on consecutive integers as a table of pairs. */
export interface FunctionTable {
  /** The first argument. */
  readonly start: number;
  /** The least result: results are looked up as differences from it. */
  readonly base: number;
  /** Digits of a result. */
  readonly result: readonly number[];
  readonly table: PairTable;
}

/**
 * The table of `f` on start … start + size − 1; undefined where it would be too large.
 *
 * @param key equal for equal functions
 * @param most bits of a digit
 * @param mostEntries where a table of more is not worth it
 */
export function functionTable(
  key: string,
  { start, size }: { readonly start: number; readonly size: number },
  f: (x: number) => number,
  most: number,
  mostEntries = MOST_ENTRIES,
): FunctionTable | undefined {
  if (size > Math.min(MOST_ENTRIES, mostEntries)) return undefined;
  let base = Infinity;
  let greatest = -Infinity;
  for (let x = 0; x < size; x++) {
    base = Math.min(base, f(start + x));
    greatest = Math.max(greatest, f(start + x));
  }
  const result = roundedWidths(Math.max(1, bitLength(BigInt(greatest - base))), most);
  const table = pairTable(`${key} on ${start} … ${start + size - 1}`, size, (x) => f(start + x) - base);
  return { start, base, result, table };
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
  argument: () => number,
  target: LinearForms,
): void {
  const q = lookups.commit();
  const constant = argument();
  work.term(q, table.factor);
  lookups.look(table, work, work.close(constant - start - table.factor * base), [q]);
  work.term(q, 1);
  constrainDigits(lookups, work, work.close(-base), result);
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
  x: number,
  q: number,
): void {
  lookups.commit(q);
  lookups.look(table, x - start);
  assignDigits(lookups, q - base, result);
}
