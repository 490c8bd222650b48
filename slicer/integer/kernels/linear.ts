import type { TensorValues } from '../tensor.ts';
import { COLUMNS, dotsMemory, ROWS } from './dots.ts';

/** A linear operator as products: every filter at every place of a sample adds up products with the values at its taps. */
export interface Linear {
  /** [filters, taps], row-major: filters of the first group first. */
  readonly weights: Int32Array;
  /** By filter. */
  readonly bias: Float64Array;
  readonly groups: number;
  /** How far each tap of a filter is from the first value of a place. */
  readonly taps: Int32Array;
  /** By place: where its first value is in a sample, for the first group; a group's values come so much later than those of the one before. */
  readonly places: Int32Array;
  readonly groupStep: number;
  /** By place: where in the result the first filter's sum goes, and how much later each next one's. */
  readonly targets: Int32Array;
  readonly filterStep: number;
}

/** Several samples as integers of 16 bits, one after the other. */
export interface Shorts {
  readonly values: Int16Array;
  /** Of one sample. */
  readonly size: number;
  /** The largest value, without its sign. */
  readonly largest: number;
}

/** Sums of 32 bits stay below this. */
const SUM_LIMIT = 2 ** 31;

/** Bytes of weights, of values and of sums that are worked on at a time, unless one column needs more: what caches hold. */
const LEFT_BYTES = 2 ** 22;
const RIGHT_BYTES = 2 ** 18;
const SUMS_BYTES = 2 ** 20;
/** Larger filters are left to the reference. */
const MOST_TAPS = 2 ** 19;

/** The samples as integers of 16 bits; undefined where one of them isn't. */
export function shortsOf(samples: readonly TensorValues[]): Shorts | undefined {
  const size = samples[0].length;
  const values = new Int16Array(samples.length * size);
  let at = 0;
  let largest = 0;
  for (const sample of samples) {
    for (let i = 0; i < size; i++) {
      const value = sample[i];
      values[at] = value;
      if (values[at++] !== value) return undefined;
      if (value > largest) largest = value;
      else if (-value > largest) largest = -value;
    }
  }
  return { values, size, largest };
}

/** Whether 16 bits hold every weight, 32 every sum, and filters come in such numbers that it is worth while. */
export function fitsShorts({ weights, bias, groups, taps }: Linear, largest: number): boolean {
  if (bias.length / groups < ROWS || taps.length > MOST_TAPS) return false;
  for (let first = 0; first < weights.length; first += taps.length) {
    let sum = 0;
    for (let i = first; i < first + taps.length; i++) {
      const size = Math.abs(weights[i]);
      if (size > 32_767) return false;
      sum += size;
    }
    // Of all its terms or of some of them, whatever their signs.
    if (sum * largest >= SUM_LIMIT) return false;
  }
  return true;
}

/** What a linear operator gives for each sample, for which {@link fitsShorts}: exact, since no sum needs more than 32 bits. */
export function linear(node: Linear, { values, size }: Shorts): TensorValues[] {
  const { weights, bias, groups, taps, places, groupStep, targets, filterStep } = node;
  const samples = values.length / size;
  const columns = samples * places.length;
  const pairs = Math.ceil(taps.length / 2);
  const filters = bias.length / groups;
  const rowBlocks = Math.min(Math.ceil(filters / ROWS), atLeastOne(LEFT_BYTES / (4 * ROWS * pairs)));
  const sumsBytes = 4 * ROWS * rowBlocks * COLUMNS;
  const columnBlocks = Math.min(
    Math.ceil(columns / COLUMNS),
    atLeastOne(RIGHT_BYTES / (4 * COLUMNS * pairs)),
    atLeastOne(SUMS_BYTES / sumsBytes),
  );
  const { left, right, sums, run } = dotsMemory({ pairs, rows: rowBlocks, columns: columnBlocks });
  const rows = rowBlocks * ROWS;
  const results = Array.from({ length: samples }, () => new Float64Array(bias.length * places.length));
  let filter = 0;
  while (filter < bias.length) {
    // Not beyond the group's last one.
    const count = Math.min(rows, filters - (filter % filters));
    putWeights(left, weights, { filter, count, taps: taps.length, pairs });
    const shift = Math.floor(filter / filters) * groupStep;
    for (let first = 0; first < columns; first += columnBlocks * COLUMNS) {
      const taken = Math.min(columnBlocks * COLUMNS, columns - first);
      putValues(right, values, { first, taken, size, shift, taps, places });
      run(Math.ceil(taken / COLUMNS));
      for (let c = 0; c < taken; c++) {
        const result = results[Math.floor((first + c) / places.length)];
        let target = targets[(first + c) % places.length] + filter * filterStep;
        let from = Math.floor(c / COLUMNS) * rows * COLUMNS + (c % COLUMNS);
        for (let row = 0; row < count; row++, target += filterStep, from += COLUMNS) {
          result[target] = bias[filter + row] + sums[from];
        }
      }
    }
    filter += count;
  }
  return results;
}

function atLeastOne(count: number): number {
  return Math.max(1, Math.floor(count));
}

/** `count` filters from one on; zeros in the place of filters that there are not. */
function putWeights(
  left: Int32Array,
  weights: Int32Array,
  { filter, count, taps, pairs }: Readonly<Record<'filter' | 'count' | 'taps' | 'pairs', number>>,
): void {
  left.fill(0);
  for (let row = 0; row < count; row++) {
    const from = (filter + row) * taps;
    let to = Math.floor(row / ROWS) * pairs * ROWS + (row % ROWS);
    for (let tap = 0; tap < taps; tap += 2, to += ROWS) {
      const second = tap + 1 < taps ? weights[from + tap + 1] : 0;
      left[to] = (weights[from + tap] & 0xffff) | (second << 16);
    }
  }
}

/** The values that `taken` columns from one on add up. Those of columns that there are not are whatever they are: nobody reads their sums. */
function putValues(
  right: Int32Array,
  values: Int16Array,
  {
    first,
    taken,
    size,
    shift,
    taps,
    places,
  }: Readonly<Record<'first' | 'taken' | 'size' | 'shift', number>> & Pick<Linear, 'taps' | 'places'>,
): void {
  const starts = new Int32Array(COLUMNS);
  const even = taps.length - (taps.length % 2);
  let to = 0;
  for (let c = 0; c < taken; c += COLUMNS) {
    for (let i = 0; i < COLUMNS && c + i < taken; i++) {
      const column = first + c + i;
      starts[i] = Math.floor(column / places.length) * size + shift + places[column % places.length];
    }
    for (let tap = 0; tap < even; tap += 2) {
      const one = taps[tap];
      const two = taps[tap + 1];
      for (let i = 0; i < COLUMNS; i++) {
        right[to++] = (values[starts[i] + one] & 0xffff) | (values[starts[i] + two] << 16);
      }
    }
    if (even === taps.length) continue;
    for (let i = 0; i < COLUMNS; i++) right[to++] = values[starts[i] + taps[even]] & 0xffff;
  }
}
