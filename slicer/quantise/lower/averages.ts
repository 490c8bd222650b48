import { countsPadding, poolOf, reducedAxesOf, type OnnxNode, type Windows } from '../../onnx/index.ts';
import { sizeOf } from '../../integer/program.ts';
import type { Lower, Lowering } from './lowering.ts';
import { planeOf, planeShape, planeWindows } from './plane.ts';
import { timesMatrix } from './products.ts';
import { wholeWindows } from './windows.ts';

/** Operators that add up or average: products with constants. */
export const averageOperators: Readonly<Record<string, Lower>> = {
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  ReduceMean: (lowering, node) => reduce(lowering, node, (count) => 1 / count),
  ReduceSum: (lowering, node) => reduce(lowering, node, () => 1),
};

/** By dimension and window: how many of its values count. */
function countsOf(
  windows: Windows,
  sizes: readonly number[],
  padding: boolean,
): readonly (readonly number[])[] {
  return sizes.map((size, axis) => {
    const before = windows.pads[axis];
    const [low, high] = padding ? [-before, size + windows.pads[sizes.length + axis]] : [0, size];
    return Array.from({ length: windows.output[axis] }, (_, window) => {
      const start = window * windows.strides[axis] - before;
      const taps = Array.from(
        { length: windows.kernel[axis] },
        (_, k) => start + k * windows.dilations[axis],
      );
      return taps.filter((position) => position >= low && position < high).length;
    });
  });
}

/**
 * A depthwise convolution. Where the number of values that count differs between windows, it has a filter for
 * each divisor, and every window takes the one of its own.
 */
function averagePool(lowering: Lowering, node: OnnxNode): void {
  const input = lowering.input(node);
  const shape = lowering.shapeOf(input);
  const windows = poolOf(node, shape);
  const counts = countsOf(windows, shape.slice(2), countsPadding(node));
  const perWindow = counts.reduce<readonly number[]>(
    (all, axis) => all.flatMap((left) => axis.map((right) => left * right)),
    [1],
  );
  const divisors = [...new Set(perWindow)].toSorted((a, b) => a - b);
  const plane = planeWindows(node, wholeWindows(windows, shape.slice(2)));
  const [batch, channels] = shape;
  const area = plane.kernel[0] * plane.kernel[1];
  const filters = channels * divisors.length;
  const output = lowering.tensor(`${node.name}/image`, planeShape([batch, filters, ...windows.output]));
  lowering.emit({
    kind: 'conv',
    name: node.name,
    input: planeOf(lowering, node.name, input),
    output,
    weights: Float64Array.from(
      { length: filters * area },
      (_, i) => 1 / divisors[Math.floor(i / area) % divisors.length],
    ),
    bias: new Float64Array(filters),
    ...plane,
    groups: channels,
  });
  const positions = perWindow.length;
  const indices = Int32Array.from({ length: batch * channels * positions }, (_, i) => {
    const window = i % positions;
    const filter = Math.floor(i / positions) * divisors.length + divisors.indexOf(perWindow[window]);
    return filter * positions + window;
  });
  const result = [batch, channels, ...windows.output];
  lowering.finishAs(node, lowering.gathered(`${node.name}/windows`, output, result, indices));
}

function globalAveragePool(lowering: Lowering, node: OnnxNode): void {
  const input = lowering.input(node);
  const [batch, channels, ...sizes] = lowering.shapeOf(input);
  const area = sizeOf(sizes);
  const output = lowering.tensor(`${node.name}/image`, [batch, channels, 1, 1]);
  lowering.emit({
    kind: 'conv',
    name: node.name,
    input: lowering.reshaped(`${node.name}/column`, input, [batch, channels, area, 1]),
    output,
    weights: new Float64Array(channels * area).fill(1 / area),
    bias: new Float64Array(channels),
    kernel: [area, 1],
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    dilations: [1, 1],
    groups: channels,
  });
  lowering.finishAs(node, output);
}

/** Over any axes: they go last, and a product with a row of equal weights adds them up. */
function reduce(lowering: Lowering, node: OnnxNode, weightOf: (count: number) => number): void {
  const input = lowering.input(node);
  const shape = lowering.shapeOf(input);
  const axes = reducedAxesOf(lowering.graph, node);
  if (axes.length === 0) return lowering.finishAs(node, input);
  const kept = [...shape.keys()].filter((axis) => !axes.includes(axis));
  const turned = lowering.turned(`${node.name}/turned`, input, [...kept, ...axes]);
  const count = sizeOf(axes.map((axis) => shape[axis]));
  const weights = new Float64Array(count).fill(weightOf(count));
  lowering.finishAs(node, timesMatrix(lowering, node.name, turned, weights, count));
}
