import { broadcastIndices, type OnnxNode } from '../../onnx/index.ts';
import { affine, affineOf } from './affine.ts';
import { sizeOf } from '../../integer/program.ts';
import { broadcastTo } from './broadcast.ts';
import { negate } from './conditions.ts';
import { holds } from './integers.ts';
import { unsupported, type Lower, type Lowering } from './lowering.ts';
import { realsOf, scalar, type Reals } from './spread.ts';
import { divideTensors, multiplyTensors } from './tensors.ts';

/** Operators on each value by itself. */
export const elementwiseOperators: Readonly<Record<string, Lower>> = {
  Add: add,
  Cast: cast,
  Div: divide,
  Mul: multiply,
  Neg: (lowering, node) => times(lowering, node, 0, scalar(-1)),
  Relu: relu,
  Sub: subtract,
};

function relu(lowering: Lowering, node: OnnxNode): void {
  const input = lowering.input(node);
  lowering.emit({ kind: 'relu', name: node.name, input, output: lowering.output(node) });
}

/** Which input is a constant, with its values; undefined when both are tensors. */
function constantSide(lowering: Lowering, node: OnnxNode) {
  for (const which of [0, 1]) {
    const constant = lowering.known(node, which);
    if (constant) return { which, constant: realsOf(constant) };
  }
  return undefined;
}

function add(lowering: Lowering, node: OnnxNode): void {
  const side = constantSide(lowering, node);
  if (side) return plus(lowering, node, 1 - side.which, side.constant);
  sum(lowering, node);
}

function subtract(lowering: Lowering, node: OnnxNode): void {
  const side = constantSide(lowering, node);
  if (side?.which === 0) return affine(lowering, node, 1, { factor: scalar(-1), offset: side.constant });
  if (side) {
    const { shape, data } = side.constant;
    return plus(lowering, node, 0, { shape, data: data.map((value) => -value) });
  }
  sum(lowering, node, true);
}

/** g · x + c is g · (x + c / g), where the factor g has nowhere to go before it. */
function plus(lowering: Lowering, node: OnnxNode, index: number, { shape, data }: Reals): void {
  const { tensor, gain } = lowering.folded(node, index);
  if (gain === 1) return affine(lowering, node, index, { offset: { shape, data } });
  const offset = { shape, data: data.map((value) => value / gain) };
  const name = `${node.name}/operand${index}`;
  const from = lowering.shapeOf(tensor);
  const to = lowering.graph.tensors.get(node.outputs[0])?.shape ?? from;
  const repeated = lowering.gathered(name, tensor, to, broadcastIndices(from, to));
  lowering.finishAs(node, affineOf(lowering, node.name, repeated, { offset }));
  lowering.passOn(node.outputs[0], gain);
}

function sum(lowering: Lowering, node: OnnxNode, subtract?: true): void {
  const inputs = [broadcastTo(lowering, node, 0), broadcastTo(lowering, node, 1)] as const;
  lowering.emit({
    kind: 'add',
    name: node.name,
    inputs,
    ...(subtract ? { subtract } : {}),
    output: lowering.output(node),
  });
}

function multiply(lowering: Lowering, node: OnnxNode): void {
  const side = constantSide(lowering, node);
  if (!side) return multiplyTensors(lowering, node);
  times(lowering, node, 1 - side.which, side.constant);
}

/** A single number waits for a reader that takes it at no cost: a table, weights, Softmax. */
function times(lowering: Lowering, node: OnnxNode, index: number, factor: Reals): void {
  const { tensor, gain } = lowering.scaled(node, index);
  const shape = lowering.graph.tensors.get(node.outputs[0])?.shape;
  const alone = factor.data.length === 1 && String(lowering.shapeOf(tensor)) === String(shape);
  if (alone && lowering.pend(node, { tensor, gain: gain * factor.data[0] })) return;
  affine(lowering, node, index, { factor });
}

function divide(lowering: Lowering, node: OnnxNode): void {
  if (!lowering.known(node, 1)) return divideTensors(lowering, node);
  const { shape, data } = realsOf(lowering.constant(node, 1, 'a divisor'));
  if (data.includes(0)) throw unsupported(node, 'a division by 0');
  times(lowering, node, 0, { shape, data: data.map((value) => 1 / value) });
}

/** To floats, and to integers of a type that holds all, nothing changes; else values are cut off, or wrap. */
function cast(lowering: Lowering, node: OnnxNode): void {
  const [from, to] = [node.inputs[0], node.outputs[0]].map((name) => lowering.graph.tensors.get(name)?.type);
  if (to === 'bool' && from !== undefined) return isSet(lowering, node);
  if (from === undefined || to === undefined || !holds(to, from)) {
    throw unsupported(node, `a cast from ${from} to ${to}`);
  }
  lowering.finishAs(node, lowering.input(node));
}

/** Whatever is not 0 is true. */
function isSet(lowering: Lowering, node: OnnxNode): void {
  const input = lowering.input(node);
  const shape = lowering.shapeOf(input);
  const zero = lowering.tensor(`${node.name}/zero`, shape, 'bool');
  const thresholds = new Float64Array(sizeOf(shape));
  const name = `${node.name}/zero`;
  lowering.emit({ kind: 'compare', name, input, output: zero, relation: '=', thresholds });
  negate(lowering, node, zero);
}
