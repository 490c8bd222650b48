/**
 * How often values came, closely enough for percentiles, in room that grows with how far they lie apart and not with how many
 * they are: bins whose numbers and counts take turns, by number. A bin is a value below 64, and 1/32 to 1/64 of its values above:
 * what stands for it is within 1/64 of each of them.
 */
export type Sketch = readonly number[];

/** Bits of a value that its bin keeps; the highest is always set. */
const KEPT = 6;
const STEPS = 2 ** (KEPT - 1);

/** @param value not negative, below 2^256 */
export function binOf(value: bigint): number {
  if (value < 2 * STEPS) return Number(value);
  const hex = value.toString(16);
  const bits = hex.length * 4 - Math.clz32(Number.parseInt(hex[0], 16)) + 28;
  const shift = bits - KEPT;
  return shift * STEPS + Number(value >> BigInt(shift));
}

/** The middle of a bin. */
export function valueOf(bin: number): bigint {
  if (bin < 2 * STEPS) return BigInt(bin);
  const shift = BigInt(Math.floor(bin / STEPS) - 1);
  const lowest = BigInt((bin % STEPS) + STEPS) << shift;
  return lowest + ((1n << shift) - 1n) / 2n;
}

/** The sketch with more values in it. */
export function withValues(sketch: Sketch, values: readonly bigint[]): number[] {
  const bins = [...sketch];
  for (const bin of values.map(binOf)) {
    const at = placeOf(bins, bin);
    if (bins[at] === bin) bins[at + 1]++;
    else bins.splice(at, 0, bin, 1);
  }
  return bins;
}

/** Where a bin stands, or would. */
function placeOf(sketch: Sketch, bin: number): number {
  let [low, high] = [0, sketch.length / 2];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sketch[2 * middle] < bin) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

/**
 * The least value that at least so many of a hundred are at or below; undefined where there are none.
 * @param percent 0 to 100
 */
export function percentileOf(sketch: Sketch, percent: number): bigint | undefined {
  let total = 0;
  for (let i = 1; i < sketch.length; i += 2) total += sketch[i];
  let left = Math.max(1, Math.ceil((percent * total) / 100));
  for (let i = 0; i < sketch.length; i += 2) {
    left -= sketch[i + 1];
    if (left <= 0) return valueOf(sketch[i]);
  }
  return undefined;
}
