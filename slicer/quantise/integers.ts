import type { IntegerRange } from '../integer/program.ts';
import { QuantiseError } from './errors.ts';
import type { FloatTensor } from './float-model.ts';
import { LIMITS } from './lower/integers.ts';
import type { TensorStatistics } from './observation.ts';

/** Types of at most so many values are held in full; of wider ones what calibration saw, and once more of it. */
const NARROW = 2 ** 8;

/** Most bits of an integer in a program. */
export const MOST_BITS = 32;

/**
 * The range of a tensor of integers, which stand for themselves: that of its type where that is narrow, else twice what
 * calibration saw, and whatever index a table takes that they choose from.
 * @throws QuantiseError QUANTISE_INTEGER: calibration saw more than 32 bits hold
 */
export function wholeRange(
  { name, whole = 'int64', most = 0 }: FloatTensor,
  { low, high }: Pick<TensorStatistics, 'low' | 'high'>,
): IntegerRange {
  const type = LIMITS[whole];
  const narrow = type.high - type.low < NARROW;
  const [least, largest] = narrow
    ? [type.low, type.high]
    : [Math.max(type.low, 2 * Math.min(0, low)), Math.min(type.high, Math.max(2 * high, most, 1))];
  const range = rangeOver(least, largest);
  if (range.bits <= MOST_BITS) return range;
  const seen = rangeOver(low, high);
  if (seen.bits <= MOST_BITS) return { ...seen, bits: MOST_BITS };
  throw new QuantiseError(
    'QUANTISE_INTEGER',
    `${name}: expected integers of at most ${MOST_BITS} bits, calibration has ${low} … ${high}`,
    { hint: 'Integers stay what they are: hashes and times have to be made smaller first.' },
  );
}

/** The least range that holds all integers from `low` to `high`. */
export function rangeOver(low: number, high: number): IntegerRange {
  const signed = low < 0;
  const bits = Math.max(1, Math.ceil(Math.log2(Math.max(high + 1, -low))));
  return { signed, bits: bits + (signed ? 1 : 0) };
}
