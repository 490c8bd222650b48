import { IntegerProgramError } from './errors.ts';
import { uniformInterval, type TensorInterval } from './interval.ts';
import { kindOf } from './nodes/index.ts';
import type { IntegerProgram, ProgramNode, ProgramTensor } from './program.ts';
import { boundsOf, rangeOf } from './tensor.ts';

export type { TensorInterval } from './interval.ts';

/**
 * The interval of every tensor, by tensor index, from the actual constants: at the program's inputs the full
 * range of their bits (never what a producer in another slice could reach), after `rescale` what is left of
 * the accumulator's interval, everywhere else exact interval arithmetic, channel by channel.
 *
 * A convolution with padding counts a padded zero among its input's values.
 *
 * @throws IntegerProgramError PROGRAM_RANGE_MISSING: a program input without a range;
 *   INTEGER_TOO_WIDE: an accumulator, partial sums in any order and rounding included, could pass 2^53 − 1
 */
export function intervalsOf(program: IntegerProgram): readonly TensorInterval[] {
  const intervals: TensorInterval[] = new Array<TensorInterval>(program.tensors.length);
  for (const index of program.inputs) intervals[index] = inputInterval(program.tensors[index]);
  for (const node of program.nodes) intervals[node.output] = intervalOf(node, program.tensors, intervals);
  return intervals;
}

/** All that an input may hold. @throws IntegerProgramError PROGRAM_RANGE_MISSING */
export function inputInterval(tensor: ProgramTensor): TensorInterval {
  const { low, high } = boundsOf(rangeOf(tensor));
  return uniformInterval(tensor.shape, low, high);
}

/**
 * The interval of what a node writes, given those of what it reads.
 * @throws IntegerProgramError see {@link intervalsOf}
 */
export function intervalOf(
  node: ProgramNode,
  tensors: readonly ProgramTensor[],
  intervals: readonly TensorInterval[],
): TensorInterval {
  try {
    return kindOf(node).interval(node, tensors, intervals);
  } catch (error) {
    throw naming(node.name, error);
  }
}

/** Arithmetic knows no nodes: an error of it says here which one it was. */
function naming(node: string, error: unknown): unknown {
  if (!(error instanceof IntegerProgramError) || error.code !== 'INTEGER_TOO_WIDE') return error;
  const { message, hint } = error;
  return new IntegerProgramError('INTEGER_TOO_WIDE', `${node}: ${message}`, {
    hint,
    details: { node },
    cause: error,
  });
}
