import { convolutionOf, countsPadding, poolOf, type OnnxNode, type Windows } from '../../onnx/index.ts';
import type { Windows as PlaneWindows } from '../../integer/windows.ts';
import { unsupported, type Lower, type Lowering } from './lowering.ts';

/** Operators that slide a window. */
export const windowOperators: Readonly<Record<string, Lower>> = {
  Conv: conv,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: averagePool,
};

function conv(lowering: Lowering, node: OnnxNode): void {
  const weights = lowering.constant(node, 1, 'weights');
  const { groups, ...windows } = convolutionOf(node, lowering.typeOf(node.inputs[0]), weights.shape);
  const input = lowering.input(node, 0);
  lowering.emit({
    kind: 'conv',
    name: node.name,
    input,
    output: lowering.output(node),
    weights: Float64Array.from(weights.data, Number),
    bias: lowering.bias(node, 2, weights.shape[0]),
    ...planeOf(node, windows),
    groups,
  });
}

function maxPool(lowering: Lowering, node: OnnxNode): void {
  const windows = planeOf(node, poolOf(node, lowering.typeOf(node.inputs[0])));
  const { kernel, pads } = windows;
  if ([0, 1].some((axis) => pads[axis] >= kernel[axis] || pads[axis + 2] >= kernel[axis])) {
    throw unsupported(node, `padding [${pads.join(', ')}] as large as the window ${kernel.join('×')}`);
  }
  const input = lowering.input(node, 0);
  lowering.emit({ kind: 'max-pool', name: node.name, input, output: lowering.output(node), ...windows });
}

function averagePool(lowering: Lowering, node: OnnxNode): void {
  const shape = lowering.typeOf(node.inputs[0]);
  const windows =
    node.operator === 'AveragePool'
      ? planeOf(node, poolOf(node, shape))
      : planeOf(node, {
          kernel: shape.slice(2),
          strides: shape.slice(2).map(() => 1),
          dilations: shape.slice(2).map(() => 1),
          pads: shape.slice(2).flatMap(() => [0, 0]),
          output: shape.slice(2).map(() => 1),
        });
  if (windows.pads.some((pad) => pad > 0) && !countsPadding(node)) {
    throw unsupported(
      node,
      'padding that does not count (count_include_pad = 0): its divisor changes at the edge',
    );
  }
  const channels = shape[1];
  const area = windows.kernel[0] * windows.kernel[1];
  const input = lowering.input(node, 0);
  lowering.emit({
    kind: 'conv',
    name: node.name,
    input,
    output: lowering.output(node),
    weights: new Float64Array(channels * area).fill(1 / area),
    bias: new Float64Array(channels),
    ...windows,
    groups: channels,
  });
}

function planeOf(node: OnnxNode, { kernel, strides, dilations, pads }: Windows): PlaneWindows {
  if (kernel.length !== 2) {
    throw unsupported(node, `${kernel.length} spatial dimensions, only 2 are provable`);
  }
  type Pair = PlaneWindows['kernel'];
  return {
    kernel: kernel as Pair,
    strides: strides as Pair,
    dilations: dilations as Pair,
    pads: pads as PlaneWindows['pads'],
  };
}
