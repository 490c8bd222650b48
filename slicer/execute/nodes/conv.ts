import { size } from '../../integer/exact.ts';
import { tapBounds } from '../../integer/nodes/conv.ts';
import { sizeOf, type ConvNode } from '../../integer/program.ts';
import type { AttributeValue } from '../../onnx/index.ts';
import { ExecuteError } from '../errors.ts';
import type { GraphWriter, Value } from '../graph-writer.ts';
import { FLOAT32_EXACT, largest, linearReach } from '../precision.ts';
import type { ExecuteKind, ReachContext } from './kind.ts';
import { windowAttributes } from './windows.ts';

export const conv: ExecuteKind<ConvNode> = {
  reach: (node, context) => linearReach(tapReach(node, context), node.bias),
  emit: (writer, node, [input], type) =>
    type === 'float32' ? emitConv(writer, node, input) : emitSplit(writer, node, input),
};

/** |weight| · max |x| of every tap, by output channel. */
function tapReach(node: ConvNode, { program, intervals }: ReachContext): readonly Float64Array[] {
  const filters = node.bias.length;
  const taps = node.weights.length / filters;
  const area = sizeOf(node.kernel);
  const perGroup = taps / area;
  // At least one: a weight stands in the graph also where it only sees zeros.
  const inputs = new Float64Array(program.tensors[node.input].shape[1]).fill(1);
  for (let entry = 0; entry < intervals[node.input].low.length; entry++) {
    const [low, high] = tapBounds(node, intervals[node.input], entry);
    const channel = entry % inputs.length;
    inputs[channel] = Math.max(inputs[channel], size(low), size(high));
  }
  return Array.from({ length: filters }, (_, filter) => {
    const firstChannel = Math.floor((filter * node.groups) / filters) * perGroup;
    return Float64Array.from(
      { length: taps },
      (_, tap) => Math.abs(node.weights[filter * taps + tap]) * inputs[firstChannel + Math.floor(tap / area)],
    );
  });
}

function emitConv(writer: GraphWriter, node: ConvNode, input: Value): void {
  const weights = weightsOf(writer, node, node.name, node.weights);
  const bias = writer.constant(`${node.name}/bias`, 'float32', [node.bias.length], node.bias);
  writer.write(node, 'Conv', [input, weights, bias], convAttributes(node));
}

function emitSplit(writer: GraphWriter, node: ConvNode, input: Value): void {
  const narrow = writer.cast(input, 'float32');
  const taps = node.weights.length / node.bias.length;
  let total = writer.constant(`${node.name}/bias`, 'float64', [1, node.bias.length, 1, 1], node.bias);
  for (const [first, end] of tapRanges(writer, node)) {
    const part = node.weights.map((weight, i) => (i % taps >= first && i % taps < end ? weight : 0));
    const label = `${node.name}/taps${first}`;
    const weights = weightsOf(writer, node, label, part);
    const sum = writer.emit(label, 'Conv', [narrow, weights], 'float32', convAttributes(node));
    total = writer.emit(`${label}/sum`, 'Add', [writer.cast(sum, 'float64'), total], 'float64');
  }
  writer.put(node.output, total);
}

/** Stretches of taps, the same for all filters, whose sums stay exact in float32. */
function tapRanges(writer: GraphWriter, node: ConvNode): readonly (readonly [number, number])[] {
  if (largest(writer.intervals[node.input]) >= FLOAT32_EXACT) throw tooWide(node);
  const reach = tapReach(node, writer);
  const ranges: (readonly [number, number])[] = [];
  const sums = new Float64Array(reach.length);
  let first = 0;
  const taps = reach[0].length;
  for (let tap = 0; tap < taps; tap++) {
    if (reach.some((filter) => filter[tap] >= FLOAT32_EXACT)) throw tooWide(node);
    if (reach.some((filter, o) => sums[o] + filter[tap] >= FLOAT32_EXACT)) {
      ranges.push([first, tap]);
      first = tap;
      sums.fill(0);
    }
    reach.forEach((filter, o) => (sums[o] += filter[tap]));
  }
  return [...ranges, [first, taps]];
}

function weightsOf(writer: GraphWriter, node: ConvNode, label: string, values: Int32Array): Value {
  const inputs = writer.program.tensors[node.input].shape[1] / node.groups;
  const shape = [node.bias.length, inputs, ...node.kernel];
  return writer.constant(`${label}/weights`, 'float32', shape, values);
}

function convAttributes(node: ConvNode): Record<string, AttributeValue> {
  return { ...windowAttributes(node), group: node.groups };
}

function tooWide({ name }: ConvNode): ExecuteError {
  return new ExecuteError(
    'EXECUTE_TOO_WIDE',
    `${name}: one product of weight and input passes 2^24, which a float32 convolution can't hold exactly`,
    { hint: 'Use fewer bits for its weights or its input.' },
  );
}
