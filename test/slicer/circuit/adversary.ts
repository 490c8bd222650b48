import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import { invert } from '../../../slicer/circuit/poseidon/field.ts';
import { mod, sum, type AdversaryRows, type Row, type Terms } from './adversary-rows.ts';

type Draw = (low: number, high: number) => number;

/** A digit that may be turned the other way: what that adds to each wire, so that forms of two values stay such. */
interface Turn {
  /** Its value now. */
  readonly isOne: (wires: readonly bigint[]) => boolean;
  /** Added to wires where it goes from 0 to 1. */
  readonly adds: ReadonlyMap<number, bigint>;
}

/** A {@link Turn}'s number, and what it adds to a row. */
type Digit = readonly [turn: number, adds: bigint];

/** A wire that has to be solved for again and again goes round in a circle. */
const MOST_SOLVED = 3;

/** A circuit's worth of rows is not repaired: what is wrong there is a hash. */
const MOST_STEPS = 150;

/**
 * A prover that wants another output for the same inputs. It knows rows only: which forms are 0 or 1, by rows f · (f − 1) = 0,
 * which wires are looked up in a range, and so which digits there are. It moves a power of two from one digit of a linear row to another, or changes a hint by one
 * or a power of two, or takes another entry of a table, and then goes on like a solver: of the first broken row, a linear one gets its digits decomposed anew,
 * any other one a wire solved for, until every row holds or nothing helps.
 */
export class Adversary {
  readonly #rows: readonly Row[];
  readonly #rowsOf: readonly (readonly number[])[];
  readonly #honest: readonly bigint[];
  readonly #wires: bigint[];
  readonly #touched = new Set<number>();
  /** Rows that may not hold. */
  readonly #broken = new Set<number>();
  readonly #fixed: ReadonlySet<number>;
  readonly #tables: ReadonlyMap<number, readonly bigint[]>;
  readonly #turns: readonly Turn[];
  /** By row: its digits, with what a turn from 0 to 1 adds to the row. */
  readonly #digits = new Map<number, readonly Digit[]>();
  readonly #isDigit: ReadonlySet<number>;
  /** By row f · (f − 1) = 0 of a number and booleans that are its digits: f. */
  readonly #ranges = new Map<number, Terms>();

