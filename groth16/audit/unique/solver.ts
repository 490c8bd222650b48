import { nameBooleans } from './booleans.ts';
import { Elimination } from './elimination.ts';
import { fewValuesOf } from './few-values.ts';
import { NOTHING, signed } from './form.ts';
import { Knowledge } from './knowledge.ts';
import { quotientOf, rootOf } from './quotient.ts';
import { RowQueue } from './queue.ts';
import { splitEquation, type Term } from './split.ts';
import { boundSwitched } from './switched.ts';
import { partsOf } from './parts.ts';
import { isLinear, type Row, type System } from './system.ts';
import { determinedByZero } from './zero-test.ts';
import { largestOf } from './zero-product.ts';

/** Longer equations of unbounded wires, such as a table's sum, wait until all but one are determined. */
const MOST_ELIMINATED = 256;

/**
 * Which wires have one value only, given some that do: of any two witnesses that agree on the given wires, every determined
 * wire is equal. Rules are applied until none says more; each is argued where it stands.
 */
export class Solver {
  readonly known: Knowledge;
  readonly #queue = new RowQueue();
  readonly #elimination: Elimination;
  /** Rows to eliminate by when nothing simpler is left. */
  readonly #waiting = new RowQueue();
  readonly #isEliminated: boolean[] = [];
  readonly #isInParts: boolean[] = [];
  readonly #marks: number[] = [];
  #mark = 0;
  readonly #apart: number | undefined;
  #isApartReached = false;

  /** @param apart a wire that is never determined; whether it would be says {@link isApartReached} */
  constructor(system: System, apart?: number) {
    this.#apart = apart;
    this.known = new Knowledge(system);
    this.#elimination = new Elimination(system.modulus);
    nameBooleans(this.known);
    for (let row = 0; row < this.known.count; row++) this.#queue.push(row);
  }

  /** A wire is the same in both witnesses. */
  determine(wire: number): void {
    const pending = [wire];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next === this.#apart) this.#isApartReached = true;
      if (next === this.#apart || !this.known.determine(next)) continue;
      this.#touch(next);
      pending.push(...this.#elimination.fix(next));
    }
  }

  get isApartReached(): boolean {
    return this.#isApartReached;
  }

  /** Adds a row that follows from others. */
  add(row: Row): void {
    this.#queue.push(this.known.add(row));
  }

  /** Σ factor · (difference of the wire's two values) = 0. */
  addDifference(terms: Terms): void {
    this.#equation(this.#merged(terms.filter(([wire]) => !this.known.isDetermined(wire))));
  }

  /** Applies the rules until none says more. */
  run(): void {
    for (;;) {
      const row = this.#queue.pop();
      if (row !== undefined) {
        this.#visit(row);
        continue;
      }
      const waiting = this.#waiting.pop();
      if (waiting === undefined) return;
      this.#eliminate(waiting);
    }
  }

  #eliminate(index: number): void {
    const terms = this.#merged(this.#linearTerms(this.known.row(index)) ?? []);
    if (!this.#isUnbounded(terms) || this.#isEliminated[index]) return;
    this.#isEliminated[index] = true;
    for (const wire of this.#elimination.add(terms)) this.determine(wire);
  }

  #isUnbounded(terms: Terms): boolean {
    return (
      terms.length > 1 &&
      terms.length <= MOST_ELIMINATED &&
      terms.every(([wire]) => this.known.bounds.of(wire) === undefined)
    );
  }

  #touch(wire: number): void {
    for (const row of this.known.rowsOf(wire)) this.#queue.push(row);
  }

