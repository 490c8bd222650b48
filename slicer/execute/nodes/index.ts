import type { ProgramNode } from '../../integer/program.ts';
import { add } from './add.ts';
import { argmax } from './argmax.ts';
import { belowMax } from './below-max.ts';
import { constant } from './constant.ts';
import { divide } from './divide.ts';
import { isqrt } from './isqrt.ts';
import { matmul } from './matmul.ts';
import { maximum, mul } from './elementwise.ts';
import { scale } from './scale.ts';
import { table } from './table.ts';
import { concat } from './concat.ts';
import { conv } from './conv.ts';
import { foreign } from './foreign.ts';
import { gather } from './gather.ts';
import { gemm } from './gemm.ts';
import type { ExecuteKind } from './kind.ts';
import { maxPool } from './max-pool.ts';
import { rescale } from './rescale.ts';
import { reshape } from './reshape.ts';

const kinds: {
  readonly [Kind in ProgramNode['kind']]: ExecuteKind<Extract<ProgramNode, { readonly kind: Kind }>>;
} = {
  add,
  argmax,
  'below-max': belowMax,
  concat,
  constant,
  conv,
  divide,
  foreign,
  gather,
  gemm,
  isqrt,
  matmul,
  'max-pool': maxPool,
  maximum,
  mul,
  rescale,
  reshape,
  scale,
  table,
};

export function executeKind({ kind }: ProgramNode): ExecuteKind<ProgramNode> {
  return kinds[kind];
}
