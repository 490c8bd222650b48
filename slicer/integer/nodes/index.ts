import { add, type AddNode } from './add.ts';
import { concat, type ConcatNode } from './concat.ts';
import { conv, type ConvNode } from './conv.ts';
import { gather, type GatherNode } from './gather.ts';
import { gemm, type GemmNode } from './gemm.ts';
import type { NodeKind } from './kind.ts';
import { maxPool, type MaxPoolNode } from './max-pool.ts';
import { rescale, type RescaleNode } from './rescale.ts';
import { reshape, type ReshapeNode } from './reshape.ts';

export type { AddNode, ConcatNode, ConvNode, GatherNode, GemmNode, MaxPoolNode, RescaleNode, ReshapeNode };

export type ProgramNode =
  AddNode | ConcatNode | ConvNode | GatherNode | GemmNode | MaxPoolNode | RescaleNode | ReshapeNode;

/** The kinds of nodes, each with what it means. */
export const nodeKinds = {
  add,
  concat,
  conv,
  gather,
  gemm,
  'max-pool': maxPool,
  rescale,
  reshape,
};

type AnyKind = NodeKind<ProgramNode, { readonly kind: string }>;

export function kindOf({ kind }: Pick<ProgramNode, 'kind'>): AnyKind {
  return nodeKinds[kind];
}
