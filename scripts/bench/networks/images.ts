import { linear } from './attention.ts';
import { FEW, Net, pixel, type ExportedNetwork } from './net.ts';

const SMALL = { shape: [1, 3, 32, 32], draw: pixel, samples: FEW } as const;
const LARGE = { shape: [1, 3, 224, 224], draw: pixel, samples: FEW } as const;

/** LeNet-5 as Keras and tf2onnx write it: channels last outside convolutions, products with matrices, shares at the end. */
export function lenet5(): ExportedNetwork {
  const net = new Net();
  const first = net.op('Transpose', ['x'], { perm: [0, 3, 1, 2] });
  const small = net.pool(net.relu(net.conv(first, 1, 6, 5, 1, 2)));
  const smaller = net.pool(net.relu(net.conv(small, 6, 16, 5)));
  let x = net.op('Reshape', [net.op('Transpose', [smaller], { perm: [0, 2, 3, 1] }), net.integers(-1, 400)]);
  for (const [from, to] of [
    [400, 120],
    [120, 84],
  ]) {
    x = net.relu(linear(net, x, from, to));
  }
  const shares = net.op('Softmax', [linear(net, x, 84, 10)], { axis: 1 });
  return net.finish({ shape: [1, 28, 28, 1], outputs: [shares], draw: pixel, opset: 15 });
}

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
  const scores = net.dense(net.op('Flatten', [x]), 512, 10);
  return net.finish({ ...SMALL, outputs: [scores], opset: 11 });
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
  return net.finish({ ...SMALL, outputs: [net.dense(meanOf(net, x), 64, 10)], opset: 13 });
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
  const scores = net.dense(meanOf(net, x), 512, classes);
  return net.finish({ shape: [1, 3, size, size], draw: pixel, samples, outputs: [scores] });
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
  return net.finish({ ...LARGE, outputs: [net.dense(mean, 1280, 1000)] });
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
  const scores = meanOf(net, net.relu(net.conv(x, from, 1000, 1)));
  return net.finish({ ...LARGE, outputs: [scores], opset: 11 });
}
