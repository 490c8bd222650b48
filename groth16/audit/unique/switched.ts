import { factorOf, formWithout, type Form } from './form.ts';
import type { Knowledge } from './knowledge.ts';
import { isNothing, type Row } from './system.ts';

/**
 * Bounds a product u = g · F by a boolean g: u is 0, or F as it is with g = 1. So of a maximum r + u, u = g · (d + 2^k − 2^k · g),
 * it is seen that u is no more than d can be. Where equations show that F is at least 0, u is too.
 *
 * @returns u, if that is new
 */
export function boundSwitched({ a, b, c }: Row, known: Knowledge): number | undefined {
  if (c.wires.length !== 1 || c.factors[0] !== 1n || c.constant !== 0n || isNothing(a) || isNothing(b))
    return undefined;
  const [u] = c.wires;
  for (const [side, form] of [
    [a, b],
    [b, a],
  ]) {
    const g = booleanIn(side, known);
    if (g === undefined) continue;
    const rest = formWithout(form, g);
    const chosen = known.bounds.ofForm({ ...rest, constant: rest.constant + factorOf(form, g) });
    if (chosen === undefined) continue;
    const high = chosen.high > 0n ? chosen.high : 0n;
    const low = chosen.low >= 0n || known.isAtLeastZero(form, [g]) ? 0n : chosen.low;
    if (known.bounds.set(u, { low, high })) return u;
  }
  return undefined;
}

/** The wire of a form that is just one, and a boolean. */
function booleanIn({ wires, factors, constant }: Form, known: Knowledge): number | undefined {
  if (wires.length !== 1 || factors[0] !== 1n || constant !== 0n) return undefined;
  const range = known.bounds.of(wires[0]);
  return range?.low === 0n && range.high === 1n ? wires[0] : undefined;
}
