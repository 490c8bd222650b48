import { IntegerProgramError } from './errors.ts';
import { exact, minus, negated, power, type Exact } from './exact.ts';

/** The integers that a tensor may hold: unsigned [0, 2^bits − 1] or signed [−2^(bits−1), 2^(bits−1) − 1]. */
export interface IntegerRange {
  readonly signed: boolean;
  /** 1 … 32. */
  readonly bits: number;
}

/** A tensor of a program, by its index in {@link IntegerProgram.tensors}. */
export interface ProgramTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** real ≈ q · 2^−scale; informative for inner tensors, binding at the model's inputs and outputs. */
  readonly scale: number;
  /** Set for the program's inputs and for the results of `rescale`: what may be committed at a slice's edge. */
  readonly range?: IntegerRange;
}

/** The values of one tensor: integers, exact below 2^53. */
export type TensorValues = Float64Array;

/** The number of values in a tensor of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** The least and the largest integer of a range, both included. */
export function boundsOf({ signed, bits }: IntegerRange): { readonly low: Exact; readonly high: Exact } {
  const values = power(signed ? bits - 1 : bits);
  return { low: signed ? negated(values) : exact(0), high: minus(values, 1) };
}

/**
 * The range of a tensor that must have one: an input, or what a rescale writes.
 * @throws IntegerProgramError PROGRAM_RANGE_MISSING
 */
export function rangeOf({ name, range }: ProgramTensor): IntegerRange {
  if (!range) {
    throw new IntegerProgramError('PROGRAM_RANGE_MISSING', `tensor ${name} has no declared range`, {
      hint: 'Only model inputs and results of rescale may stand at a slice edge.',
    });
  }
  return range;
}
