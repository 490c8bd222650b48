import type { ProgramNode } from '../../integer/program.ts';

/** What the planner needs to know of a kind of node. */
interface PlanKind<Node> {
  /** Whether it only moves values: over ranged tensors it is a view, made again wherever it is read. */
  readonly moves: boolean;
  /** Whether a slice may be named after it. */
  readonly names: boolean;
  /** The ONNX operators that it stands for, in a slice's description. */
  operators(node: Node): readonly string[];
}

const kinds: {
  readonly [Kind in ProgramNode['kind']]: PlanKind<Extract<ProgramNode, { readonly kind: Kind }>>;
} = {
  add: { moves: false, names: true, operators: () => ['Add'] },
  argmax: { moves: false, names: true, operators: () => ['ArgMax'] },
  'below-max': { moves: false, names: true, operators: () => ['Softmax'] },
  concat: { moves: true, names: false, operators: () => [] },
  // Nothing to read, so nothing to move: each slice that needs it makes it again, for nothing.
  constant: { moves: true, names: false, operators: () => [] },
  conv: { moves: false, names: true, operators: () => ['Conv'] },
  divide: { moves: false, names: true, operators: () => ['Div'] },
  foreign: { moves: false, names: true, operators: ({ operator }) => [operator] },
  gather: { moves: true, names: false, operators: () => ['Gather'] },
  gemm: { moves: false, names: true, operators: () => ['Gemm'] },
  isqrt: { moves: false, names: true, operators: () => ['Sqrt'] },
  matmul: { moves: false, names: true, operators: () => ['MatMul'] },
  'max-pool': { moves: false, names: false, operators: () => ['MaxPool'] },
  maximum: { moves: false, names: true, operators: () => ['Max'] },
  mul: { moves: false, names: true, operators: () => ['Mul'] },
  rescale: { moves: false, names: false, operators: ({ relu }) => (relu ? ['Relu'] : []) },
  reshape: { moves: true, names: false, operators: () => ['Reshape'] },
  scale: { moves: false, names: true, operators: () => ['Mul'] },
  table: { moves: false, names: true, operators: () => ['Table'] },
};

export function planKind({ kind }: ProgramNode): PlanKind<ProgramNode> {
  return kinds[kind];
}
