import type { FloatNode } from '../float-model.ts';
import { add } from './add.ts';
import type { FloatKind } from './kind.ts';
import { conv, gemm } from './linear.ts';
import { maxPool, reshape } from './moved.ts';
import { relu } from './relu.ts';

const kinds: {
  readonly [Kind in FloatNode['kind']]: FloatKind<Extract<FloatNode, { readonly kind: Kind }>>;
} = { add, conv, gemm, 'max-pool': maxPool, relu, reshape };

export function floatKind({ kind }: FloatNode): FloatKind<FloatNode> {
  return kinds[kind];
}
