import { sizeOf } from './bounds.ts';
import { sumOf, type Form } from './form.ts';
import type { Knowledge } from './knowledge.ts';
import type { Row } from './system.ts';

/**
 * Quotients: in a row a · b = c let b and all of c but S, a sum of bounded wires, be determined, and all of a but
 * factor · q. Two witnesses differ by factor · δq · b = δS. If 0 ≤ S − least < |factor| · b as integers, which an equation
 * between S and b may show, |δS| is smaller than any such product but zero: δq = 0.
 *
 * @returns q, if it is determined
 */
export function quotientOf({ a, b, c }: Row, known: Knowledge): number | undefined {
  const { bounds, modulus } = known;
  for (const [side, divisor] of [
    [a, b],
    [b, a],
  ]) {
    const open = known.open(side);
    if (open.length !== 1 || known.open(divisor).length > 0) continue;
    const [q, factor] = open[0];
    const size = factor < 0n ? -factor : factor;
    const rest = remainder(c, q, known);
    const [divisors, quotients] = [bounds.ofForm(divisor), bounds.width(q)];
    if (rest === undefined || divisors === undefined || quotients === undefined) continue;
    const below = sumOf(
      [
        [divisor, size],
        [rest.form, -1n],
        [constant(rest.least - 1n), 1n],
      ],
      modulus,
    );
    if (size * quotients * sizeOf(divisors) + rest.width >= modulus) continue;
    if (known.isAtLeastZero(below, rest.form.wires)) return q;
  }
  return undefined;
}

/**
 * Roots: in a row y · y = c let all of c but −S be determined, S a sum of bounded wires. If 0 ≤ S ≤ 2y as integers and
 * y ≥ 0, then of two witnesses with y' < y it would follow that y² − y'² = S' − S ≤ 2y', but it is at least 2y' + 1: y is one.
 */
export function rootOf({ a, b, c }: Row, known: Knowledge): number | undefined {
  const { bounds, modulus } = known;
  const y = a.wires[0];
  if (a.wires.length !== 1 || b.wires.length !== 1 || b.wires[0] !== y || known.isDetermined(y))
    return undefined;
  if (a.constant !== 0n || b.constant !== 0n || a.factors[0] !== 1n || b.factors[0] !== 1n) return undefined;
  const range = bounds.of(y);
  const rest = remainder(c, y, known);
  if (range === undefined || rest === undefined || range.low < 0n || rest.least < 0n) return undefined;
  if (range.high * range.high + rest.width >= modulus) return undefined;
  const below = sumOf(
    [
      [{ wires: [y], factors: [2n], constant: 0n }, 1n],
      [rest.form, -1n],
    ],
    modulus,
  );
  return known.isAtLeastZero(below, rest.form.wires) ? y : undefined;
}

interface Remainder {
  /** The open terms of c, with the sign that they have on the other side. */
  readonly form: Form;
  readonly least: bigint;
  readonly width: bigint;
}

function remainder(c: Form, apart: number, known: Knowledge): Remainder | undefined {
  const open = known.open(c);
  if (open.length === 0 || open.some(([wire]) => wire === apart)) return undefined;
  const form = {
    wires: open.map(([wire]) => wire),
    factors: open.map(([, factor]) => -factor),
    constant: 0n,
  };
  const range = known.bounds.ofForm(form);
  return range && { form, least: range.low, width: range.high - range.low };
}

function constant(value: bigint): Form {
  return { wires: [], factors: [], constant: value };
}
