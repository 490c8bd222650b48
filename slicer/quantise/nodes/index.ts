import type { FloatNode } from '../float-model.ts';
import { add } from './add.ts';
import { argmax } from './argmax.ts';
import { choose } from './choose.ts';
import { clip } from './clip.ts';
import { compare } from './compare.ts';
import { constant } from './constant.ts';
import { divide } from './divide.ts';
import { foreign } from './foreign.ts';
import { functionOf } from './function.ts';
import { layerNorm } from './layer-norm.ts';
import { levels, units } from './levels.ts';
import { maximum } from './maximum.ts';
import { matmul, mul } from './products.ts';
import { offset } from './offset.ts';
import { root } from './root.ts';
import { select } from './select.ts';
import { slopes } from './slopes.ts';
import { softmax } from './softmax.ts';
import type { FloatKind } from './kind.ts';
import { conv, gemm } from './linear.ts';
import { concat, gather, maxPool, reshape } from './moved.ts';
import { relu } from './relu.ts';
import { quotient, times } from './whole.ts';

const kinds: {
  readonly [Kind in FloatNode['kind']]: FloatKind<Extract<FloatNode, { readonly kind: Kind }>>;
} = {
  add,
  argmax,
  choose,
  clip,
  compare,
  concat,
  constant,
  divide,
  foreign,
  gather,
  function: functionOf,
  'layer-norm': layerNorm,
  levels,
  matmul,
  maximum,
  mul,
  offset,
  quotient,
  root,
  select,
  slopes,
  softmax,
  times,
  units,
  conv,
  gemm,
  'max-pool': maxPool,
  relu,
  reshape,
};

export function floatKind({ kind }: FloatNode): FloatKind<FloatNode> {
  return kinds[kind];
}
