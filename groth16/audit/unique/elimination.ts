/**
 * Linear equations between two witnesses, Σ factor · δ = 0 over the field, solved as they come: reduced rows, one for each
 * leading wire, which no other row has. So a wire that the equations fix is alone in its row.
 */
export class Elimination {
  readonly #modulus: bigint;
  /** By leading wire; its own factor is 1 and isn't kept. */
  readonly #rows = new Map<number, Map<number, bigint>>();
  /** By wire that isn't leading: the rows that have it. */
  readonly #having = new Map<number, Set<number>>();

  constructor(modulus: bigint) {
    this.#modulus = modulus;
  }

  /** Adds an equation; the wires that are now fixed, for the caller to {@link fix}. */
  add(terms: Iterable<readonly [wire: number, factor: bigint]>): readonly number[] {
    const sum = this.#inOthers(terms);
    const lead = this.#leadOf(sum);
    if (lead === undefined) return [];
    const row = this.#solved(sum, lead);
    const fixed: number[] = [];
    for (const other of this.#having.get(lead) ?? []) {
      if (this.#substitute(other, lead, row)) fixed.push(other);
    }
    this.#having.delete(lead);
    this.#rows.set(lead, row);
    for (const wire of row.keys()) this.#has(wire, lead);
    if (row.size === 0) fixed.push(lead);
    return fixed;
  }

  /** A wire turned out to be fixed; the wires that are so by that. */
  fix(wire: number): readonly number[] {
    const row = this.#rows.get(wire);
    if (row !== undefined) {
      this.#rows.delete(wire);
      for (const other of row.keys()) this.#having.get(other)?.delete(wire);
      return row.size === 0 ? [] : this.add(row);
    }
    const fixed: number[] = [];
    for (const lead of this.#having.get(wire) ?? []) {
      const having = this.#rows.get(lead) as Map<number, bigint>;
      having.delete(wire);
      if (having.size === 0) fixed.push(lead);
    }
    this.#having.delete(wire);
    return fixed;
  }

  /** An equation with what leading wires are in their place. */
  #inOthers(terms: Iterable<readonly [wire: number, factor: bigint]>): Map<number, bigint> {
    const sum = new Map<number, bigint>();
    const plus = (wire: number, factor: bigint): void => void sum.set(wire, (sum.get(wire) ?? 0n) + factor);
    for (const [wire, factor] of terms) {
      const row = this.#rows.get(wire);
      if (row === undefined) plus(wire, factor);
      else for (const [other, each] of row) plus(other, -factor * each);
    }
    // Once for each wire: a product is cheaper than a remainder.
    for (const [wire, factor] of sum) {
      const rest = this.#reduce(factor);
      if (rest === 0n) sum.delete(wire);
      else sum.set(wire, rest);
    }
    return sum;
  }

  /** A wire that nothing has to be divided for and that no other row has, if there is one; else any. */
  #leadOf(sum: ReadonlyMap<number, bigint>): number | undefined {
    let lead: number | undefined;
    let best = -1;
    for (const [wire, factor] of sum) {
      const isUnit = factor === 1n || factor === this.#modulus - 1n;
      const isNew = (this.#having.get(wire)?.size ?? 0) === 0;
      const worth = (isUnit ? 2 : 0) + (isNew ? 1 : 0);
      if (worth <= best) continue;
      [lead, best] = [wire, worth];
      if (worth === 3) break;
    }
    return lead;
  }

  /** What an equation says of one of its wires: the factors of all others. */
  #solved(sum: Map<number, bigint>, lead: number): Map<number, bigint> {
    const factor = sum.get(lead) as bigint;
    sum.delete(lead);
    if (factor === 1n) return sum;
    const isNegative = factor === this.#modulus - 1n;
    const inverse = isNegative ? 0n : invert(factor, this.#modulus);
    const row = new Map<number, bigint>();
    for (const [wire, each] of sum) {
      row.set(wire, isNegative ? this.#modulus - each : this.#reduce(each * inverse));
    }
    return row;
  }

  /** Puts what `lead` is in place of it in another row; whether that row has nothing left. */
  #substitute(other: number, lead: number, row: ReadonlyMap<number, bigint>): boolean {
    const target = this.#rows.get(other) as Map<number, bigint>;
    const factor = target.get(lead) as bigint;
    target.delete(lead);
    for (const [wire, each] of row) {
      this.#plus(target, wire, -factor * each);
      if (target.has(wire)) this.#has(wire, other);
      else this.#having.get(wire)?.delete(other);
    }
    return target.size === 0;
  }

  #plus(target: Map<number, bigint>, wire: number, factor: bigint): void {
    const sum = this.#reduce((target.get(wire) ?? 0n) + factor);
    if (sum === 0n) target.delete(wire);
    else target.set(wire, sum);
  }

  #has(wire: number, lead: number): void {
    const having = this.#having.get(wire);
    if (having === undefined) this.#having.set(wire, new Set([lead]));
    else having.add(lead);
  }

  #reduce(value: bigint): bigint {
    const rest = value % this.#modulus;
    return rest < 0n ? rest + this.#modulus : rest;
  }
}

function invert(value: bigint, modulus: bigint): bigint {
  let [rest, next] = [((value % modulus) + modulus) % modulus, modulus];
  let [factor, nextFactor] = [1n, 0n];
  while (next !== 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return factor;
}
