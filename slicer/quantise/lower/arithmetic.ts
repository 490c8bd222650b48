import { reducedAxesOf, type OnnxNode } from '../../onnx/index.ts';
import { int32s } from '../../integer/exact.ts';
import { sizeOf } from '../../integer/program.ts';
import { broadcastTo } from './broadcast.ts';
import { unsupported, type Lower, type Lowering } from './lowering.ts';
import { constantOperand, operandOf } from './operand.ts';

/** Most that an integer is multiplied or divided by. */
const MOST = 2 ** 31 - 1;

/** Operators that count in integers, as their type says: towards zero, and wrapping where it ends. */
export const integerOperators: ReadonlyMap<string, Lower> = new Map(
  Object.entries<Lower>({
    Abs: absolute,
    Add: (lowering, node) => sum(lowering, node),
    Cast: (lowering, node) => times(lowering, node, lowering.input(node), () => 1),
    Div: divide,
    Mul: multiply,
    Neg: (lowering, node) => times(lowering, node, lowering.input(node), () => -1),
    ReduceMean: (lowering, node) => reduce(lowering, node, true),
    ReduceSum: (lowering, node) => reduce(lowering, node, false),
    Sub: (lowering, node) => sum(lowering, node, true),
  }),
);

function sum(lowering: Lowering, node: OnnxNode, subtract?: true): void {
  const inputs = [operandOf(lowering, node, 0), operandOf(lowering, node, 1)] as const;
  const output = lowering.output(node);
  lowering.emit({ kind: 'add', name: node.name, inputs, ...(subtract ? { subtract } : {}), output });
}

function times(
  lowering: Lowering,
  node: OnnxNode,
  input: number,
  factorOf: (index: number) => number,
  output = lowering.output(node),
): void {
  const factors = Array.from({ length: sizeOf(lowering.shapeOf(input)) }, (_, i) => factorOf(i));
  if (factors.some((factor) => Math.abs(factor) > MOST)) throw unsupported(node, 'a factor of that size');
  lowering.emit({ kind: 'times', name: `${node.name}/${output}`, input, output, factors: int32s(factors) });
}

function multiply(lowering: Lowering, node: OnnxNode): void {
  for (const index of [0, 1]) {
    const factors = constantOperand(lowering, node, index);
    if (factors) return times(lowering, node, broadcastTo(lowering, node, 1 - index), (i) => factors[i]);
  }
  const inputs = [broadcastTo(lowering, node, 0), broadcastTo(lowering, node, 1)] as const;
  lowering.emit({ kind: 'mul', name: node.name, inputs, output: lowering.output(node) });
}

function divide(lowering: Lowering, node: OnnxNode): void {
  const divisors = constantOperand(lowering, node, 1);
  if (!divisors) throw unsupported(node, 'a division of integers by what the model computes');
  if (divisors.some((value) => value === 0 || Math.abs(value) > MOST)) {
    throw unsupported(node, 'a division by such integers');
  }
  const input = broadcastTo(lowering, node, 0);
  lowering.emit({ kind: 'quotient', name: node.name, input, output: lowering.output(node), divisors });
}

/** The larger of x and −x, neither of which wraps before the end. */
function absolute(lowering: Lowering, node: OnnxNode): void {
  const input = lowering.input(node);
  const shape = lowering.shapeOf(input);
  const turned = lowering.tensor(`${node.name}/turned`, shape);
  times(lowering, node, input, () => -1, turned);
  const larger = lowering.tensor(`${node.name}/larger`, shape);
  lowering.emit({ kind: 'maximum', name: `${node.name}/larger`, inputs: [input, turned], output: larger });
  times(lowering, node, larger, () => 1);
}

function reduce(lowering: Lowering, node: OnnxNode, divides: boolean): void {
  const input = lowering.input(node);
  const shape = lowering.shapeOf(input);
  const axes = reducedAxesOf(lowering.graph, node);
  if (axes.length === 0) return lowering.finishAs(node, input);
  const kept = [...shape.keys()].filter((axis) => !axes.includes(axis));
  const turned = lowering.turned(`${node.name}/turned`, input, [...kept, ...axes]);
  const count = sizeOf(axes.map((axis) => shape[axis]));
  const rows = sizeOf(shape) / count;
  const flat = lowering.reshaped(`${node.name}/rows`, turned, [rows, count]);
  const type = lowering.graph.tensors.get(node.outputs[0])?.type;
  const total = lowering.tensor(`${node.name}/total`, [rows, 1], type);
  lowering.emit({
    kind: 'gemm',
    name: `${node.name}/total`,
    input: flat,
    output: total,
    weights: new Float64Array(count).fill(1),
    bias: new Float64Array(1),
    whole: true,
  });
  if (!divides) return lowering.finishAs(node, total);
  const output = lowering.tensor(`${node.name}/mean`, [rows, 1], type);
  const divisors = new Float64Array(rows).fill(count);
  lowering.emit({ kind: 'quotient', name: `${node.name}/mean`, input: total, output, divisors });
  lowering.finishAs(node, output);
}
