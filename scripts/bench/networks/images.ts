import { Net, pixel, type ExportedNetwork } from './net.ts';

/** Large inputs: one is as good as many where bits are given. */
const FEW = 2;

export function vgg11(): ExportedNetwork {
  const net = new Net();
  let x = 'x';
  let from = 3;
  for (const layers of [[64], [128], [256, 256], [512, 512], [512, 512]]) {
    for (const to of layers) {
      x = net.relu(net.conv(x, from, to, 3, 1, 1));
      from = to;
    }
    x = net.pool(x);
  }
  return net.finish([1, 3, 32, 32], net.dense(net.op('Flatten', [x]), 512, 10), pixel, FEW);
}

/** Basic blocks of two convolutions with a sum beside: each row says their filters and the first one's stride. */
function residual(net: Net, input: string, from: number, blocks: readonly (readonly number[])[]): string {
  let x = input;
  for (const [to, stride] of blocks) {
    const inner = net.conv(net.relu(net.conv(x, from, to, 3, stride, 1)), to, to, 3, 1, 1);
    const beside = stride === 1 && from === to ? x : net.conv(x, from, to, 1, stride);
    x = net.relu(net.op('Add', [inner, beside]));
    from = to;
  }
  return x;
}

const meanOf = (net: Net, x: string): string => net.op('Flatten', [net.op('GlobalAveragePool', [x])]);

/** ResNet-20 as it was first shown, on 32×32. */
export function resnet20(): ExportedNetwork {
  const net = new Net();
  const blocks = [16, 16, 16, 32, 32, 32, 64, 64, 64].map((to, i) => [to, i === 3 || i === 6 ? 2 : 1]);
  const x = residual(net, net.relu(net.conv('x', 3, 16, 3, 1, 1)), 16, blocks);
  return net.finish([1, 3, 32, 32], net.dense(meanOf(net, x), 64, 10), pixel, FEW);
}

/**
 * ResNet-18 with the stem that it has for ImageNet, whatever the images are. Weights are those of one seed.
 * @param size of the square colour images
 * @param samples to calibrate on
 */
export function resnet18({ size = 224, classes = 1000, samples = FEW } = {}): ExportedNetwork {
  const net = new Net();
  const stem = net.op('MaxPool', [net.relu(net.conv('x', 3, 64, 7, 2, 3))], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  });
  const blocks = [64, 64, 128, 128, 256, 256, 512, 512].map((to, i) => [to, i > 0 && i % 2 === 0 ? 2 : 1]);
  const x = residual(net, stem, 64, blocks);
  return net.finish([1, 3, size, size], net.dense(meanOf(net, x), 512, classes), pixel, samples);
}

/** Inverted residuals: expansion, filters, how many, the first one's stride. */
const INVERTED = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

export function mobileNetV2(): ExportedNetwork {
  const net = new Net();
  const relu6 = (x: string): string => net.op('Clip', [x, net.number(0), net.number(6)]);
  let x = relu6(net.conv('x', 3, 32, 3, 2, 1));
  let from = 32;
  for (const [expansion, to, count, stride] of INVERTED) {
    for (let i = 0; i < count; i++) {
      const wide = from * expansion;
      const expanded = expansion === 1 ? x : relu6(net.conv(x, from, wide, 1));
      const seen = relu6(net.conv(expanded, wide, wide, 3, i === 0 ? stride : 1, 1, wide));
      const narrow = net.conv(seen, wide, to, 1);
      x = i === 0 ? narrow : net.op('Add', [x, narrow]);
      from = to;
    }
  }
  const mean = meanOf(net, relu6(net.conv(x, from, 1280, 1)));
  return net.finish([1, 3, 224, 224], net.dense(mean, 1280, 1000), pixel, FEW);
}

/** Squeezed, and expanded filters of each kind; 0 for a pool. */
const FIRES = [
  [16, 64],
  [16, 64],
  [0, 0],
  [32, 128],
  [32, 128],
  [0, 0],
  [48, 192],
  [48, 192],
  [64, 256],
  [64, 256],
] as const;

/** SqueezeNet 1.1. */
export function squeezeNet(): ExportedNetwork {
  const net = new Net();
  const pool = (x: string): string =>
    net.op('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 });
  let x = pool(net.relu(net.conv('x', 3, 64, 3, 2)));
  let from = 64;
  for (const [squeezed, expanded] of FIRES) {
    if (squeezed === 0) {
      x = pool(x);
      continue;
    }
    const few = net.relu(net.conv(x, from, squeezed, 1));
    const [one, three] = [net.conv(few, squeezed, expanded, 1), net.conv(few, squeezed, expanded, 3, 1, 1)];
    x = net.op('Concat', [net.relu(one), net.relu(three)], { axis: 1 });
    from = 2 * expanded;
  }
  return net.finish([1, 3, 224, 224], meanOf(net, net.relu(net.conv(x, from, 1000, 1))), pixel, FEW);
}
