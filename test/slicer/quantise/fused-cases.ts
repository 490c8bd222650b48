import { Exported } from '../../support/exported.ts';
import { reals, type FileParts } from '../../../scripts/bench/networks/onnx-file.ts';
import type { ProvedCase } from '../../support/proved-case.ts';

const MS = 'com.microsoft';
const domains = [{ domain: MS, version: 1 }];
const [TOKENS, WIDTH] = [4, 8];
const near = { tolerance: 0.01 };

/** A network over tokens of some values each. */
function network(make: (net: Exported) => string, rest: Partial<FileParts> = {}): ProvedCase {
  const net = new Exported();
  const y = make(net);
  return { ...near, file: net.file([['x', [1, TOKENS, WIDTH]]], [y], { domains, ...rest }) };
}

const scale = (net: Exported): string => net.between([WIDTH], 0.8, 1.2);
const bias = (net: Exported): string => net.weights([WIDTH], 0.2);
const newest = { opset: 23, domains: [] };

const attention = (
  settings: Parameters<Exported['op']>[2],
  inner: readonly number[],
  mask = '',
): ProvedCase =>
  network((net) => {
    const parts = inner.map((width) => net.linear('x', WIDTH, width));
    const masks = {
      '': [],
      holes: [net.constant([TOKENS, TOKENS], [1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1], 'bool')],
      bias: [net.weights([TOKENS, TOKENS])],
    }[mask] as readonly string[];
    return net.op('Attention', [...parts, ...masks], settings);
  }, newest);

/** Levels of a tensor by its own range, times integers, in reals again: as ONNX Runtime's tool writes it. */
function dynamically(
  net: Exported,
  x: string,
  [from, to]: readonly [number, number],
  columns: boolean,
): string {
  const [levels, unit, zero] = net.all('DynamicQuantizeLinear', [x], 3);
  const weights = net.whole([from, to], -50, 50, 'int8');
  const zeros = net.constant(columns ? [to] : [], new Array<number>(columns ? to : 1).fill(0), 'int8');
  const sums = net.op('Cast', [net.op('MatMulInteger', [levels, weights, zero, zeros])], { to: 1 });
  const units = net.op('Mul', [unit, columns ? net.between([to], 0.002, 0.006) : net.number(0.004)]);
  return net.op('Add', [net.op('Mul', [sums, units]), net.weights([to], 0.2)]);
}

