/** How a kernel cuts a field element into limbs: v = Σ limb[j] · 2^(bits · j), limbs signed. */
export interface Shape {
  /** 51 or 29. */
  readonly bits: number;
  /** 5 or 9. Montgomery's R is 2^(bits · limbs). */
  readonly limbs: number;
}

/**
 * What field arithmetic is written in: one text (arithmetic.ts) for both kernels, and for the proof of its bounds, which
 * runs that text over intervals (test/groth16/kernel/bounds.ts).
 *
 * L is a limb, S a sum at one place, an integer of 64 bits; both may stand for several elements side by side. Every
 * operation is exact as long as its operands keep the bounds that it names: B stands for 2^bits.
 */
export interface Machine<L, S> extends Shape {
  /** A constant. */
  limbOf(value: bigint): L;
  add(a: L, b: L): L;
  sub(a: L, b: L): L;
  readonly zero: S;
  sum(a: S, b: S): S;
  /** Adds a · b · 2^(bits · place) to the sums. */
  product(sums: S[], place: number, a: L, b: L): void;
  /** A limb, |limb| < B, as a sum. */
  sumOf(limb: L): S;
  /** A sum, |sum| < B, as a limb. */
  limb(sum: S): L;
  /** floor(sum / B). */
  carry(sum: S): S;
  /** sum mod B, not negative. */
  rest(sum: S): S;
  /** A limb in [−B/2, B/2), and (sum − limb) / B. */
  balanced(sum: S): readonly [L, S];
  /** A q, |q| ≤ B/2, with q ≡ sum · factor mod B; |factor| ≤ B/2. */
  quotient(sum: S, factor: L): L;
  /** A rounded multiple of the last limb: round(top · 2^(bits · (limbs − 1)) / p), within 2^−10. */
  nearest(top: L, p: bigint): L;
  /** a − k · b, for |k| ≤ 16. */
  less(a: L, k: L, b: L): L;
  /** Moves multiples of B from one limb to the next and leaves [−B/2, B/2]. */
  settle(limb: L, next: L): readonly [L, L];
  /** The sum plus `value` where `condition` is negative. */
  sumWhereNegative(sum: S, condition: S, value: bigint): S;
  /** Parts of numbers that are not negative. */
  shiftLeft(sum: S, by: number): S;
  shiftRight(sum: S, by: number): S;
  either(a: S, b: S): S;
}
