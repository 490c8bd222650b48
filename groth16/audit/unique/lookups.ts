import { NOTHING, factorOf, sumOf, type Form } from './form.ts';
import type { Knowledge } from './knowledge.ts';
import { isLinear, type Row } from './system.ts';

/** One table of a lookup argument, as its rows have it. */
export interface LookupSum {
  /** Rows (X − value) · inverse = 1. */
  readonly looks: readonly { readonly value: Form; readonly inverse: number }[];
  /** Rows (X − entry) · share = multiplicity. */
  readonly shares: readonly { readonly share: number; readonly multiplicity: number }[];
  /** What is looked up is one of these, ascending. */
  readonly entries: readonly bigint[];
  /** All its rows. */
  readonly rows: readonly number[];
}

/**
 * The lookups of a circuit with a challenge (LogUp): rows (X − v) · w = 1 and (X − t) · s = m, all values and multiplicities
 * fixed before X, and a row Σ w − Σ s = 0 that has each of them and nothing else. Then but for a chance of (their number) / r
 * every v is a t. Which of a row's factors stands first doesn't matter. Anything else that isn't just so is no lookup.
 *
 * @param isFixed whether a wire is fixed before the challenge is known
 */
export function lookupsOf(
  known: Knowledge,
  challenge: number,
  isFixed: (wire: number) => boolean,
): readonly LookupSum[] {
  const looks = new Map<number, { readonly value: Form; readonly row: number }>();
  const shares = new Map<
    number,
    { readonly entry: bigint; readonly multiplicity: number; readonly row: number }
  >();
  const isEarly = (form: Form): boolean => form.wires.every(isFixed);
  for (const row of known.rowsOf(challenge)) {
    const { a, b, c } = known.row(row);
    const [one, other] = factorOf(a, challenge) === 0n ? [a, b] : [b, a];
    if (one.wires.length !== 1 || one.factors[0] !== 1n || one.constant !== 0n || isFixed(one.wires[0]))
      continue;
    if (factorOf(other, challenge) !== 1n || factorOf(one, challenge) !== 0n) continue;
    const value = sumOf(
      [
        [{ wires: [challenge], factors: [1n], constant: 0n }, 1n],
        [other, -1n],
      ],
      known.modulus,
    );
    if (!isEarly(value) || !isEarly(c)) continue;
    if (c.wires.length === 0 && c.constant === 1n) looks.set(one.wires[0], { value, row });
    else if (value.wires.length === 0 && c.wires.length === 1 && c.constant === 0n && c.factors[0] === 1n) {
      const entry = ((value.constant % known.modulus) + known.modulus) % known.modulus;
      shares.set(one.wires[0], { entry, multiplicity: c.wires[0], row });
    }
  }
  const isTwice = (wire: number): boolean => known.rowsOf(wire).length === 2;
  const sums = new Map<number, LookupSum>();
  for (const [inverse] of looks) {
    for (const index of known.rowsOf(inverse)) {
      if (sums.has(index) || !isLinear(known.row(index))) continue;
      const sum = sumIn(known.row(index), index);
      if (sum !== undefined) sums.set(index, sum);
    }
  }
  // A multiplicity belongs to one entry.
  const multiplicities = [...sums.values()].flatMap((sum) =>
    sum.shares.map(({ multiplicity }) => multiplicity),
  );
  return new Set(multiplicities).size === multiplicities.length ? [...sums.values()] : [];

  function sumIn({ c }: Row, index: number): LookupSum | undefined {
    if (c.constant !== 0n || !c.wires.every(isTwice)) return undefined;
    const sign = c.factors[c.wires.findIndex((wire) => looks.has(wire))];
    if (sign !== 1n && sign !== -1n) return undefined;
    const found = { looks: [] as { value: Form; inverse: number }[], entries: [] as bigint[], rows: [index] };
    const own: { share: number; multiplicity: number }[] = [];
    for (const [i, wire] of c.wires.entries()) {
      const look = c.factors[i] === sign ? looks.get(wire) : undefined;
      const share = c.factors[i] === -sign ? shares.get(wire) : undefined;
      if (look !== undefined) found.looks.push({ value: look.value, inverse: wire });
      else if (share !== undefined) {
        found.entries.push(share.entry);
        own.push({ share: wire, multiplicity: share.multiplicity });
      } else return undefined;
      found.rows.push((look ?? share)!.row);
    }
    found.entries.sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
    return found.entries.length === 0 ? undefined : { ...found, shares: own };
  }
}

/** That a looked-up value is an entry, as a row with a wire for the entry. */
export function entryRow(known: Knowledge, value: Form, entries: readonly bigint[]): Row {
  const wire = known.newWire(entries);
  const named = { wires: [wire], factors: [-1n], constant: 0n };
  return {
    a: NOTHING,
    b: NOTHING,
    c: sumOf(
      [
        [value, 1n],
        [named, 1n],
      ],
      known.modulus,
    ),
  };
}
