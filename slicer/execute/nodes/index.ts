import type { ProgramNode } from '../../integer/program.ts';
import { add } from './add.ts';
import { concat } from './concat.ts';
import { conv } from './conv.ts';
import { gather } from './gather.ts';
import { gemm } from './gemm.ts';
import type { ExecuteKind } from './kind.ts';
import { maxPool } from './max-pool.ts';
import { rescale } from './rescale.ts';
import { reshape } from './reshape.ts';

const kinds: {
  readonly [Kind in ProgramNode['kind']]: ExecuteKind<Extract<ProgramNode, { readonly kind: Kind }>>;
} = { add, concat, conv, gather, gemm, 'max-pool': maxPool, rescale, reshape };

export function executeKind({ kind }: ProgramNode): ExecuteKind<ProgramNode> {
  return kinds[kind];
}
