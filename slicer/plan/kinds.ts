import type { ProgramNode } from '../integer/program.ts';

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
  concat: { moves: true, names: false, operators: () => [] },
  conv: { moves: false, names: true, operators: () => ['Conv'] },
  gather: { moves: true, names: false, operators: () => ['Gather'] },
  gemm: { moves: false, names: true, operators: () => ['Gemm'] },
  'max-pool': { moves: false, names: false, operators: () => ['MaxPool'] },
  rescale: { moves: false, names: false, operators: ({ relu }) => (relu ? ['Relu'] : []) },
  reshape: { moves: true, names: false, operators: () => ['Reshape'] },
};

export function planKind({ kind }: ProgramNode): PlanKind<ProgramNode> {
  return kinds[kind];
}
