import type { FixedBefore } from './challenge.ts';
import type { Form } from './form.ts';
import type { Knowledge } from './knowledge.ts';
import { isNothing, type Row } from './system.ts';

/** What an exponent's coefficient has of a wire that isn't determined. */
interface Term {
  readonly exponent: number;
  readonly wire: number;
  readonly factor: bigint;
  readonly next: Term | undefined;
}

/**
 * A wire that depends on the challenge X, as a polynomial in it: by exponent the constants, if it has nothing else; or
 * something that the determined wires make, and X^shift · (terms of open wires).
 */
type Polynomial =
  | { readonly constants: ReadonlyMap<number, bigint> }
  | { readonly constants?: undefined; readonly shift: number; readonly open: Term | undefined };

type Equation = readonly (readonly [wire: number, factor: bigint])[];

/**
 * What rows with a random challenge say of wires that were fixed before it (Schwartz and Zippel): a row whose wires are all
 * polynomials in X with coefficients of fixed wires holds at the challenge, so but for a chance of degree / r it holds for
 * each coefficient. Of each, what it says of two witnesses: Σ factor · δ = 0.
 */
export function coefficientEquations(
  known: Knowledge,
  rows: readonly number[],
  challenge: FixedBefore,
): readonly Equation[] {
  return new Reading(known, challenge).read(rows);
}

const ZERO: Polynomial = { constants: new Map() };

class Reading {
  readonly #known: Knowledge;
  readonly #challenge: FixedBefore;
  readonly #polynomials = new Map<number, Polynomial>();

  constructor(known: Knowledge, challenge: FixedBefore) {
    this.#known = known;
    this.#challenge = challenge;
    this.#polynomials.set(challenge.wire, { constants: new Map([[1, 1n]]) });
  }

  read(rows: readonly number[]): readonly Equation[] {
    const equations: Equation[] = [];
    let pending = rows;
    for (let before = -1; before !== pending.length;) {
      before = pending.length;
      pending = pending.filter((index) => {
        const row = this.#known.row(index);
        const last = this.#lastOf(row);
        if (last === undefined) return true;
        const value = this.#difference(row, last);
        if (value === undefined) return true;
        if (last !== null) this.#polynomials.set(last, value);
        else equations.push(...equationsOf(value));
        return false;
      });
    }
    return equations;
  }

  /** The one wire of a row, on its C side and with factor one, that is no polynomial yet; null: all are. */
  #lastOf({ a, b, c }: Row): number | null | undefined {
    if (![a, b].every(({ wires }) => wires.every((wire) => this.#isKnown(wire)))) return undefined;
    const others = c.wires.filter((wire) => !this.#isKnown(wire));
    if (others.length === 0) return null;
    const at = c.wires.indexOf(others[0]);
    return others.length === 1 && c.factors[at] === 1n ? others[0] : undefined;
  }

  #isKnown(wire: number): boolean {
    return this.#polynomials.has(wire) || this.#challenge.isFixed(wire);
  }

  /** a · b − c, but for the last wire. */
  #difference({ a, b, c }: Row, last: number | null): Polynomial | undefined {
    const product =
      isNothing(a) || isNothing(b) ? ZERO : times(this.#sum(a, null, 1n), this.#sum(b, null, 1n));
    return product && plus(product, this.#sum(c, last, -1n));
  }

  #sum({ wires, factors, constant }: Form, without: number | null, scale: bigint): Polynomial {
    let sum: Polynomial = { constants: new Map(constant === 0n ? [] : [[0, scale * constant]]) };
    for (const [i, wire] of wires.entries()) {
      if (wire !== without) sum = plus(sum, scaled(this.#of(wire), scale * factors[i]));
    }
    return sum;
  }

  #of(wire: number): Polynomial {
    const late = this.#polynomials.get(wire);
    if (late !== undefined) return late;
    const isOpen = !this.#known.isDetermined(wire);
    return { shift: 0, open: isOpen ? { exponent: 0, wire, factor: 1n, next: undefined } : undefined };
  }
}

function scaled(value: Polynomial, factor: bigint): Polynomial {
  if (value.constants !== undefined) {
    return { constants: new Map([...value.constants].map(([exponent, each]) => [exponent, each * factor])) };
  }
  if (factor === 1n || value.open === undefined) return value;
  let open: Term | undefined;
  for (let term = value.open as Term | undefined; term !== undefined; term = term.next) {
    open = { ...term, factor: term.factor * factor, next: open };
  }
  return { shift: value.shift, open };
}

function plus(left: Polynomial, right: Polynomial): Polynomial {
  if (left.constants !== undefined && right.constants !== undefined) {
    const sum = new Map(left.constants);
    for (const [exponent, each] of right.constants) sum.set(exponent, (sum.get(exponent) ?? 0n) + each);
    return { constants: sum };
  }
  if (left.constants !== undefined) return right;
  if (right.constants !== undefined) return left;
  // The shorter one's terms go before the longer one's, which stay as they are.
  let [long, short] = [left, right];
  for (let [l, r] = [left.open, right.open]; ; [l, r] = [l.next, r.next]) {
    if (r === undefined) break;
    if (l === undefined) {
      [long, short] = [right, left];
      break;
    }
  }
  let { open } = long;
  for (let term = short.open; term !== undefined; term = term.next) {
    open = { ...term, exponent: term.exponent + short.shift - long.shift, next: open };
  }
  return { shift: long.shift, open };
}

/** Undefined where open wires would be multiplied by more than a power of X. */
function times(left: Polynomial, right: Polynomial): Polynomial | undefined {
  if (left.constants !== undefined && right.constants !== undefined) {
    const product = new Map<number, bigint>();
    for (const [i, x] of left.constants) {
      for (const [j, y] of right.constants) product.set(i + j, (product.get(i + j) ?? 0n) + x * y);
    }
    return { constants: product };
  }
  if (left.constants === undefined && right.constants === undefined) {
    return left.open === undefined && right.open === undefined ? left : undefined;
  }
  const [constants, other] = left.constants === undefined ? [right.constants, left] : [left.constants, right];
  if (constants === undefined || other.constants !== undefined) return undefined;
  if (other.open === undefined) return other;
  if (constants.size !== 1) return undefined;
  const [[exponent, factor]] = constants;
  const product = scaled(other, factor);
  return product.constants !== undefined ? product : { ...product, shift: product.shift + exponent };
}

function equationsOf(value: Polynomial): readonly Equation[] {
  if (value.constants !== undefined) return [];
  const byExponent = new Map<number, [number, bigint][]>();
  for (let term = value.open; term !== undefined; term = term.next) {
    const terms = byExponent.get(term.exponent);
    if (terms === undefined) byExponent.set(term.exponent, [[term.wire, term.factor]]);
    else terms.push([term.wire, term.factor]);
  }
  return [...byExponent.values()];
}
