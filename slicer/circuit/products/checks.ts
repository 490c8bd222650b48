import { matmulSizes } from '../../integer/nodes/matmul.ts';
import type { ConvNode, GemmNode, IntegerProgram, MatmulNode } from '../../integer/program.ts';
import type { CheckForm, CheckMachine } from './machine.ts';
import type { CheckedMatrices } from './matrices.ts';
import { checkMatrices, chooseMatrixSlots } from './matrices.ts';
import type { Powers } from './powers.ts';
import type { CheckedWindows } from './windows.ts';
import { checkWindows, chooseWindowSlots } from './windows.ts';

/** Operators whose results can be checked instead of stated. */
export type CheckedNode = ConvNode | GemmNode | MatmulNode;

/** What makes the accumulators of one operator: the same description for all machines. */
export interface OperatorCheck {
  /** C terms of the rows that would state the operator's results. */
  readonly directTerms: number;
  /** Writes the check against accumulators that have `scale` times the operator's results in them. */
  run<F extends CheckForm>(
    machine: CheckMachine<F>,
    powers: Powers<F>,
    accumulator: (index: number) => F,
    scale: bigint,
  ): void;
}

/**
 * The check of an operator whose result's places are ranged or not as `isLive` says.
 * @param bits that one accumulator takes of a number's digits, `slots` such in a number
 * @returns undefined where the live places are not whole channels
 */
export function operatorCheck(
  program: IntegerProgram,
  node: CheckedNode,
  isLive: (index: number) => boolean,
  bits: number,
  slots: number,
): OperatorCheck | undefined {
  if (node.kind === 'matmul') return matrixCheck(program, node, isLive, bits, slots);
  const parts = node.kind === 'conv' ? convParts(program, node) : [gemmPart(program, node)];
  const checked: CheckedWindows[] = [];
  for (const { filters, ...part } of parts) {
    const live: number[] = [];
    for (const filter of filters) {
      const share = liveShare(part, filter, isLive);
      if (share === 'mixed') return undefined;
      if (share === 'live') live.push(filter);
    }
    if (live.length > 0) checked.push({ ...part, filters: live });
  }
  const chosen = checked.map((windows) => ({ windows, slots: chooseWindowSlots(windows, slots) }));
  return {
    directTerms: checked.reduce((sum, { channels, filters, axes: [rows, columns] }) => {
      const equations = rows.outputs * columns.outputs * Math.ceil(filters.length / slots);
      return sum + equations * channels * rows.taps * columns.taps;
    }, 0),
    run: (machine, powers, accumulator, scale) => {
      for (const part of chosen)
        checkWindows(machine, powers, part.windows, part.slots, bits, accumulator, scale);
    },
  };
}

function liveShare(
  { axes, output }: Pick<CheckedWindows, 'axes' | 'output'>,
  filter: number,
  isLive: (index: number) => boolean,
): 'live' | 'dead' | 'mixed' {
  const first = isLive(output(filter, 0, 0));
  for (let row = 0; row < axes[0].outputs; row++) {
    for (let column = 0; column < axes[1].outputs; column++) {
      if (isLive(output(filter, row, column)) !== first) return 'mixed';
    }
  }
  return first ? 'live' : 'dead';
}

/** One part for each matrix of the result; each is ranged as a whole or not at all. */
function matrixCheck(
  { tensors }: IntegerProgram,
  node: MatmulNode,
  isLive: (index: number) => boolean,
  bits: number,
  slots: number,
): OperatorCheck | undefined {
  const { batch, height, inner, width } = matmulSizes(node, tensors);
  const checked: CheckedMatrices[] = [];
  for (let matrix = 0; matrix < batch; matrix++) {
    const first = matrix * height * width;
    const live = Array.from({ length: height * width }, (_, entry) => isLive(first + entry));
    if (live.some((entry) => entry !== live[0])) return undefined;
    if (!live[0]) continue;
    checked.push({
      height,
      inner,
      width,
      tensors: node.inputs,
      left: (row, k) => (matrix * height + row) * inner + k,
      right: (k, column) => (matrix * inner + k) * width + column,
      output: (row, column) => first + row * width + column,
    });
  }
  const chosen = checked.map((matrices) => ({ matrices, slots: chooseMatrixSlots(matrices, slots) }));
  return {
    directTerms: 0,
    run: (machine, powers, accumulator, scale) => {
      for (const part of chosen)
        checkMatrices(machine, powers, part.matrices, part.slots, bits, accumulator, scale);
    },
  };
}

/** One part for each sample and group. */
function convParts({ tensors }: IntegerProgram, node: ConvNode): CheckedWindows[] {
  const [batch, channels, height, width] = tensors[node.input].shape;
  const [, filters, outHeight, outWidth] = tensors[node.output].shape;
  const { kernel, strides, pads, dilations, groups, weights, bias } = node;
  const perGroup = channels / groups;
  const filtersPerGroup = filters / groups;
  const area = kernel[0] * kernel[1];
  const axis = (index: 0 | 1): CheckedWindows['axes'][0] => ({
    inputs: index === 0 ? height : width,
    outputs: index === 0 ? outHeight : outWidth,
    taps: kernel[index],
    stride: strides[index],
    dilation: dilations[index],
    pad: pads[index],
  });
  return Array.from({ length: batch * groups }, (_, part): CheckedWindows => {
    const sample = Math.floor(part / groups);
    const firstChannel = sample * channels + (part % groups) * perGroup;
    const firstFilter = (part % groups) * filtersPerGroup;
    return {
      channels: perGroup,
      filters: Array.from({ length: filtersPerGroup }, (_, i) => firstFilter + i),
      axes: [axis(0), axis(1)],
      weight: (filter, channel, tap) => weights[(filter * perGroup + channel) * area + tap],
      bias: (filter) => bias[filter],
      tensor: node.input,
      input: (channel, row, column) => ((firstChannel + channel) * height + row) * width + column,
      output: (filter, row, column) => ((sample * filters + filter) * outHeight + row) * outWidth + column,
    };
  });
}

/** A product by a constant matrix is a 1×1 convolution whose positions are the input's rows. */
function gemmPart({ tensors }: IntegerProgram, { input, weights, bias }: GemmNode): CheckedWindows {
  const outputs = bias.length;
  const inputs = weights.length / outputs;
  const rows = tensors[input].shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const single = { inputs: 1, outputs: 1, taps: 1, stride: 1, dilation: 1, pad: 0 };
  return {
    channels: inputs,
    filters: Array.from({ length: outputs }, (_, filter) => filter),
    axes: [{ ...single, inputs: rows, outputs: rows }, single],
    weight: (filter, channel) => weights[filter * inputs + channel],
    bias: (filter) => bias[filter],
    tensor: input,
    input: (channel, row) => row * inputs + channel,
    output: (filter, row) => row * outputs + filter,
  };
}
