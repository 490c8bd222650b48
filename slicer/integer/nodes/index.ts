import { argmax, type ArgmaxNode } from './argmax.ts';
import { belowMax, type BelowMaxNode } from './below-max.ts';
import { constant, type ConstantNode } from './constant.ts';
import { divide, type DivideNode } from './divide.ts';
import { isqrt, type IsqrtNode } from './isqrt.ts';
import { matmul, type MatmulNode } from './matmul.ts';
import { maximum, type MaximumNode } from './maximum.ts';
import { mul, type MulNode } from './mul.ts';
import { scale, type ScaleNode } from './scale.ts';
import { table, type TableNode } from './table.ts';
import { add, type AddNode } from './add.ts';
import { concat, type ConcatNode } from './concat.ts';
import { conv, type ConvNode } from './conv.ts';
import { foreign, type ForeignNode } from './foreign.ts';
import { gather, type GatherNode } from './gather.ts';
import { gemm, type GemmNode } from './gemm.ts';
import type { NodeKind } from './kind.ts';
import { maxPool, type MaxPoolNode } from './max-pool.ts';
import { rescale, type RescaleNode } from './rescale.ts';
import { reshape, type ReshapeNode } from './reshape.ts';

export type {
  AddNode,
  ArgmaxNode,
  BelowMaxNode,
  ConcatNode,
  ConstantNode,
  ConvNode,
  DivideNode,
  ForeignNode,
  GatherNode,
  GemmNode,
  IsqrtNode,
  MatmulNode,
  MaxPoolNode,
  MaximumNode,
  MulNode,
  RescaleNode,
  ReshapeNode,
  ScaleNode,
  TableNode,
};

export type ProgramNode =
  | AddNode
  | ArgmaxNode
  | BelowMaxNode
  | ConcatNode
  | ConstantNode
  | ConvNode
  | DivideNode
  | ForeignNode
  | GatherNode
  | GemmNode
  | IsqrtNode
  | MatmulNode
  | MaxPoolNode
  | MaximumNode
  | MulNode
  | RescaleNode
  | ReshapeNode
  | ScaleNode
  | TableNode;

/** The kinds of nodes, each with what it means. */
export const nodeKinds = {
  argmax,
  'below-max': belowMax,
  constant,
  divide,
  isqrt,
  matmul,
  maximum,
  mul,
  table,
  add,
  concat,
  conv,
  foreign,
  gather,
  gemm,
  'max-pool': maxPool,
  rescale,
  reshape,
  scale,
};

type AnyKind = NodeKind<ProgramNode, { readonly kind: string }>;

export function kindOf({ kind }: Pick<ProgramNode, 'kind'>): AnyKind {
  return nodeKinds[kind];
}
