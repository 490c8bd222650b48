import { convolutionOf, gemmOf, orderIndices, type ElementType, type OnnxNode } from '../../onnx/index.ts';
import type { OnnxTensor } from '../../onnx/index.ts';
import { sizeOf } from '../../integer/program.ts';
import type { Windows } from '../../integer/windows.ts';
import { LIMITS } from './integers.ts';
import { unsupported, type Lower, type Lowering } from './lowering.ts';
import { outputShape } from './operand.ts';
import { planeOf, planeShape, planeWindows } from './plane.ts';
import { realsOf } from './spread.ts';

/** Operators on integers with scales of their own: the integers that a quantised model has are those of the program. */
export const quantisedOperators: Readonly<Record<string, Lower>> = {
  ConvInteger: (lowering, node) => finishInteger(lowering, node, convolved),
  DequantizeLinear: dequantize,
  MatMulInteger: (lowering, node) => finishInteger(lowering, node, multiplied),
  QLinearConv: (lowering, node) => finishLinear(lowering, node, convolved),
  QLinearMatMul: (lowering, node) => finishLinear(lowering, node, multiplied),
  QuantizeLinear: quantize,
};

/** The constant of a scale or zero, and whether it is one for all. */
function constantAt(lowering: Lowering, node: OnnxNode, index: number, otherwise: number): Float64Array {
  if (!node.inputs[index]) return Float64Array.of(otherwise);
  return realsOf(lowering.constant(node, index, 'a scale')).data;
}

function numberAt(lowering: Lowering, node: OnnxNode, index: number, otherwise: number): number {
  const values = constantAt(lowering, node, index, otherwise);
  if (values.some((value) => value !== values[0])) throw unsupported(node, 'a scale for each channel');
  return values[0];
}

/** A tensor of integers less the one that stands for 0. */
function centred(lowering: Lowering, name: string, input: number, zero: number): number {
  if (zero === 0) return input;
  const shape = lowering.shapeOf(input);
  const output = lowering.tensor(`${name}/centred`, shape);
  const values = new Float64Array(sizeOf(shape)).fill(-zero);
  lowering.emit({ kind: 'offset', name: `${name}/centred`, input, output, values });
  return output;
}

function dequantize(lowering: Lowering, node: OnnxNode): void {
  const [unit, zero] = [numberAt(lowering, node, 1, 1), numberAt(lowering, node, 2, 0)];
  if (!(unit > 0)) throw unsupported(node, 'a scale that is not above zero');
  const input = centred(lowering, node.name, lowering.input(node), zero);
  lowering.emit({ kind: 'units', name: node.name, input, output: lowering.output(node), unit });
}

/** Where a result of integers goes: one scale, one zero, bounds of its type. */
interface Target {
  readonly unit: number;
  readonly zero: number;
  readonly type: ElementType;
  /** Of what it stands for: ReLU and Clip before it. */
  readonly clamp?: readonly [low: number, high: number];
}

function targetOf(lowering: Lowering, node: OnnxNode, unit: number, zero: number): Target {
  const type = lowering.graph.tensors.get(node.outputs[0])?.type ?? 'uint8';
  return {
    unit: numberAt(lowering, node, unit, 1),
    zero: numberAt(lowering, node, zero, 0),
    type,
  };
}

function quantize(lowering: Lowering, node: OnnxNode): void {
  toLevels(lowering, node, lowering.input(node), {
    target: targetOf(lowering, node, 1, 2),
    units: Float64Array.of(1),
    offsets: Float64Array.of(0),
    run: 1,
  });
}

interface Counted {
  readonly target: Target;
  /** What an integer of each channel stands for, and what is added to it. */
  readonly units: Float64Array;
  readonly offsets: Float64Array;
  readonly run: number;
  readonly single?: true;
}

/** Writes a node's output as the integers that a tensor is to be counted in. */
export function toLevels(
  lowering: Lowering,
  node: OnnxNode,
  input: number,
  { target, units, offsets, run, single }: Counted,
): void {
  const { unit, zero, type, clamp = [-Infinity, Infinity] } = target;
  const limits = LIMITS[type];
  if (limits.high - limits.low >= 2 ** 8) throw unsupported(node, `integers of the type ${type}`);
  if (!(unit > 0) || units.some((value) => !(value > 0))) throw unsupported(node, 'such scales');
  const bound = (value: number): number =>
    Math.min(limits.high, Math.max(limits.low, Math.round(value / unit) + zero));
  const factor = (value: number): number =>
    single ? Math.fround(Math.fround(value) / Math.fround(unit)) : value / unit;
  const output = lowering.tensor(`${node.name}/levels`, lowering.shapeOf(input), type);
  lowering.emit({
    kind: 'levels',
    name: node.name,
    input,
    output,
    run,
    factors: units.map(factor),
    offsets: single ? offsets : offsets.map((value) => value / unit),
    zero,
    low: bound(clamp[0]),
    high: bound(clamp[1]),
    ...(single ? { single } : {}),
  });
  lowering.finishAs(node, output);
}

/** Integers times integers that the model knows. */
interface Product {
  readonly input: number;
  readonly zero: number;
  /** As the file has them, less their zeros. */
  readonly weights: OnnxTensor;
  readonly weightZeros: Float64Array;
}

