import { IntegerProgramError } from './errors.ts';

declare const checked: unique symbol;

/**
 * An integer that nothing has rounded: within ±(2^53 − 1), where every integer is a double of its own. Only the functions
 * of this module make one, and each checks its result. What `+`, `−`, `·` make of two is a plain number, which no circuit,
 * interval or witness takes; a lint rule (eslint/exact-arithmetic.js) says so where it stands.
 */
export type Exact = number & { readonly [checked]: true };

/** Also the numbers that anybody sees to be exact. */
export type Operand = Exact | -1 | 0 | 1 | 2;

/** Many of them, in an array of doubles. */
export interface Exacts extends Iterable<Exact> {
  readonly length: number;
  readonly [index: number]: Exact;
  map(of: (value: Exact, index: number) => Exact): Exacts;
  forEach(visit: (value: Exact, index: number) => void): void;
  reduce<T>(join: (sum: T, value: Exact) => T, first: T): T;
  findIndex(is: (value: Exact, index: number) => boolean): number;
  slice(start?: number, end?: number): Exacts;
  subarray(start: number, end: number): Exacts;
}

/** The same while they are worked out. */
export interface WritableExacts extends Exacts {
  [index: number]: Exact;
  fill(value: Exact): this;
  set(from: Exacts, at?: number): void;
  copyWithin(to: number, start: number, end: number): this;
}

const MOST = Number.MAX_SAFE_INTEGER;

/** @throws IntegerProgramError INTEGER_TOO_WIDE: no integer, or one that is not exact in a double */
export function exact(value: number): Exact {
  if (!Number.isSafeInteger(value)) throw tooWide(value);
  return (value + 0) as Exact;
}

/** So many zeros to write on. */
export function exacts(length: number): WritableExacts {
  return new Float64Array(length) as unknown as WritableExacts;
}

/** @throws IntegerProgramError INTEGER_TOO_WIDE: one of them is not */
export function exactsOf(values: Float64Array): Exacts {
  for (let i = 0; i < values.length; i++) if (!Number.isSafeInteger(values[i])) throw tooWide(values[i]);
  return values as unknown as Exacts;
}

/** Integers of 32 bits are exact as they are. */
export function ints(values: Int32Array): Exacts {
  return values as unknown as Exacts;
}

/**
 * Constants of 32 bits, as weights, factors and tables are: an Int32Array alone would wrap around.
 * @throws IntegerProgramError INTEGER_TOO_WIDE
 */
export function int32s(values: ArrayLike<number>): Int32Array {
  const held = Int32Array.from(values);
  for (let i = 0; i < held.length; i++) {
    if (held[i] === values[i]) continue;
    throw new IntegerProgramError(
      'INTEGER_TOO_WIDE',
      `expected an integer constant of 32 bits, got ${values[i]}`,
      { hint: 'Use fewer bits for the weights or the activations.' },
    );
  }
  return held;
}

// Of two exact operands a result within ±(2^53 − 1) was not rounded: the true one is at least 2^53 in size wherever the
// rounded one is, for rounding keeps order and 2^53 is a double. Adding 0 turns −0, which is no integer, into 0.

/** @throws IntegerProgramError INTEGER_TOO_WIDE */
export function plus(left: Operand, right: Operand): Exact {
  return within(left + right);
}

/** @throws IntegerProgramError INTEGER_TOO_WIDE */
export function minus(left: Operand, right: Operand): Exact {
  return within(left - right);
}

/** @throws IntegerProgramError INTEGER_TOO_WIDE */
export function times(left: Operand, right: Operand): Exact {
  return within(left * right);
}

/**
 * Bounds of constant + Σ factor · value over `count` factors from `firstFactor` on and values within the bounds from `first` on.
 * Sizes of the products are added up too. They only grow, so where their sum ends within ±(2^53 − 1) no number on the way passed it,
 * whatever the order, and none was rounded.
 * @throws IntegerProgramError INTEGER_TOO_WIDE
 */
export function boundsOfSum(
  constant: Exact,
  {
    factors,
    firstFactor,
    count,
  }: { readonly factors: Exacts; readonly firstFactor: number; readonly count: number },
  { low, high, first }: { readonly low: Exacts; readonly high: Exacts; readonly first: number },
): readonly [low: Exact, high: Exact] {
  let [least, most, magnitude]: number[] = [constant, constant, Math.abs(constant)];
  for (let i = 0; i < count; i++) {
    const factor = factors[firstFactor + i];
    const atLow = factor * low[first + i];
    const atHigh = factor * high[first + i];
    least += factor < 0 ? atHigh : atLow;
    most += factor < 0 ? atLow : atHigh;
    magnitude += Math.max(Math.abs(atLow), Math.abs(atHigh));
  }
  within(magnitude);
  return [within(least), within(most)];
}

/** left − right, undefined where that is too wide for a double. */
export function difference(left: Operand, right: Operand): Exact | undefined {
  const result = left - right;
  return result >= -MOST && result <= MOST ? ((result + 0) as Exact) : undefined;
}

/** 2^bits. @throws IntegerProgramError INTEGER_TOO_WIDE: past 2^52 */
export function power(bits: number): Exact {
  return within(2 ** bits);
}

export function negated(value: Operand): Exact {
  return (0 - value) as Exact;
}

export function size(value: Operand): Exact {
  return Math.abs(value) as Exact;
}

export function smaller(left: Operand, right: Operand): Exact {
  return (left < right ? left : right) as Exact;
}

export function larger(left: Operand, right: Operand): Exact {
  return (left > right ? left : right) as Exact;
}

/** value · 2^bits. @throws IntegerProgramError INTEGER_TOO_WIDE */
export function shifted(value: Operand, bits: number): Exact {
  return within(value * 2 ** bits);
}

/** ⌊value / 2^bits⌋: a power of two changes no digit of a double, and so the floor is that of the quotient itself. */
export function floorShifted(value: Operand, bits: number): Exact {
  return (Math.floor(value * 2 ** -bits) + 0) as Exact;
}

/**
 * What {@link floorShifted} leaves, in [0, 2^bits): both sides of the difference are doubles.
 * @throws IntegerProgramError INTEGER_TOO_WIDE: past 53 bits of a negative integer
 */
export function lowBits(value: Operand, bits: number): Exact {
  return within(value - floorShifted(value, bits) * 2 ** bits);
}

/** Bits of an integer that is not below zero; 0 for 0. */
export function bitsOf(value: Operand): number {
  const upper = Math.floor(value / 2 ** 32);
  return upper > 0 ? 64 - Math.clz32(upper) : 32 - Math.clz32(value);
}

/** An integer of any size as a number. @throws IntegerProgramError INTEGER_TOO_WIDE */
export function narrowed(value: bigint): Exact {
  return exact(Number(value));
}

/** What a shortcut asks for: undefined where some number on the way is too wide, so that it can't be taken. */
export function ifExact<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof IntegerProgramError && error.code === 'INTEGER_TOO_WIDE') return undefined;
    throw error;
  }
}

function within(result: number): Exact {
  if (result >= -MOST && result <= MOST) return (result + 0) as Exact;
  throw tooWide(result);
}

function tooWide(value: number): IntegerProgramError {
  return new IntegerProgramError(
    'INTEGER_TOO_WIDE',
    `expected an integer within ±${MOST}, where doubles are exact, got about ${value}`,
    { hint: 'Use fewer bits for the weights or the activations, or a smaller bias.' },
  );
}
