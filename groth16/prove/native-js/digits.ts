import { letGo } from '../let-go.ts';
import { SCALAR_WORDS } from './scalars.ts';
import type { SignedScalars } from './scalars.ts';
import type { Windows } from './windows.ts';

/** Scalars ready to be cut, those with the most windows first. */
export interface CutScalars {
  /** For each place of the order: the index in `scalarOf`. */
  readonly order: Uint32Array;
  /** How many of them have a digit in window w or above. */
  readonly reaching: Uint32Array;
  /** Writes the digits of one window, in the order, as many as reach it. */
  readonly digitsOf: (window: number, out: Int32Array) => void;
  /** Frees its memory: as much as the scalars take. */
  readonly letGo: () => void;
}

/**
 * Prepares digits in [−2^(b−1), 2^(b−1) − 1] for the scalars that are not zero. With K = Σ 2^(b−1) · 2^(b·w)
 * over all windows but the last, the digit of window w is that of s + K less 2^(b−1): no carries, any window
 * by itself. The last one takes the carry and may be 2^(b−1).
 */
export function cutScalars(
  scalars: SignedScalars,
  scalarOf: Uint32Array,
  { bits, count }: Windows,
): CutScalars {
  const half = 2 ** (bits - 1);
  const mask = 2 ** bits - 1;
  const bias = biasWords(bits, count);
  const live = scalarOf.reduce((sum, scalar) => sum + (scalars.bits[scalar] === 0 ? 0 : 1), 0);
  const shifted = new Uint32Array(live * SCALAR_WORDS);
  const members = new Uint32Array(live);
  const windowsOf = new Uint16Array(live);
  const reaching = new Uint32Array(count);
  let kept = 0;
  for (let index = 0; index < scalarOf.length; index++) {
    const scalar = scalarOf[index];
    if (scalars.bits[scalar] === 0) continue;
    const from = scalar * SCALAR_WORDS;
    const to = kept * SCALAR_WORDS;
    let carry = 0;
    let top = 0;
    for (let word = 0; word < SCALAR_WORDS; word++) {
      const sum = scalars.words[from + word] + bias[word] + carry;
      carry = sum > 0xffff_ffff ? 1 : 0;
      shifted[to + word] = sum;
      const changed = shifted[to + word] ^ bias[word];
      if (changed !== 0) top = 32 * word + 31 - Math.clz32(changed);
    }
    members[kept] = index;
    windowsOf[kept] = Math.floor(top / bits);
    reaching[windowsOf[kept++]]++;
  }
  for (let window = count - 2; window >= 0; window--) reaching[window] += reaching[window + 1];

  const next = Uint32Array.from({ length: count }, (_, window) => reaching[window + 1] ?? 0);
  const rows = new Uint32Array(live);
  for (let row = 0; row < live; row++) rows[next[windowsOf[row]]++] = row;
  const order = rows.map((row) => members[row]);
  letGo(members, windowsOf);

  return {
    order,
    reaching,
    digitsOf(window, out) {
      const bit = window * bits;
      const word = bit >> 5;
      const shift = bit & 31;
      // What a digit has in the next word, if there is one; shifting by 31 and by one more leaves nothing of it for 0.
      const next = word === SCALAR_WORDS - 1 ? 0 : 1;
      const above = next === 0 ? 0 : mask;
      const less = window === count - 1 ? 0 : half;
      for (let place = 0; place < reaching[window]; place++) {
        const at = rows[place] * SCALAR_WORDS + word;
        const high = (shifted[at + next] << 1) << (31 - shift);
        out[place] = (((shifted[at] >>> shift) | (high & above)) & mask) - less;
      }
    },
    letGo: () => letGo(order, rows, shifted),
  };
}

function biasWords(bits: number, count: number): Uint32Array {
  let bias = 0n;
  for (let window = 0; window < count - 1; window++) bias += 1n << BigInt(bits * window + bits - 1);
  return Uint32Array.from({ length: SCALAR_WORDS }, (_, word) =>
    Number((bias >> BigInt(32 * word)) & 0xffff_ffffn),
  );
}