/** Operators that stand for several, and models that are quantised as they run. */
export const fusedCases: Readonly<Record<string, ProvedCase>> = {
  'Attention of heads': attention({ q_num_heads: 2, kv_num_heads: 2 }, [WIDTH, WIDTH, WIDTH]),
  'Attention to what comes no later, several heads to one': attention(
    { q_num_heads: 2, kv_num_heads: 1, is_causal: 1, scale: 0.4 },
    [WIDTH, WIDTH / 2, WIDTH / 2],
  ),
  'Attention with a mask': attention({ q_num_heads: 1, kv_num_heads: 1 }, [WIDTH, WIDTH, WIDTH], 'holes'),
  'Attention with a bias': attention({ q_num_heads: 1, kv_num_heads: 1 }, [WIDTH, WIDTH, WIDTH], 'bias'),
  'Attention of bounded scores': attention({ q_num_heads: 2, kv_num_heads: 2, softcap: 1.5 }, [
    WIDTH,
    WIDTH,
    WIDTH,
  ]),
  'RotaryEmbedding by known positions': network((net) => {
    const caches = [net.weights([9, 2]), net.weights([9, 2])];
    const places = net.constant([1, TOKENS], [3, 0, 8, 1], 'int64');
    return net.op('RotaryEmbedding', ['x', ...caches, places], { num_heads: 2 });
  }, newest),
  'RotaryEmbedding of neighbours, and of a part': network((net) => {
    const caches = [net.weights([1, TOKENS, 1]), net.weights([1, TOKENS, 1])];
    return net.op('RotaryEmbedding', ['x', ...caches], {
      num_heads: 2,
      interleaved: 1,
      rotary_embedding_dim: 2,
    });
  }, newest),
  'ONNX Runtime’s attention': network((net) =>
    net.op(
      'Attention',
      ['x', net.weights([WIDTH, 3 * WIDTH], 0.5), net.weights([3 * WIDTH], 0.2)],
      { num_heads: 2 },
      MS,
    ),
  ),
  'ONNX Runtime’s attention, to what comes no later': network((net) =>
    net.op(
      'Attention',
      ['x', net.weights([WIDTH, 3 * WIDTH], 0.5), net.weights([3 * WIDTH], 0.2)],
      { num_heads: 2, unidirectional: 1 },
      MS,
    ),
  ),
  'ONNX Runtime’s attention of projections': network((net) =>
    net.op(
      'MultiHeadAttention',
      [net.linear('x', WIDTH, WIDTH), net.linear('x', WIDTH, WIDTH), 'x', net.weights([3 * WIDTH], 0.2)],
      { num_heads: 2 },
      MS,
    ),
  ),
  'a block of fused operators': network((net) => {
    const normal = net.op(
      'SkipLayerNormalization',
      ['x', net.linear('x', WIDTH, WIDTH), scale(net), bias(net), bias(net)],
      { epsilon: reals(1e-5) },
      MS,
    );
    const inner = net.op(
      'BiasGelu',
      [net.op('MatMul', [normal, net.weights([WIDTH, WIDTH], 0.5)]), bias(net)],
      {},
      MS,
    );
    const fast = net.op(
      'FastGelu',
      [
        net.op('FusedMatMul', [inner, net.weights([WIDTH, WIDTH], 0.5)], { transB: 1, alpha: 0.75 }, MS),
        bias(net),
      ],
      {},
      MS,
    );
    const quick = net.op('QuickGelu', [fast], { alpha: 1.702 }, MS);
    return net.op('SkipSimplifiedLayerNormalization', ['x', quick, scale(net)], { epsilon: reals(1e-5) }, MS);
  }),
  'embeddings that are summed and normalised': (() => {
    const net = new Exported();
    const tables = [net.weights([20, WIDTH]), net.weights([6, WIDTH], 0.5), net.weights([20, WIDTH], 0.5)];
    const [y] = net.all(
      'EmbedLayerNormalization',
      ['ids', 'parts', ...tables, scale(net), bias(net)],
      2,
      { epsilon: reals(1e-5) },
      MS,
    );
    const inputs: FileParts['inputs'] = [
      ['ids', [1, TOKENS], 'int32'],
      ['parts', [1, TOKENS], 'int32'],
    ];
    return { ...near, values: [0, 19], file: net.file(inputs, [y], { domains }) };
  })(),
  'two products that are quantised as they run': network((net) => {
    const first = net.op('Relu', [dynamically(net, 'x', [WIDTH, 6], true)]);
    return dynamically(net, first, [6, 5], false);
  }),
  'the same as one operator': network((net) =>
    net.op(
      'DynamicQuantizeMatMul',
      [
        'x',
        net.whole([WIDTH, 5], -50, 50, 'int8'),
        net.number(0.004),
        net.constant([], [3], 'int8'),
        net.weights([5], 0.2),
      ],
      {},
      MS,
    ),
  ),
  'and as two': network((net) => {
    const [levels, unit, zero] = net.all('DynamicQuantizeLinear', ['x'], 3);
    const weights = net.whole([WIDTH, 5], -50, 50, 'int8');
    const inputs = [levels, weights, unit, net.number(0.004), zero, net.constant([], [0], 'int8')];
    return net.op('MatMulIntegerToFloat', inputs, {}, MS);
  }),
  'a convolution that is quantised as it runs': (() => {
    const net = new Exported();
    const [levels, unit, zero] = net.all('DynamicQuantizeLinear', ['x'], 3);
    const weights = net.whole([3, 2, 3, 3], 78, 178, 'uint8');
    const inputs = [levels, weights, zero, net.constant([], [128], 'uint8')];
    const sums = net.op('Cast', [net.op('ConvInteger', inputs, { pads: [1, 1, 1, 1] })], { to: 1 });
    const y = net.op('Mul', [sums, net.op('Mul', [unit, net.number(0.004)])]);
    return { ...near, file: net.file([['x', [1, 2, 5, 5]]], [y]) };
  })(),
};