  #visit(index: number): void {
    const { known } = this;
    const row = known.row(index);
    for (const bounded of [known.boundBy(row), boundSwitched(row, known), fewValuesOf(row, known)]) {
      if (bounded !== undefined) this.#touch(bounded);
    }
    const terms = this.#linearTerms(row);
    if (terms === undefined) this.#product(row);
    else if (terms.length > 0) this.#linear(index, this.#merged(terms));
  }

  /** What a row says of two witnesses, Σ factor · δ = 0, where it has no product of open wires. */
  #linearTerms(row: Row): Terms | undefined {
    const { known } = this;
    const c = known.open(row.c);
    if (isLinear(row)) return c;
    const [a, b] = [known.open(row.a), known.open(row.b)];
    if (a.length + b.length === 0) return c;
    if (row.a.wires.length === 0) return [...c, ...scaled(b, -row.a.constant)];
    if (row.b.wires.length === 0) return [...c, ...scaled(a, -row.b.constant)];
    return undefined;
  }

  #linear(index: number, terms: Terms): void {
    if (this.#isUnbounded(terms)) {
      if (!this.#isEliminated[index]) this.#waiting.push(index);
      return;
    }
    const cuts = this.#equation(terms);
    const row = this.known.row(index);
    if (cuts === undefined || cuts.length === 0 || !isLinear(row) || this.#isInParts[index]) return;
    const parts = partsOf(row.c, cuts, this.known);
    if (parts === undefined) return;
    this.#isInParts[index] = true;
    for (const part of parts) {
      const added = this.known.add({ a: NOTHING, b: NOTHING, c: part });
      this.#queue.push(added);
      // Rows of products may compare by it.
      for (const wire of part.wires) if (!this.known.isDetermined(wire)) this.#touch(wire);
    }
  }

  /** Where it falls into parts of which some are still open. */
  #equation(terms: Terms): readonly number[] | undefined {
    if (terms.length === 1) {
      this.determine(terms[0][0]);
      return undefined;
    }
    const known: Term[] = [];
    for (const [wire, factor] of terms) {
      const width = this.known.bounds.width(wire);
      if (width === undefined) return undefined;
      const values = this.known.valuesOf(wire);
      known.push(values === undefined ? { wire, factor, width } : { wire, factor, width, values });
    }
    const split = splitEquation(known, this.known.modulus);
    if (split === undefined) return undefined;
    for (const wire of split.equal) this.determine(wire);
    return split.hasRest ? split.cuts : undefined;
  }

  /** One term a wire. */
  #merged(terms: Terms): Terms {
    if (!this.#hasTwice(terms)) return terms;
    const sums = new Map<number, bigint>();
    for (const [wire, factor] of terms) sums.set(wire, (sums.get(wire) ?? 0n) + factor);
    return [...sums]
      .map(([wire, factor]) => [wire, signed(factor, this.known.modulus)] as const)
      .filter(([, factor]) => factor !== 0n);
  }

  /** By a mark that each term leaves on its wire: most rows have a wire once, and are asked about often. */
  #hasTwice(terms: Terms): boolean {
    const mark = ++this.#mark;
    for (const [wire] of terms) {
      if (this.#marks[wire] === mark) return true;
      this.#marks[wire] = mark;
    }
    return false;
  }

  #product(row: Row): void {
    const { known } = this;
    const wire = this.#divided(row) ?? quotientOf(row, known) ?? rootOf(row, known) ?? largestOf(row, known);
    if (wire !== undefined) this.determine(wire);
    else {
      for (const { wire: found, values } of determinedByZero(row, known)) {
        if (values.length > 0) known.hasValues(found, values);
        this.determine(found);
      }
    }
  }

  /** a · b is a constant that isn't zero, and one of them is determined: so is the other. */
  #divided({ a, b, c }: Row): number | undefined {
    if (c.wires.length > 0 || c.constant === 0n) return undefined;
    const [left, right] = [this.known.open(a), this.known.open(b)];
    return left.length + right.length === 1 ? [...left, ...right][0][0] : undefined;
  }
}

type Terms = readonly (readonly [wire: number, factor: bigint])[];

function scaled(terms: Terms, factor: bigint): Terms {
  return terms.map(([wire, each]) => [wire, each * factor] as const);
}
