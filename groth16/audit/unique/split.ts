/** A term of an equation Σ factor · δ = 0 between two witnesses: how far the wire's two values may be apart. */
export interface Term {
  readonly wire: number;
  readonly factor: bigint;
  readonly width: bigint;
  /** The wire's only possible values, if they are so few that they are known. */
  readonly values?: readonly bigint[];
}

export interface Split {
  /** Wires whose two values are equal. */
  readonly equal: readonly number[];
  /** Powers of two at which the equation falls into parts, each zero by itself, ascending; the first is left out. */
  readonly cuts: readonly number[];
  /** Parts of several wires remain. */
  readonly hasRest: boolean;
}

/**
 * What Σ factor · δ ≡ 0 says of integers δ, |δ| ≤ width.
 *
 * If Σ |factor| · width is below the modulus it holds over the integers. By ascending powers of two in the factors: when all
 * terms so far add up to less than the next power 2^s and the rest is a multiple of it, they are zero by themselves, and so
 * is the rest. A part of one term is δ = 0. So is a wire of few values whose remainders modulo the rest's power of two
 * all differ.
 *
 * @returns undefined where the equation may wrap around the modulus
 */
export function splitEquation(terms: readonly Term[], modulus: bigint): Split | undefined {
  let total = 0n;
  for (const { factor, width } of terms) total += (factor < 0n ? -factor : factor) * width;
  if (total >= modulus) return undefined;
  const ascending = terms
    .map((term) => ({ ...term, power: powerOfTwo(term.factor) }))
    .toSorted((left, right) => left.power - right.power);
  const equal: number[] = [];
  const cuts: number[] = [];
  let hasRest = false;
  let start = 0;
  let sum = 0n;
  for (let at = 0; at < ascending.length; at++) {
    const { factor, width } = ascending[at];
    sum += (factor < 0n ? -factor : factor) * width;
    const next = at + 1 < ascending.length ? ascending[at + 1].power : undefined;
    if (next !== undefined && sum >> BigInt(next) !== 0n && !isApart(ascending, start, at, next)) continue;
    if (start === at) equal.push(ascending[at].wire);
    else hasRest = true;
    if (next !== undefined) cuts.push(next);
    start = at + 1;
    sum = 0n;
  }
  return { equal, cuts, hasRest };
}

/** Whether the part is one wire whose possible values are all different modulo the rest's power of two. */
function isApart(
  terms: readonly (Term & { readonly power: number })[],
  start: number,
  at: number,
  next: number,
): boolean {
  const { values, power } = terms[at];
  if (start !== at || values === undefined) return false;
  const unit = 1n << BigInt(next - power);
  return new Set(values.map((value) => ((value % unit) + unit) % unit)).size === values.length;
}

/** How often two divides it. */
export function powerOfTwo(factor: bigint): number {
  let power = 0;
  let rest = factor;
  while ((rest & 0xffffffffn) === 0n) {
    rest >>= 32n;
    power += 32;
  }
  const low = Number(rest & 0xffffffffn);
  return power + 31 - Math.clz32(low & -low);
}
