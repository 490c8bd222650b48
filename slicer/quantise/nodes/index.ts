import type { FloatNode } from '../float-model.ts';
import { add } from './add.ts';
import { argmax } from './argmax.ts';
import { clip } from './clip.ts';
import { constant } from './constant.ts';
import { divide } from './divide.ts';
import { foreign } from './foreign.ts';
import { functionOf } from './function.ts';
import { layerNorm } from './layer-norm.ts';
import { maximum } from './maximum.ts';
import { matmul, mul } from './products.ts';
import { offset } from './offset.ts';
import { root } from './root.ts';
import { slopes } from './slopes.ts';
import { softmax } from './softmax.ts';
import type { FloatKind } from './kind.ts';
import { conv, gemm } from './linear.ts';
import { concat, gather, maxPool, reshape } from './moved.ts';
import { relu } from './relu.ts';

const kinds: {
  readonly [Kind in FloatNode['kind']]: FloatKind<Extract<FloatNode, { readonly kind: Kind }>>;
} = {
  add,
  argmax,
  clip,
  concat,
  constant,
  divide,
  foreign,
  gather,
  function: functionOf,
  'layer-norm': layerNorm,
  matmul,
  maximum,
  mul,
  offset,
  root,
  slopes,
  softmax,
  conv,
  gemm,
  'max-pool': maxPool,
  relu,
  reshape,
};

export function floatKind({ kind }: FloatNode): FloatKind<FloatNode> {
  return kinds[kind];
}
