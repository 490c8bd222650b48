import type { OnnxNode } from '../../onnx/index.ts';
import { broadcastIndices, reducedAxesOf, softmaxOf } from '../../onnx/index.ts';
import { sizeOf } from '../../integer/program.ts';
import { float, functionOf, tableOperators } from './activations.ts';
import { affineOf } from './affine.ts';
import { unsupported, type Lower, type Lowering } from './lowering.ts';
import { operandOf } from './operand.ts';
import { normalised } from './rows.ts';
import { realsOf, scalar } from './spread.ts';

/** Operators that are no sums of products with constants. */
export const nonlinearOperators: Readonly<Record<string, Lower>> = {
  ...Object.fromEntries(tableOperators.map((name) => [name, table])),
  Abs: (lowering, node) => slopes(lowering, node, () => -1),
  ArgMax: argMax,
  Clip: clip,
  GlobalMaxPool: globalMaxPool,
  HardSigmoid: hardSigmoid,
  LayerNormalization: layerNormalization,
  LeakyRelu: (lowering, node) => slopes(lowering, node, () => float(node, 'alpha', 0.01)),
  Max: (lowering, node) => extremes(lowering, node),
  Min: (lowering, node) => extremes(lowering, node, true),
  Pow: power,
  PRelu: prelu,
  ReduceMax: reduceMax,
  ReduceMin: reduceMin,
  Softmax: softmax,
  Sqrt: root,
};

function table(lowering: Lowering, node: OnnxNode): void {
  const of = functionOf(node);
  if (!of) throw unsupported(node, 'this form of it');
  lowering.emit({
    kind: 'function',
    name: node.name,
    input: lowering.input(node),
    output: lowering.output(node),
    of,
  });
}

function root(lowering: Lowering, node: OnnxNode): void {
  lowering.emit({
    kind: 'root',
    name: node.name,
    input: lowering.input(node),
    output: lowering.output(node),
  });
}

/** Squares are products and roots are roots; other powers are tables. */
function power(lowering: Lowering, node: OnnxNode): void {
  const { data } = realsOf(lowering.constant(node, 1, 'an exponent'));
  const [exponent] = data;
  if (data.some((value) => value !== exponent)) throw unsupported(node, 'several exponents');
  const input = lowering.input(node);
  if (exponent === 1) return lowering.finishAs(node, input);
  if (exponent === 0.5) return root(lowering, node);
  const output = lowering.output(node);
  if (exponent === 2) lowering.emit({ kind: 'mul', name: node.name, inputs: [input, input], output });
  else lowering.emit({ kind: 'function', name: node.name, input, output, of: (x) => x ** exponent });
}

function slopes(lowering: Lowering, node: OnnxNode, below: (index: number) => number): void {
  const input = lowering.input(node);
  const count = sizeOf(lowering.shapeOf(input));
  lowering.emit({
    kind: 'slopes',
    name: node.name,
    input,
    output: lowering.output(node),
    slopes: Float64Array.from({ length: count }, (_, i) => below(i)),
  });
}

function prelu(lowering: Lowering, node: OnnxNode): void {
  const { shape, data } = realsOf(lowering.constant(node, 1, 'slopes'));
  const indices = broadcastIndices(shape, lowering.shapeOf(lowering.input(node)));
  slopes(lowering, node, (i) => data[indices[i]]);
}

/** By its bounds, which are constants where there are any. */
function clip(lowering: Lowering, node: OnnxNode): void {
  const bound = (index: number, otherwise: number): number =>
    node.inputs[index] ? Number(lowering.constant(node, index, 'a bound').data[0]) : otherwise;
  const [low, high] = [bound(1, -Infinity), bound(2, Infinity)];
  const input = lowering.input(node);
  const output = lowering.output(node);
  lowering.emit(
    low === 0 && high === Infinity && lowering.wholeOf(input) === undefined
      ? { kind: 'relu', name: node.name, input, output }
      : { kind: 'clip', name: node.name, input, output, low, high },
  );
}

function hardSigmoid(lowering: Lowering, node: OnnxNode): void {
  const [alpha, beta] = [float(node, 'alpha', 0.2), float(node, 'beta', 0.5)];
  const input = affineOf(lowering, `${node.name}/line`, lowering.input(node), {
    factor: scalar(alpha),
    offset: scalar(beta),
  });
  lowering.emit({ kind: 'clip', name: node.name, input, output: lowering.output(node), low: 0, high: 1 });
}

/** Of any number of tensors and constants, two by two. */
function extremes(lowering: Lowering, node: OnnxNode, least?: true): void {
  const operands = node.inputs.map((_, i) => operandOf(lowering, node, i));
  const result = operands.reduce((left, right, i) => {
    const output = lowering.tensor(`${node.name}/${i}`, lowering.shapeOf(left));
    const inputs = [left, right] as const;
    lowering.emit({
      kind: 'maximum',
      name: `${node.name}/${i}`,
      inputs,
      output,
      ...(least ? { least } : {}),
    });
    return output;
  });
  lowering.finishAs(node, result);
}

