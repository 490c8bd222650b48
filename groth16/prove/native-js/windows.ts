/** How scalars are cut into windows of signed digits. */
export interface Windows {
  /** Bits of a window: digits lie in [−2^(bits − 1), 2^(bits − 1)]. */
  readonly bits: number;
  readonly count: number;
}

const LEAST_BITS = 2;
const MOST_BITS = 16;

/**
 * The windows with the fewest additions.
 *
 * @param lengths how many scalars have each number of bits; those of no bits are not multiplied
 */
export function chooseWindows(lengths: Uint32Array): Windows {
  let longest = lengths.length - 1;
  while (longest > 0 && lengths[longest] === 0) longest--;
  let best = LEAST_BITS;
  let least = Infinity;
  for (let bits = LEAST_BITS; bits <= MOST_BITS; bits++) {
    const cost = additions(lengths, bits);
    if (cost < least) [best, least] = [bits, cost];
  }
  return { bits: best, count: windowsOf(longest, best) };
}

/** A signed digit more than the bits call for may be needed. */
function windowsOf(length: number, bits: number): number {
  return Math.ceil((length + 1) / bits);
}

/** Every digit is added to a bucket, every bucket to a row and a column, and each of those to half of its number's bits. */
function additions(lengths: Uint32Array, bits: number): number {
  const buckets = 2 ** (bits - 1);
  const rowsAndColumns = 2 * 2 ** (bits / 2);
  let sum = 0;
  let live = 0;
  let length = lengths.length - 1;
  for (let window = windowsOf(length, bits) - 1; window >= 0; window--) {
    for (; length > 0 && windowsOf(length, bits) > window; length--) live += lengths[length];
    if (live === 0) continue;
    const used = buckets * (1 - Math.exp(-live / buckets));
    sum += live + used + (Math.min(rowsAndColumns, 2 * live) * bits) / 4;
  }
  return sum;
}