/** A product's accumulators, and how its channels lie in them. */
interface Accumulators {
  readonly tensor: number;
  readonly channels: number;
  readonly run: number;
}

type Multiply = (lowering: Lowering, node: OnnxNode, product: Product) => Accumulators;

export function convolved(lowering: Lowering, node: OnnxNode, product: Product): Accumulators {
  const { input, weights, zero, weightZeros } = product;
  const shape = lowering.shapeOf(input);
  const { groups, ...windows } = convolutionOf(node, shape, weights.shape);
  const [filters] = weights.shape;
  const taps = weights.data.length / filters;
  const result = planeShape([shape[0], filters, ...windows.output]);
  const tensor = lowering.tensor(`${node.name}/accumulators`, result);
  const plane = planeWindows(node, windows);
  const image = planeOf(lowering, node.name, input);
  const values = Float64Array.from(
    weights.data as ArrayLike<number | bigint>,
    (value, i) => Number(value) - weightZeros[Math.floor(i / taps) % weightZeros.length],
  );
  lowering.emit({
    kind: 'conv',
    name: `${node.name}/accumulators`,
    input: zero === 0 ? image : padded(lowering, `${node.name}/padded`, image, plane.pads, zero),
    output: tensor,
    weights: values,
    bias: withoutZero(values, taps, zero),
    ...plane,
    pads: zero === 0 ? plane.pads : [0, 0, 0, 0],
    groups,
    whole: true,
  });
  return { tensor, channels: filters, run: sizeOf(result.slice(2)) };
}

/** What a product of q is to be added so that it is one of q − zero. */
function withoutZero(weights: Float64Array, taps: number, zero: number): Float64Array {
  const bias = new Float64Array(weights.length / taps);
  weights.forEach((weight, i) => (bias[Math.floor(i / taps)] -= zero * weight));
  return bias.map((value) => value + 0);
}

/** An image with what stands for 0 around it. */
function padded(
  lowering: Lowering,
  name: string,
  image: number,
  [top, left, bottom, right]: Windows['pads'],
  zero: number,
): number {
  const [batch, channels, height, width] = lowering.shapeOf(image);
  const [rows, columns] = [height + top + bottom, width + left + right];
  const indices = Int32Array.from({ length: batch * channels * rows * columns }, (_, i) => {
    const [y, x] = [(Math.floor(i / columns) % rows) - top, (i % columns) - left];
    if (y < 0 || y >= height || x < 0 || x >= width) return -1;
    return (Math.floor(i / (rows * columns)) * height + y) * width + x;
  });
  return lowering.gathered(name, image, [batch, channels, rows, columns], indices, zero);
}

export function multiplied(lowering: Lowering, node: OnnxNode, product: Product): Accumulators {
  const { input, weights, zero, weightZeros } = product;
  if (weights.shape.length !== 2) throw unsupported(node, 'a batch of constant matrices');
  const turned = node.operator === 'Gemm' && gemmOf(node).transposeB;
  const [inner, columns] = turned ? weights.shape.toReversed() : weights.shape;
  const order = turned
    ? Int32Array.from({ length: weights.data.length }, (_, i) => i)
    : orderIndices(weights.shape, [1, 0]);
  const rows = sizeOf(lowering.shapeOf(input)) / inner;
  const tensor = lowering.tensor(`${node.name}/accumulators`, [rows, columns]);
  const values = Float64Array.from(
    order,
    (from, i) => Number(weights.data[from]) - weightZeros[Math.floor(i / inner) % weightZeros.length],
  );
  lowering.emit({
    kind: 'gemm',
    name: `${node.name}/accumulators`,
    input: lowering.reshaped(`${node.name}/rows`, input, [rows, inner]),
    output: tensor,
    weights: values,
    bias: withoutZero(values, inner, zero),
    whole: true,
  });
  return { tensor, channels: columns, run: 1 };
}

/** Sums of products as they are. */
function finishInteger(lowering: Lowering, node: OnnxNode, multiply: Multiply): void {
  const { tensor } = multiply(lowering, node, {
    input: lowering.input(node),
    weights: lowering.constant(node, 1, 'weights'),
    zero: numberAt(lowering, node, 2, 0),
    weightZeros: constantAt(lowering, node, 3, 0),
  });
  lowering.finishAs(node, lowering.reshaped(`${node.name}/shaped`, tensor, outputShape(lowering, node)));
}

function finishLinear(lowering: Lowering, node: OnnxNode, multiply: Multiply): void {
  const { tensor, channels, run } = multiply(lowering, node, {
    input: lowering.input(node),
    weights: lowering.constant(node, 3, 'weights'),
    zero: numberAt(lowering, node, 2, 0),
    weightZeros: constantAt(lowering, node, 5, 0),
  });
  const unit = numberAt(lowering, node, 1, 1);
  const scales = constantAt(lowering, node, 4, 1);
  const bias = constantAt(lowering, node, 8, 0);
  toLevels(lowering, node, tensor, {
    target: targetOf(lowering, node, 6, 7),
    units: Float64Array.from({ length: channels }, (_, c) => Math.fround(unit * scales[c % scales.length])),
    offsets: Float64Array.from({ length: channels }, (_, c) => bias[c % bias.length]),
    run,
    single: true,
  });
}