function argMax(lowering: Lowering, node: OnnxNode): void {
  const input = lowering.input(node);
  const shape = lowering.shapeOf(input);
  const axis = (((node.attributes.axis as number | undefined) ?? 0) + shape.length) % shape.length;
  const output = lowering.tensor(`${node.name}/kept`, shape.with(axis, 1));
  const last = ((node.attributes.select_last_index as number | undefined) ?? 0) !== 0;
  lowering.emit({ kind: 'argmax', name: node.name, input, output, axis, last });
  lowering.finishAs(node, output);
}

function globalMaxPool(lowering: Lowering, node: OnnxNode): void {
  const axes = [...lowering.shapeOf(lowering.input(node)).keys()].slice(2);
  rowMaxima(lowering, node, axes);
}

function reduceMax(lowering: Lowering, node: OnnxNode): void {
  rowMaxima(lowering, node, reducedAxesOf(lowering.graph, node));
}

/** −max(−x). */
function reduceMin(lowering: Lowering, node: OnnxNode): void {
  const turned = negated(lowering, `${node.name}/minus`, lowering.input(node));
  const largest = largestOf(lowering, node, turned, reducedAxesOf(lowering.graph, node));
  lowering.finishAs(node, negated(lowering, `${node.name}/least`, largest));
}

function negated(lowering: Lowering, name: string, input: number): number {
  const shape = lowering.shapeOf(input);
  const output = lowering.tensor(name, shape);
  const factors = new Int32Array(sizeOf(shape)).fill(-1);
  lowering.emit({ kind: 'times', name, input, output, factors });
  return output;
}

function rowMaxima(lowering: Lowering, node: OnnxNode, axes: readonly number[]): void {
  lowering.finishAs(node, largestOf(lowering, node, lowering.input(node), axes));
}

/** The axes go last, and a window over each row takes its largest value. */
function largestOf(lowering: Lowering, node: OnnxNode, input: number, axes: readonly number[]): number {
  const shape = lowering.shapeOf(input);
  if (axes.length === 0) return input;
  const kept = [...shape.keys()].filter((axis) => !axes.includes(axis));
  const turned = lowering.turned(`${node.name}/turned`, input, [...kept, ...axes]);
  const width = sizeOf(axes.map((axis) => shape[axis]));
  const rows = sizeOf(shape) / width;
  const image = lowering.reshaped(`${node.name}/rows`, turned, [1, 1, rows, width]);
  const output = lowering.tensor(`${node.name}/largest`, [1, 1, rows, 1]);
  lowering.emit({
    kind: 'max-pool',
    name: node.name,
    input: image,
    output,
    kernel: [1, width],
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    dilations: [1, 1],
  });
  return output;
}

function softmax(lowering: Lowering, node: OnnxNode): void {
  const { tensor, gain } = lowering.folded(node);
  // Below zero it turns the order round.
  const [input, factor] = gain > 0 ? [tensor, gain] : [lowering.input(node), 1];
  const shape = lowering.shapeOf(input);
  const { axis, flattens } = softmaxOf(node, shape.length);
  const axes = [...shape.keys()];
  // In operator sets before 13 the axis and all behind it count as one.
  const flat = flattens ? axes.slice(axis) : [axis];
  const order = [...axes.filter((each) => !flat.includes(each)), ...flat];
  const turned = lowering.turned(`${node.name}/turned`, input, order);
  const width = sizeOf(flat.map((each) => shape[each]));
  const rows = lowering.reshaped(`${node.name}/rows`, turned, [sizeOf(shape) / width, width]);
  const shares = lowering.tensor(`${node.name}/shares`, lowering.shapeOf(rows));
  lowering.emit({ kind: 'softmax', name: node.name, input: rows, output: shares, factor });
  const there = lowering.reshaped(
    `${node.name}/there`,
    shares,
    order.map((each) => shape[each]),
  );
  const back = axes.map((each) => order.indexOf(each));
  lowering.finishAs(node, lowering.turned(`${node.name}/back`, there, back));
}

function layerNormalization(lowering: Lowering, node: OnnxNode): void {
  const input = lowering.input(node);
  const shape = lowering.shapeOf(input);
  const axis = (((node.attributes.axis as number | undefined) ?? -1) + shape.length) % shape.length;
  const last = shape.slice(axis);
  const width = sizeOf(last);
  const wide = (index: number, what: string): Float64Array => {
    const { shape: from, data } = realsOf(lowering.constant(node, index, what));
    return Float64Array.from(broadcastIndices(from, last), (at) => data[at]);
  };
  normalised(lowering, node, input, {
    scale: wide(1, 'a scale'),
    bias: node.inputs[2] ? wide(2, 'a bias') : new Float64Array(width),
    epsilon: float(node, 'epsilon', 1e-5),
  });
}
