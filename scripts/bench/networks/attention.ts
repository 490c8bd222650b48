import type { Net } from './net.ts';

export interface LayerSizes {
  readonly tokens: number;
  readonly width: number;
  readonly heads: number;
  /** Width between its two linear maps. */
  readonly hidden: number;
  /** Whether a token sees those before it only. */
  readonly causal?: boolean;
}

export function linear(net: Net, x: string, from: number, to: number): string {
  return net.op('Add', [net.op('MatMul', [x, net.weights([from, to], 2 * from)]), net.weights([to], 100)]);
}

export function layerNorm(net: Net, x: string, width: number): string {
  const ones = net.constant([width], new Float32Array(width).fill(1));
  const zeros = net.constant([width], new Float32Array(width));
  return net.op('LayerNormalization', [x, ones, zeros], { axis: -1, epsilon: 1e-5 });
}

function gelu(net: Net, x: string): string {
  const erf = net.op('Erf', [net.op('Div', [x, net.number(Math.SQRT2)])]);
  const sum = net.op('Add', [erf, net.number(1)]);
  return net.op('Mul', [net.op('Mul', [x, sum]), net.number(0.5)]);
}

/** Attention over several heads and two linear maps with a GELU, each with its norm before and its sum behind: [1, tokens, width]. */
export function transformerLayer(net: Net, x: string, sizes: LayerSizes): string {
  const { tokens, width, heads, hidden, causal = false } = sizes;
  const split = net.integers(1, tokens, heads, width / heads);
  const part = (from: string, perm: readonly number[]): string =>
    net.op('Transpose', [net.op('Reshape', [linear(net, from, width, width), split])], { perm });
  const normed = layerNorm(net, x, width);
  const scores = net.op('MatMul', [part(normed, [0, 2, 1, 3]), part(normed, [0, 2, 3, 1])]);
  const scaled = net.op('Div', [scores, net.number(Math.sqrt(width / heads))]);
  const seen = causal ? net.op('Add', [scaled, net.constant([tokens, tokens], causalMask(tokens))]) : scaled;
  const mixed = net.op('MatMul', [net.op('Softmax', [seen], { axis: -1 }), part(normed, [0, 2, 1, 3])]);
  const turned = net.op('Transpose', [mixed], { perm: [0, 2, 1, 3] });
  const attended = linear(net, net.op('Reshape', [turned, net.integers(1, tokens, width)]), width, width);
  const middle = net.op('Add', [x, attended]);
  const wide = gelu(net, linear(net, layerNorm(net, middle, width), width, hidden));
  return net.op('Add', [middle, linear(net, wide, hidden, width)]);
}

/** What exporters write for minus infinity. */
const HIDDEN = -3.4028234663852886e38;

function causalMask(tokens: number): Float32Array {
  return Float32Array.from({ length: tokens * tokens }, (_, i) =>
    i % tokens > Math.floor(i / tokens) ? HIDDEN : 0,
  );
}
