import { tapBounds, type TensorInterval } from '../integer/intervals.ts';
import {
  sizeOf,
  type ConvNode,
  type GemmNode,
  type IntegerProgram,
  type ProgramNode,
} from '../integer/program.ts';

/** Integers of magnitude below this, and sums that stay below, are exact in float32. */
export const FLOAT32_EXACT = 2 ** 24;

/**
 * How far a node's arithmetic may go from zero in any order of adding: Σ |weight| · max |x| + |bias| of a
 * linear operator, the half included that a rescale adds. Nodes that only move or compare values: 0.
 */
export function reachOf(
  program: IntegerProgram,
  node: ProgramNode,
  intervals: readonly TensorInterval[],
): number {
  switch (node.kind) {
    case 'conv':
    case 'gemm':
      return Math.max(
        ...tapReach(program, node, intervals).map((taps, o) => sum(taps) + Math.abs(node.bias[o])),
      );
    case 'add':
      return node.inputs.reduce((total, id, i) => total + largest(intervals[id]) * 2 ** node.shifts[i], 0);
    case 'rescale':
      return largest(intervals[node.input]) + (node.shift === 0 ? 0 : 2 ** (node.shift - 1));
    case 'max-pool':
    case 'reshape':
    case 'concat':
      return 0;
  }
}

/** |weight| · max |x| of every tap of a linear operator, by output channel. */
export function tapReach(
  program: IntegerProgram,
  node: ConvNode | GemmNode,
  intervals: readonly TensorInterval[],
): readonly Float64Array[] {
  const input = intervals[node.input];
  const filters = node.bias.length;
  const taps = node.weights.length / filters;
  const reach = (channel: number): number => {
    const { low, high } = node.kind === 'conv' ? tapBounds(node, input, channel) : bounds(input, channel);
    return Math.max(-low, high);
  };
  const area = node.kind === 'conv' ? sizeOf(node.kernel) : 1;
  const perGroup = taps / area;
  const groups = node.kind === 'conv' ? node.groups : 1;
  const inputs = Float64Array.from({ length: program.tensors[node.input].shape[1] }, (_, channel) =>
    reach(channel),
  );
  return Array.from({ length: filters }, (_, filter) => {
    const firstChannel = Math.floor((filter * groups) / filters) * perGroup;
    return Float64Array.from(
      { length: taps },
      (_, tap) => Math.abs(node.weights[filter * taps + tap]) * inputs[firstChannel + Math.floor(tap / area)],
    );
  });
}

/** The largest magnitude that a tensor may hold. */
export function largest({ low, high }: TensorInterval): number {
  let most = 0;
  for (let e = 0; e < low.length; e++) most = Math.max(most, -low[e], high[e]);
  return most;
}

function bounds(
  { low, high }: TensorInterval,
  entry: number,
): { readonly low: number; readonly high: number } {
  return { low: low[entry], high: high[entry] };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
