import type { ProgramNode } from '../../integer/program.ts';
import { add } from './add.ts';
import { argmax } from './argmax.ts';
import { belowMax } from './below-max.ts';
import { constant } from './constant.ts';
import { divide } from './divide.ts';
import { isqrt } from './isqrt.ts';
import { matmul } from './matmul.ts';
import { maximum } from './maximum.ts';
import { mul } from './mul.ts';
import { scale } from './scale.ts';
import { table } from './table.ts';
import { concat } from './concat.ts';
import { conv } from './conv.ts';
import { foreign } from './foreign.ts';
import { gather } from './gather.ts';
import { gemm } from './gemm.ts';
import type { CircuitKind } from './kind.ts';
import { maxPool } from './max-pool.ts';
import { rescale } from './rescale.ts';
import { reshape } from './reshape.ts';

/** How every kind of node becomes rows: one such table makes one mode of circuit. */
export type CircuitKinds = {
  readonly [Kind in ProgramNode['kind']]: CircuitKind<Extract<ProgramNode, { readonly kind: Kind }>>;
};

/** Everything out of booleans. */
export const bitKinds: CircuitKinds = {
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

export function circuitKind(kinds: CircuitKinds, { kind }: ProgramNode): CircuitKind<ProgramNode> {
  return kinds[kind];
}
