import type { OnnxNode } from '../../onnx/index.ts';
import { affine } from './affine.ts';
import { broadcastTo } from './broadcast.ts';
import { holds } from './integers.ts';
import { unsupported, type Lower, type Lowering } from './lowering.ts';
import { realsOf, scalar } from './spread.ts';
import { divideTensors, multiplyTensors } from './tensors.ts';

/** Operators on each value by itself. */
export const elementwiseOperators: Readonly<Record<string, Lower>> = {
  Add: add,
  Cast: cast,
  Div: divide,
  Mul: multiply,
  Neg: (lowering, node) => affine(lowering, node, 0, { factor: scalar(-1) }),
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
  if (side) return affine(lowering, node, 1 - side.which, { offset: side.constant });
  sum(lowering, node);
}

function subtract(lowering: Lowering, node: OnnxNode): void {
  const side = constantSide(lowering, node);
  if (side?.which === 0) return affine(lowering, node, 1, { factor: scalar(-1), offset: side.constant });
  if (side) {
    const { shape, data } = side.constant;
    return affine(lowering, node, 0, { offset: { shape, data: data.map((value) => -value) } });
  }
  sum(lowering, node, true);
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
  affine(lowering, node, 1 - side.which, { factor: side.constant });
}

function divide(lowering: Lowering, node: OnnxNode): void {
  if (!lowering.known(node, 1)) return divideTensors(lowering, node);
  const { shape, data } = realsOf(lowering.constant(node, 1, 'a divisor'));
  if (data.includes(0)) throw unsupported(node, 'a division by 0');
  affine(lowering, node, 0, { factor: { shape, data: data.map((value) => 1 / value) } });
}

/** To floats, and to integers of a type that holds all, nothing changes; else values are cut off, or wrap. */
function cast(lowering: Lowering, node: OnnxNode): void {
  const [from, to] = [node.inputs[0], node.outputs[0]].map((name) => lowering.graph.tensors.get(name)?.type);
  if (from === undefined || to === undefined || !holds(to, from)) {
    throw unsupported(node, `a cast from ${from} to ${to}`);
  }
  lowering.finishAs(node, lowering.input(node));
}
