import { elementCount, type OnnxGraph, type OnnxNode } from '../../onnx/index.ts';
import { isFloat } from '../../onnx/tensor-data.ts';
import { functionOf, tableOperators, type RealFunction } from './activations.ts';
import type { Lower, Lowering } from './lowering.ts';
import { islands, lowerIsland, type Island } from './islands.ts';
import { normPatterns, type NormPattern } from './norm-pattern.ts';
import { normalised } from './rows.ts';

/** A tensor as a function of another one, value by value. */
interface Expression {
  readonly base: string;
  readonly of: RealFunction;
  /** Worth a table, since part of it costs one anyway or could be proved in no other way. */
  readonly byTable: boolean;
}

/** A node that is lowered, and what that reads. */
export interface Step {
  readonly node: OnnxNode;
  /** Names of tensors, each as often as it is read. */
  readonly reads: readonly string[];
  /** How, where it stands for others too; else as its operator is. */
  readonly lower?: Lower;
}

/** A graph's nodes one by one. */
export function singly(graph: OnnxGraph): readonly Step[] {
  return graph.nodes.map((node) => ({ node, reads: node.inputs }));
}

/**
 * What several nodes of a graph become together: the nodes that are left to lower, without those whose result nobody
 * needs then.
 *
 * Chains and meshes of elementwise operators that depend on one tensor alone, with numbers for constants, are one
 * function of it: x · sigmoid(x), the forms of GELU and Mish that exporters write, a scaled tanh. Layer normalisation in
 * parts is layer normalisation ({@link normPatterns}), products between integers are products of these ({@link islands}).
 */
export function fuse(graph: OnnxGraph): readonly Step[] {
  const expressions = new Map<string, Expression>();
  for (const node of graph.nodes) {
    const expression = expressionOf(graph, expressions, node);
    if (expression) expressions.set(node.outputs[0], expression);
  }
  const norms = normPatterns(graph);
  const products = islands(graph);
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const steps: Step[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    const island = products.get(node);
    const step = island
      ? islandStep(node, island)
      : stepOf(node, norms.get(node), expressions.get(node.outputs[0]));
    for (const name of step.reads) needed.add(name);
    steps.push(step);
  }
  return steps.toReversed();
}

function islandStep(node: OnnxNode, island: Island): Step {
  return { node, reads: [island.input], lower: (lowering, as) => lowerIsland(lowering, as, island) };
}

function stepOf(node: OnnxNode, norm: NormPattern | undefined, expression: Expression | undefined): Step {
  if (norm) return { node, reads: [norm.input], lower: (lowering, as) => lowerNorm(lowering, as, norm) };
  if (!expression?.byTable) return { node, reads: node.inputs };
  const { base, of } = expression;
  return { node, reads: [base], lower: (lowering, as) => lowerFunction(lowering, as, base, of) };
}

function lowerFunction(lowering: Lowering, node: OnnxNode, base: string, of: RealFunction): void {
  const input = lowering.named(node, base);
  lowering.emit({ kind: 'function', name: node.name, input, output: lowering.output(node), of });
}

function lowerNorm(lowering: Lowering, node: OnnxNode, { input, epsilon, scale, bias }: NormPattern): void {
  const given = lowering.named(node, input);
  const width = lowering.shapeOf(given).at(-1) ?? 1;
  const values = (name: string | undefined, otherwise: number): Float64Array => {
    const data = name === undefined ? undefined : lowering.graph.constants.get(name)?.data;
    return Float64Array.from({ length: width }, (_, i) =>
      Number(data?.[data.length === 1 ? 0 : i] ?? otherwise),
    );
  };
  normalised(lowering, node, given, { scale: values(scale, 1), bias: values(bias, 0), epsilon });
}

function expressionOf(
  graph: OnnxGraph,
  known: ReadonlyMap<string, Expression>,
  node: OnnxNode,
): Expression | undefined {
  const operands = node.inputs.map((name, i) =>
    name === '' ? LEFT_OUT[node.operator]?.[i] : operandOf(graph, known, name),
  );
  const variables = operands.filter((operand) => typeof operand === 'object');
  if (operands.includes(undefined) || variables.length === 0) return undefined;
  const { base } = variables[0];
  const shapes = [base, node.outputs[0]].map((name) => String(graph.tensors.get(name)?.shape));
  if (shapes[0] !== shapes[1] || variables.some((variable) => variable.base !== base)) return undefined;
  const of = composed(node, operands as readonly (Expression | number)[]);
  return of && { base, of, byTable: isTable(node, operands, variables) };
}

/** What an input that is left out stands for, by its place. */
const LEFT_OUT: Readonly<Record<string, readonly number[] | undefined>> = { Clip: [0, -Infinity, Infinity] };

/** A number, an expression, or undefined for what is neither. */
function operandOf(
  graph: OnnxGraph,
  known: ReadonlyMap<string, Expression>,
  name: string,
): Expression | number | undefined {
  const constant = graph.constants.get(name);
  if (constant) return elementCount(constant.shape) === 1 ? Number(constant.data[0]) : undefined;
  const type = graph.tensors.get(name)?.type;
  if (type === undefined || !isFloat(type)) return undefined;
  return known.get(name) ?? { base: name, of: (x) => x, byTable: false };
}

function composed(node: OnnxNode, operands: readonly (Expression | number)[]): RealFunction | undefined {
  const parts = operands.map((operand): RealFunction =>
    typeof operand === 'number' ? () => operand : operand.of,
  );
  const unary = functionOf(node);
  if (unary && parts.length === 1) return (x) => unary(parts[0](x));
  const join = joins[node.operator];
  if (!join) return undefined;
  return (x) => join(...parts.map((part) => part(x)));
}

type Join = (...values: readonly number[]) => number;

const joins: Readonly<Record<string, Join | undefined>> = {
  Clip: (value, low = -Infinity, high = Infinity) => Math.min(high, Math.max(low, value)),
  Add: (left, right) => left + right,
  Sub: (left, right) => left - right,
  Mul: (left, right) => left * right,
  Div: (left, right) => left / right,
  Max: Math.max,
  Min: Math.min,
  Pow: (left, right) => left ** right,
};

function isTable(
  { operator, inputs }: OnnxNode,
  operands: readonly unknown[],
  variables: readonly Expression[],
): boolean {
  if (tableOperators.includes(operator) || variables.some(({ byTable }) => byTable)) return true;
  switch (operator) {
    case 'Mul':
      // x · x is a product.
      return variables.length > 1 && inputs[0] !== inputs[1];
    case 'Div':
      return typeof operands[1] !== 'number';
    case 'Pow':
      return typeof operands[1] !== 'number' || ![0.5, 1, 2].includes(operands[1]);
    default:
      return false;
  }
}
