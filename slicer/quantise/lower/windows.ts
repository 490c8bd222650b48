import { convolutionOf, poolOf, transposedOf, type OnnxNode, type Windows } from '../../onnx/index.ts';
import { unsupported, type Lower, type Lowering } from './lowering.ts';
import { planeOf, planeShape, planeWindows } from './plane.ts';
import { spreadImage } from './zero-insertion.ts';

/** Operators that slide a window. */
export const windowOperators: Readonly<Record<string, Lower>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
};

function biasOf(lowering: Lowering, node: OnnxNode, filters: number): Float64Array {
  if (!node.inputs[2]) return new Float64Array(filters);
  return Float64Array.from(lowering.constant(node, 2, 'a bias').data, Number);
}

function conv(lowering: Lowering, node: OnnxNode): void {
  const weights = lowering.constant(node, 1, 'weights');
  const input = lowering.input(node);
  const shape = lowering.shapeOf(input);
  const { groups, ...windows } = convolutionOf(node, shape, weights.shape);
  const plane = planeWindows(node, windows);
  const image = planeOf(lowering, node.name, input);
  const filters = weights.shape[0];
  const output = lowering.tensor(`${node.name}/image`, planeShape([shape[0], filters, ...windows.output]));
  lowering.emit({
    kind: 'conv',
    name: node.name,
    input: image,
    output,
    weights: Float64Array.from(weights.data, Number),
    bias: biasOf(lowering, node, filters),
    ...plane,
    groups,
  });
  lowering.finishAs(node, output);
}

/**
 * The convolution that spreads: zeros between the input's values and around them, then an ordinary
 * convolution with the kernel turned round.
 */
function convTranspose(lowering: Lowering, node: OnnxNode): void {
  const weights = lowering.constant(node, 1, 'weights');
  const given = lowering.input(node);
  const { groups, ...windows } = transposedOf(node, lowering.shapeOf(given), weights.shape);
  const plane = planeWindows(node, windows);
  const { image, pads } = spreadImage(
    lowering,
    node.name,
    planeOf(lowering, node.name, given),
    plane,
    windows.output,
  );
  const [channels, perGroup, ...kernel] = weights.shape;
  const area = kernel.reduce((product, size) => product * size, 1);
  const filters = perGroup * groups;
  const inner = channels / groups;
  // [C, O / groups, …] to [O, C / groups, …], every kernel turned round.
  const turned = new Float64Array(weights.data.length);
  for (let filter = 0; filter < filters; filter++) {
    for (let channel = 0; channel < inner; channel++) {
      const from =
        ((Math.floor(filter / perGroup) * inner + channel) * perGroup + (filter % perGroup)) * area;
      const to = (filter * inner + channel) * area;
      for (let tap = 0; tap < area; tap++) turned[to + tap] = Number(weights.data[from + area - 1 - tap]);
    }
  }
  const [batch] = lowering.shapeOf(image);
  const output = lowering.tensor(`${node.name}/image`, planeShape([batch, filters, ...windows.output]));
  lowering.emit({
    kind: 'conv',
    name: node.name,
    input: image,
    output,
    weights: turned,
    bias: biasOf(lowering, node, filters),
    kernel: plane.kernel,
    strides: [1, 1],
    pads,
    dilations: plane.dilations,
    groups,
  });
  lowering.finishAs(node, output);
}

function maxPool(lowering: Lowering, node: OnnxNode): void {
  const input = lowering.input(node);
  const shape = lowering.shapeOf(input);
  const windows = poolOf(node, shape);
  if (node.outputs.length > 1) throw unsupported(node, 'the place of a maximum');
  const plane = planeWindows(node, wholeWindows(windows, shape.slice(2)));
  const image = planeOf(lowering, node.name, input);
  const output = lowering.tensor(`${node.name}/image`, planeShape([...shape.slice(0, 2), ...windows.output]));
  lowering.emit({ kind: 'max-pool', name: node.name, input: image, output, ...plane });
  lowering.finishAs(node, output);
}

/** The same windows with as much padding at the end as the last of them reaches into (ceil_mode). */
export function wholeWindows(windows: Windows, sizes: readonly number[]): Windows {
  const { kernel, strides, dilations, pads, output } = windows;
  const rank = sizes.length;
  const ends = sizes.map((size, i) => {
    const reach = (output[i] - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1;
    return Math.max(pads[rank + i], reach - size - pads[i]);
  });
  return { ...windows, pads: [...pads.slice(0, rank), ...ends] };
}