  constructor({ rows, honest, fixed, ranges, tables }: AdversaryRows) {
    this.#rows = rows;
    this.#tables = tables;
    this.#honest = honest;
    this.#wires = [...honest];
    this.#fixed = fixed;
    const rowsOf = honest.map(() => new Set<number>());
    for (const [row, sides] of this.#rows.entries()) {
      for (const side of [sides.a, sides.b, sides.c]) for (const [wire] of side) rowsOf[wire].add(row);
    }
    this.#rowsOf = rowsOf.map((set) => [...set]);
    const { turns, digits } = turnsOf(rows, fixed, ranges);
    this.#turns = turns;
    this.#isDigit = digits;
    for (const [row, { a, b, c }] of rows.entries()) {
      const own = a.filter(([wire]) => digits.has(wire) && !ranges.has(wire));
      const isRange = own.length > 0 && own.length < a.length && own.every(([, factor]) => factor < 0n);
      if (isRange && c.length === 0 && isTwoValued(a, b)) this.#ranges.set(row, a);
    }
    const moved = this.#rows.map(() => [] as (readonly [number, bigint])[]);
    for (const [turn, { adds }] of turns.entries()) {
      const inRow = new Map<number, bigint>();
      for (const [wire, factor] of adds) {
        for (const row of this.#rowsOf[wire]) {
          if (!this.#isLinear(row)) continue;
          for (const [other, each] of this.#rows[row].c)
            if (other === wire) inRow.set(row, (inRow.get(row) ?? 0n) + each * factor);
        }
      }
      for (const [row, each] of inRow) if (each !== 0n) moved[row].push([turn, each]);
    }
    for (const [row, list] of moved.entries()) if (list.length > 1) this.#digits.set(row, list);
  }

  /** Wires that it may begin with: neither fixed nor digits. */
  get hints(): readonly number[] {
    return this.#honest.flatMap((_, wire) =>
      this.#fixed.has(wire) ||
      this.#isDigit.has(wire) ||
      this.#tables.has(wire) ||
      this.#rowsOf[wire].length === 0
        ? []
        : [wire],
    );
  }

  /** Another witness by moving value between the digits of each linear row, `tries` times a row. */
  byDigits(draw: Draw, tries: number): readonly number[] | undefined {
    for (const [row, digits] of this.#digits) {
      for (let i = 0; i < tries; i++) {
        const first = digits[draw(0, digits.length - 1)];
        const found = this.#try(() => {
          this.#turn(first);
          return this.#decompose(row, draw, new Set([first[0]]));
        }, draw);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /** Another witness by making each hint larger or smaller, by one and by powers of two. */
  byHints(draw: Draw): readonly number[] | undefined {
    for (const hint of this.hints) {
      for (const step of [1n, -1n, 1n << BigInt(draw(1, 12)), -(1n << BigInt(draw(1, 12)))]) {
        const found = this.#try(() => {
          this.#set(hint, this.#wires[hint] + step);
          return true;
        }, draw);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /** Another witness by taking another entry of each table. */
  byEntries(draw: Draw, tries: number): readonly number[] | undefined {
    for (const [wire, entries] of this.#tables) {
      for (let i = 0; i < tries; i++) {
        const found = this.#try(() => {
          this.#set(wire, entries[draw(0, entries.length - 1)]);
          return true;
        }, draw);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /** From the honest witness, begins and goes on; the wires that differ where all rows hold and one does. */
  #try(begin: () => boolean, draw: Draw): readonly number[] | undefined {
    const holds = begin() && this.#goOn(draw);
    const differs = [...this.#touched].filter((wire) => this.#isChanged(wire));
    for (const wire of this.#touched) this.#wires[wire] = this.#honest[wire];
    this.#touched.clear();
    this.#broken.clear();
    return holds && differs.length > 0 ? differs : undefined;
  }

  #goOn(draw: Draw): boolean {
    const solved = new Map<number, number>();
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      let row = Infinity;
      for (const one of this.#broken) if (one < row) row = one;
      if (row === Infinity) return true;
      if (this.#residual(row) === 0n) this.#broken.delete(row);
      else {
        const isMended =
          this.#lookUp(row, draw) ||
          this.#range(row) ||
          (this.#digits.has(row) && this.#decompose(row, draw, new Set()));
        if (!isMended && !this.#solve(row, solved)) return false;
      }
    }
    return false;
  }

  #set(wire: number, value: bigint): void {
    this.#wires[wire] = value;
    this.#touched.add(wire);
    for (const row of this.#rowsOf[wire]) this.#broken.add(row);
  }

  /** Whether what stays makes a row's product. */
  #isLinear(row: number): boolean {
    const { a, b } = this.#rows[row];
    if (a.length === 0 || b.length === 0) return true;
    return [...a, ...b].every(([wire]) => this.#fixed.has(wire));
  }

  #isChanged(wire: number): boolean {
    return mod(this.#wires[wire]) !== this.#honest[wire];
  }

  /** Turns digits of a row so that it holds again, the lowest power of two that is wrong first. */
  #decompose(row: number, draw: Draw, locked: Set<number>): boolean {
    const digits = this.#digits.get(row) as readonly Digit[];
    const turned: Digit[] = [];
    let residual = signed(this.#residual(row));
    while (residual !== 0n) {
      const power = powerOfTwo(residual);
      const able = digits.filter(([turn, adds]) => !locked.has(turn) && powerOfTwo(adds) === power);
      // Best is what brings it nearer to zero at once.
      const good = able.filter((digit) => sizeOf(residual + this.#effect(digit)) < sizeOf(residual));
      const from = good.length > 0 && draw(0, 3) > 0 ? good : able;
      if (from.length === 0) {
        for (const digit of turned) this.#turn(digit);
        return false;
      }
      const digit = from[draw(0, from.length - 1)];
      locked.add(digit[0]);
      turned.push(digit);
      residual = signed(residual + this.#turn(digit));
    }
    return true;
  }

  /** Of a row that says what is looked up in a table: the entry that it should be, or one with its lower part. */
  #lookUp(row: number, draw: Draw): boolean {
    const { a, b, c } = this.#rows[row];
    const looked = c.find(([wire]) => this.#tables.has(wire));
    if (looked === undefined || a.length > 0 || b.length > 0) return false;
    const [wire, factor] = looked;
    const entries = this.#tables.get(wire)!;
    const value = mod(-factor * (sum(c, this.#wires) - factor * this.#wires[wire]));
    if (entries.includes(value)) {
      this.#set(wire, value);
      return true;
    }
    // Pairs x + F · y: y may be solved for where x stays.
    const size = 1n << BigInt((entries.length - 1).toString(2).length);
    const alike = entries.filter((entry) => (signed(value) - entry) % size === 0n);
    if (alike.length === 0 || this.#wires[wire] === alike[0]) return false;
    this.#set(wire, alike[draw(0, alike.length - 1)]);
    return true;
  }

  /** Of a row f · (f − 1) = 0 that ranges a number by digits: the digits of what the number is now. */
  #range(row: number): boolean {
    const form = this.#ranges.get(row);
    if (form === undefined) return false;
    const digits = form
      .filter(([wire]) => this.#isDigit.has(wire))
      .toSorted((x, y) => (x[1] > y[1] ? 1 : -1));
    let rest = signed(sum(form, this.#wires));
    for (const [wire, factor] of digits) rest -= factor * this.#wires[wire];
    const turned = new Map<number, bigint>();
    // Largest first: each has the other sign than what is left, as digits of a number have.
    for (const [wire, factor] of digits) {
      const isOne = rest + factor >= 0n;
      turned.set(wire, isOne ? 1n : 0n);
      if (isOne) rest += factor;
    }
    if (rest !== 0n && rest !== 1n) return false;
    for (const [wire, value] of turned) if (this.#wires[wire] !== value) this.#set(wire, value);
    return true;
  }

  #effect([turn, adds]: Digit): bigint {
    return this.#turns[turn].isOne(this.#wires) ? -adds : adds;
  }

  /** Turns a digit; what that adds to the row. */
  #turn(digit: Digit): bigint {
    const isOne = this.#turns[digit[0]].isOne(this.#wires);
    for (const [wire, factor] of this.#turns[digit[0]].adds)
      this.#set(wire, this.#wires[wire] + (isOne ? -factor : factor));
    return isOne ? -digit[1] : digit[1];
  }

  #residual(row: number): bigint {
    const { a, b, c } = this.#rows[row];
    return mod(sum(c, this.#wires) - sum(a, this.#wires) * sum(b, this.#wires));
  }

  /** Sets a wire of a row that may be set, so that the row holds: the last one that has its honest value, if one has. */
  #solve(row: number, solved: Map<number, number>): boolean {
    const { a, b, c } = this.#rows[row];
    const all = [...new Set([a, b, c].flatMap((side) => side.map(([wire]) => wire)))].filter(
      (wire) =>
        !this.#fixed.has(wire) &&
        !this.#isDigit.has(wire) &&
        !this.#tables.has(wire) &&
        (solved.get(wire) ?? 0) < MOST_SOLVED,
    );
    const unchanged = all.filter((wire) => !this.#isChanged(wire));
    const [left, right, product] = [a, b, c].map((side) => sum(side, this.#wires));
    for (const wire of (unchanged.length > 0 ? unchanged : all).toSorted((x, y) => y - x)) {
      const [p, q, r] = [a, b, c].map((side) => side.find(([other]) => other === wire)?.[1] ?? 0n);
      const slope = mod(p * right + q * left - r);
      if ((p !== 0n && q !== 0n) || slope === 0n) continue;
      this.#set(wire, mod(this.#wires[wire] + (product - left * right) * invert(slope, SCALAR_FIELD)));
      solved.set(wire, (solved.get(wire) ?? 0) + 1);
      return true;
    }
    return false;
  }
}

/**
 * The digits of rows f · (f − 1) = 0. A form of several wires is a digit too, the last in its number: its other wires are digits
 * that stand for themselves, and the one that isn't, the number, follows each of them.
 */
function turnsOf(
  rows: readonly Row[],
  fixed: ReadonlySet<number>,
  ranges: ReadonlyMap<number, number>,
): { readonly turns: readonly Turn[]; readonly digits: ReadonlySet<number> } {
  const forms = rows.flatMap(({ a, b, c }) => (c.length === 0 && isTwoValued(a, b) ? [a] : []));
  const single = forms.filter((form) => form.length === 1 && form[0][1] === 1n).map(([[wire]]) => wire);
  const booleans = single.filter((wire) => wire !== 0 && !fixed.has(wire));
  const ranged = [...ranges].filter(([wire]) => !fixed.has(wire));
  const digits = new Set([...booleans, ...ranged.map(([wire]) => wire)]);
  const numbers = new Map<number, Terms>();
  for (const form of forms) {
    const open = form.filter(([wire]) => wire !== 0 && !digits.has(wire) && !fixed.has(wire));
    if (form.length > 1 && open.length === 1 && (open[0][1] === 1n || open[0][1] === -1n))
      numbers.set(open[0][0], form);
  }
  const turns: Turn[] = booleans.map((wire) => {
    const adds = new Map([[wire, 1n]]);
    for (const [number, form] of numbers) {
      const own = form.find(([other]) => other === wire)?.[1];
      const sign = form.find(([other]) => other === number)![1];
      if (own !== undefined) adds.set(number, -own * sign);
    }
    return { isOne: (wires) => wires[wire] === 1n, adds };
  });
  for (const [number, form] of numbers) {
    const sign = form.find(([other]) => other === number)![1];
    turns.push({ isOne: (wires) => mod(sum(form, wires)) === 1n, adds: new Map([[number, sign]]) });
  }
  for (const [wire, bits] of ranged) {
    for (let bit = 0n; bit < bits; bit++) {
      const isOne = (wires: readonly bigint[]): boolean => ((wires[wire] >> bit) & 1n) === 1n;
      turns.push({ isOne, adds: new Map([[wire, 1n << bit]]) });
    }
  }
  return { turns, digits };
}

/** Whether b is a − 1. */
function isTwoValued(a: Terms, b: Terms): boolean {
  const difference = new Map<number, bigint>();
  for (const [wire, factor] of a) difference.set(wire, (difference.get(wire) ?? 0n) + factor);
  for (const [wire, factor] of b) difference.set(wire, (difference.get(wire) ?? 0n) - factor);
  return (
    [...difference].every(([wire, factor]) => factor === (wire === 0 ? 1n : 0n)) && difference.get(0) === 1n
  );
}

function sizeOf(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function signed(value: bigint): bigint {
  const rest = mod(value);
  return rest > SCALAR_FIELD >> 1n ? rest - SCALAR_FIELD : rest;
}

/** How often two divides it. */
function powerOfTwo(value: bigint): number {
  return (value & -value).toString(2).length - 1;
}
