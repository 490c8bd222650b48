import { IntegerProgramError } from './errors.ts';
import { boundsOf, sizeOf, type ProgramTensor } from './tensor.ts';

/**
 * What the values of one tensor may be. Entry e bounds the `run` consecutive values from e · run on, both
 * ends included: one entry a channel (dimensions 0 and 1 of the shape together), so one a value for [1, I].
 */
export interface TensorInterval {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly run: number;
}

/** How many channels a shape has, and how many consecutive values are in one. */
export function layoutOf(shape: readonly number[]): { readonly entries: number; readonly run: number } {
  return { entries: sizeOf(shape.slice(0, 2)), run: sizeOf(shape.slice(2)) };
}

/** An interval of a shape that nothing has been put in yet: the empty one, from +∞ to −∞, in each entry. */
export function emptyInterval(shape: readonly number[]): TensorInterval {
  const { entries, run } = layoutOf(shape);
  return {
    low: new Float64Array(entries).fill(Infinity),
    high: new Float64Array(entries).fill(-Infinity),
    run,
  };
}

/** Σ factor · value over intervals, with a guard that keeps every partial sum exact in a float64. */
export class BoundedSum {
  #low: number;
  #high: number;
  #magnitude: number;

  constructor(constant: number) {
    this.#low = constant;
    this.#high = constant;
    this.#magnitude = Math.abs(constant);
  }

  add(factor: number, low: number, high: number): void {
    const atLow = factor * low;
    const atHigh = factor * high;
    this.#low += Math.min(atLow, atHigh);
    this.#high += Math.max(atLow, atHigh);
    this.#magnitude += Math.max(Math.abs(atLow), Math.abs(atHigh));
  }

  /** @throws IntegerProgramError INTEGER_TOO_WIDE */
  checked(node: string, entry: number): readonly [number, number] {
    // Sums of rounded non-negative terms never round below the limit when the exact sum is above it.
    checkMagnitude(node, entry, this.#magnitude);
    return [this.#low, this.#high];
  }
}

/** @throws IntegerProgramError INTEGER_TOO_WIDE: integers of this size are not all exact in a float64 */
export function checkMagnitude(node: string, entry: number, magnitude: number): void {
  if (magnitude <= Number.MAX_SAFE_INTEGER) return;
  throw new IntegerProgramError(
    'INTEGER_TOO_WIDE',
    `${node}: channel ${entry} can reach ${magnitude}, past ${Number.MAX_SAFE_INTEGER}`,
    { hint: 'Use fewer bits for the weights or the activations of this operator.', details: { node, entry } },
  );
}

/** What products of two numbers may be, each within its bounds. */
export function productBounds(
  left: readonly [number, number],
  right: readonly [number, number],
): readonly [number, number] {
  const corners = left.flatMap((l) => right.map((r) => l * r + 0));
  return [Math.min(...corners), Math.max(...corners)];
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
