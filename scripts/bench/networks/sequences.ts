import { layerNorm, linear, transformerLayer, type LayerSizes } from './attention.ts';
import { FEW, Net, normal, pixel, type ExportedNetwork } from './net.ts';

function layers(net: Net, input: string, count: number, sizes: LayerSizes): string {
  let x = input;
  for (let i = 0; i < count; i++) x = transformerLayer(net, x, sizes);
  return layerNorm(net, x, sizes.width);
}

/** A ViT-tiny's widths and twelve layers on 32×32 in patches of 4×4. */
export function vitTiny(): ExportedNetwork {
  const net = new Net();
  const [tokens, width] = [64, 192];
  const patches = net.op('Reshape', [
    net.op('Conv', ['x', net.weights([width, 3, 4, 4], 48), net.weights([width], 100)], {
      kernel_shape: [4, 4],
      strides: [4, 4],
    }),
    net.integers(1, width, tokens),
  ]);
  const placed = net.op('Add', [
    net.op('Transpose', [patches], { perm: [0, 2, 1] }),
    net.weights([1, tokens, width], 8),
  ]);
  const last = layers(net, placed, 12, { tokens, width, heads: 3, hidden: 768 });
  const mean = net.op('ReduceMean', [last, net.integers(1)], { keepdims: 0 });
  const scores = linear(net, mean, width, 10);
  return net.finish({ shape: [1, 3, 32, 32], outputs: [scores], draw: pixel, samples: FEW, opset: 18 });
}

/** A decoder of so many layers on numbers of tokens, and what it thinks of the next one at each place. */
export function gpt(count: number, vocabulary: number, sizes: LayerSizes): ExportedNetwork {
  const net = new Net();
  const { tokens, width } = sizes;
  const embedded = net.op('Gather', [net.weights([vocabulary, width], 2), 'x'], { axis: 0 });
  const placed = net.op('Add', [embedded, net.weights([1, tokens, width], 8)]);
  const last = layers(net, placed, count, { ...sizes, causal: true });
  const draw = (random: Parameters<typeof pixel>[0]): number => Math.floor(random.uniform() * vocabulary);
  const scores = linear(net, last, width, vocabulary);
  return net.finish({ shape: [1, tokens], outputs: [scores], draw, samples: FEW, type: 'int64', opset: 20 });
}

/** 14 layers and 3.4 million parameters on 96 numbers: another lab's benchmark of credit scoring. */
export function perceptron14(): ExportedNetwork {
  const net = new Net();
  const width = 530;
  let x = net.relu(net.dense('x', 96, width));
  for (let i = 0; i < 12; i++) x = net.relu(net.dense(x, width, width));
  const score = net.op('Sigmoid', [net.dense(x, width, 1)]);
  return net.finish({ shape: [1, 96], outputs: [score], draw: normal, samples: FEW });
}
