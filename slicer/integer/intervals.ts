import type { TensorInterval } from './interval.ts';
import { layoutOf } from './interval.ts';
import { kindOf } from './nodes/index.ts';
import type { IntegerProgram } from './program.ts';
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
  for (const index of program.inputs) {
    const { low, high } = boundsOf(rangeOf(program.tensors[index]));
    const { entries, run } = layoutOf(program.tensors[index].shape);
    intervals[index] = {
      low: new Float64Array(entries).fill(low),
      high: new Float64Array(entries).fill(high),
      run,
    };
  }
  for (const node of program.nodes) {
    intervals[node.output] = kindOf(node).interval(node, program.tensors, intervals);
  }
  return intervals;
}
