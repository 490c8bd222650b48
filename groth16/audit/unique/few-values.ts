import type { Form } from './form.ts';
import type { Knowledge } from './knowledge.ts';
import { isNothing, type Row } from './system.ts';

/** Combinations that are tried of one row. */
const MOST_COMBINATIONS = 64;

/**
 * The values of a wire e, factor · e = a · b + constant, where a and b are made of few wires of few values each: what all their
 * combinations give. So (1 − S)(2 − S) = 2e for a sum S of two booleans leaves 0 and 1.
 *
 * @returns e, if that is new
 */
export function fewValuesOf({ a, b, c }: Row, known: Knowledge): number | undefined {
  if (c.wires.length !== 1 || isNothing(a) || isNothing(b)) return undefined;
  const [wire] = c.wires;
  if (known.valuesOf(wire) !== undefined) return undefined;
  const wires = [...new Set([...a.wires, ...b.wires])];
  const values = wires.map((each) => known.valuesOf(each));
  if (values.includes(undefined)) return undefined;
  const count = values.reduce((product, each) => product * each!.length, 1);
  if (count > MOST_COMBINATIONS) return undefined;
  const found = new Set<bigint>();
  for (let combination = 0; combination < count; combination++) {
    const valueOf = new Map<number, bigint>();
    let rest = combination;
    for (const [i, each] of values.entries()) {
      valueOf.set(wires[i], each![rest % each!.length]);
      rest = Math.floor(rest / each!.length);
    }
    const product = valueIn(a, valueOf) * valueIn(b, valueOf) - c.constant;
    if (product % c.factors[0] !== 0n) return undefined;
    found.add(product / c.factors[0]);
  }
  const ascending = [...found].toSorted((x, y) => (x < y ? -1 : x > y ? 1 : 0));
  return known.hasValues(wire, ascending) ? wire : undefined;
}

function valueIn({ wires, factors, constant }: Form, valueOf: ReadonlyMap<number, bigint>): bigint {
  let sum = constant;
  for (const [i, wire] of wires.entries()) sum += factors[i] * valueOf.get(wire)!;
  return sum;
}
