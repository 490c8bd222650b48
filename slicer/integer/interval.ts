import { IntegerProgramError } from './errors.ts';
import {
  exacts,
  larger,
  plus,
  size,
  smaller,
  times,
  type Exact,
  type Exacts,
  type Operand,
  type WritableExacts,
} from './exact.ts';
import { boundsOf, sizeOf, type ProgramTensor } from './tensor.ts';

/**
 * What the values of one tensor may be. Entry e bounds the `run` consecutive values from e · run on, both
 * ends included: one entry a channel (dimensions 0 and 1 of the shape together), so one a value for [1, I].
 */
export interface TensorInterval {
  readonly low: Exacts;
  readonly high: Exacts;
  readonly run: number;
}

/** What one value may be, both ends included. */
export type Bounds = readonly [low: Exact, high: Exact];

/** How many channels a shape has, and how many consecutive values are in one. */
export function layoutOf(shape: readonly number[]): { readonly entries: number; readonly run: number } {
  return { entries: sizeOf(shape.slice(0, 2)), run: sizeOf(shape.slice(2)) };
}

/** One bound for all values of a shape. */
export function uniformInterval(shape: readonly number[], low: Exact, high: Exact): TensorInterval {
  const { entries, run } = layoutOf(shape);
  return { low: exacts(entries).fill(low), high: exacts(entries).fill(high), run };
}

/** The least interval of a shape that holds what was put in; every entry gets something. */
export class HullOfShape {
  readonly run: number;
  readonly entries: number;
  readonly #low: WritableExacts;
  readonly #high: WritableExacts;
  readonly #filled: Uint8Array;

  constructor(shape: readonly number[]) {
    const { entries, run } = layoutOf(shape);
    this.entries = entries;
    this.run = run;
    this.#low = exacts(entries);
    this.#high = exacts(entries);
    this.#filled = new Uint8Array(entries);
  }

  /** What the values from `at` on, one entry at most, may be besides. */
  put(at: number, low: Exact, high: Exact): void {
    const entry = Math.floor(at / this.run);
    const isFirst = this.#filled[entry] === 0;
    this.#filled[entry] = 1;
    if (isFirst || low < this.#low[entry]) this.#low[entry] = low;
    if (isFirst || high > this.#high[entry]) this.#high[entry] = high;
  }

  interval(): TensorInterval {
    return { low: this.#low, high: this.#high, run: this.run };
  }
}

/** Σ factor · value over intervals; the sizes of all products are added up too, so that sums in any order are exact. */
export class BoundedSum {
  #low: Exact;
  #high: Exact;
  #magnitude: Exact;

  constructor(constant: Exact) {
    this.#low = constant;
    this.#high = constant;
    this.#magnitude = size(constant);
  }

  /** @throws IntegerProgramError INTEGER_TOO_WIDE */
  add(factor: Operand, low: Exact, high: Exact): void {
    const atLow = times(factor, low);
    const atHigh = times(factor, high);
    this.#magnitude = plus(this.#magnitude, larger(size(atLow), size(atHigh)));
    this.#low = plus(this.#low, smaller(atLow, atHigh));
    this.#high = plus(this.#high, larger(atLow, atHigh));
  }

  get bounds(): Bounds {
    return [this.#low, this.#high];
  }
}

/** What products of two numbers may be, each within its bounds. @throws IntegerProgramError INTEGER_TOO_WIDE */
export function productBounds([a, b]: Bounds, [c, d]: Bounds): Bounds {
  const corners = [times(a, c), times(a, d), times(b, c), times(b, d)];
  return [corners.reduce(smaller), corners.reduce(larger)];
}

/**
 * The interval of a node whose output may declare a range: it must hold all that the node can give.
 * @throws IntegerProgramError INTEGER_RANGE
 */
export function inRange(
  { name, output }: { readonly name: string; readonly output: number },
  tensors: readonly ProgramTensor[],
  interval: TensorInterval,
): TensorInterval {
  const { range } = tensors[output];
  if (range === undefined) return interval;
  const bounds = boundsOf(range);
  const { low, high } = interval;
  const entry = low.findIndex((least, e) => least < bounds.low || high[e] > bounds.high);
  if (entry < 0) return interval;
  throw new IntegerProgramError(
    'INTEGER_RANGE',
    `${name}: its range is ${bounds.low} … ${bounds.high}, channel ${entry} can be ${low[entry]} … ${high[entry]}`,
    { hint: 'Declare more bits, or rescale the result.' },
  );
}
