import { bitsOf, exact, plus, power, times, type Exact } from '../../integer/exact.ts';
import { CircuitError } from '../errors.ts';

/** A fixed list of distinct non-negative integers that values are looked up in. */
export interface LookupTable {
  /** Equal for equal tables. */
  readonly key: string;
  readonly entries: readonly Exact[];
}

/** A table costs two rows an entry: none may be so large that it alone fills a slice. */
export const MOST_ENTRIES = 2 ** 14;

const ranges = new Map<number, LookupTable>();

/** 0 … 2^bits − 1. */
export function rangeTable(bits: number): LookupTable {
  const known = ranges.get(bits);
  if (known !== undefined) return known;
  const table = lookupTable(
    `range ${bits}`,
    Array.from({ length: 2 ** bits }, (_, value) => exact(value)),
  );
  ranges.set(bits, table);
  return table;
}

/** Whether a key is a {@link rangeTable}'s. */
export function isRange(key: string): boolean {
  return key.startsWith('range ');
}

/** A function on 0 … size − 1. */
export interface PairTable extends LookupTable {
  /** An entry is x + factor · f(x). */
  readonly factor: Exact;
}

export function isPairTable(table: LookupTable): table is PairTable {
  return 'factor' in table;
}

/**
 * The pairs of a function, one number x + 2^k · f(x) each, 2^k ≥ size.
 *
 * A pair is bound only if x is known to be an integer in [0, 2^k) and y to be in a range of its own: with y free,
 * y = f(x') + (x' − x) / 2^k passes for any x'.
 * @param f its values are non-negative integers
 */
export function pairTable(key: string, size: number, f: (x: number) => Exact): PairTable {
  const factor = power(bitsOf(exact(size - 1)));
  return {
    ...lookupTable(
      `pairs ${key}`,
      Array.from({ length: size }, (_, x) => plus(exact(x), times(factor, f(x)))),
    ),
    factor,
  };
}

function lookupTable(key: string, entries: readonly Exact[]): LookupTable {
  if (entries.length < 1 || entries.length > MOST_ENTRIES) {
    throw new CircuitError(
      'CIRCUIT_TABLE',
      `expected a table of 1 … ${MOST_ENTRIES} entries, got ${entries.length} for ${key}`,
    );
  }
  return { key, entries };
}
