/**
 * The integer program: the one meaning of a quantised model.
 *
 * The quantiser writes it from ONNX; the evaluator, the slice's own ONNX model and the circuit's witness must
 * all give the same integers for it, to the last bit. A tensor is integers with a power-of-two scale:
 * real ≈ q · 2^−scale. Tensors are in row-major order, batch dimension 1 kept in the shape.
 *
 * Only two things bound a value: a model input is bound by its declared `bits`, and `rescale` brings an
 * accumulator back into `bits`. Everything else is exact integer arithmetic whose interval follows from the
 * actual constants (see `intervals.ts`), so no input can fall outside a range that was guessed.
 *
 * Each kind of node is a module of `nodes/`.
 */
import type { ProgramNode } from './nodes/index.ts';
import type { ProgramTensor } from './tensor.ts';

export type {
  ArgmaxNode,
  BelowMaxNode,
  ConstantNode,
  DivideNode,
  IsqrtNode,
  MatmulNode,
  MaximumNode,
  MulNode,
  TableNode,
  AddNode,
  ConcatNode,
  ConvNode,
  ForeignNode,
  GatherNode,
  GemmNode,
  MaxPoolNode,
  ProgramNode,
  RescaleNode,
  ReshapeNode,
  ScaleNode,
} from './nodes/index.ts';
export { boundsOf, sizeOf } from './tensor.ts';
export type { IntegerRange, ProgramTensor, TensorValues } from './tensor.ts';

/** A whole model or one slice of it: nodes in topological order, each tensor written once. */
export interface IntegerProgram {
  readonly tensors: readonly ProgramTensor[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly nodes: readonly ProgramNode[];
}

/** Whether integers say all that a program does: only then there is a circuit. */
export function isProvable({ nodes }: Pick<IntegerProgram, 'nodes'>): boolean {
  return nodes.every(({ kind }) => kind !== 'foreign');
}

/** The tensors that a node reads, in order. */
export function nodeInputs(node: ProgramNode): readonly number[] {
  if ('inputs' in node) return node.inputs;
  return 'input' in node ? [node.input] : [];
}

/** The same node between other tensors: `at` gives the new index of each. */
export function withTensors(node: ProgramNode, at: (id: number) => number): ProgramNode {
  const output = at(node.output);
  if ('inputs' in node) return { ...node, inputs: node.inputs.map(at), output } as ProgramNode;
  return 'input' in node ? { ...node, input: at(node.input), output } : { ...node, output };
}
