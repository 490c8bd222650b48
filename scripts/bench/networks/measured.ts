import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readSampleSets } from '../../../protocol/samples.ts';
import { readOnnx } from '../../../slicer/onnx/index.ts';
import { linear, transformerLayer } from './attention.ts';
import { Net, normal, pixel, SAMPLES, type ExportedNetwork } from './net.ts';

/** A network as people have them, with inputs to choose bits on. */
export interface MeasuredNetwork extends ExportedNetwork {
  readonly name: string;
  /** Keys are made and all slices proved; else only the plan is made, with 8 bits everywhere. */
  readonly proved: boolean;
}

const EXAMPLE = path.join(import.meta.dirname, '..', '..', '..', 'examples', 'digits');

/** From a perceptron to a small ResNet. All but the example have random weights: how many there are is what costs. */
export async function measuredNetworks(): Promise<readonly MeasuredNetwork[]> {
  const digits = await readFile(path.join(EXAMPLE, 'model.onnx'));
  const samples = await readSampleSets(path.join(EXAMPLE, 'calibration'), readOnnx(digits).inputs);
  return [
    { name: 'perceptron 784–128–10', proved: true, ...perceptron() },
    {
      name: 'LeNet-5, 28×28 grey (`examples/digits`)',
      proved: true,
      onnx: digits,
      calibration: samples.slice(0, 4 * SAMPLES),
      heldOut: samples.slice(4 * SAMPLES),
    },
    { name: 'two convolutions, three layers, 32×32 colour', proved: true, ...colourNet() },
    { name: 'transformer block, 16 tokens of 32', proved: true, ...transformer(16, 32, 4, 64) },
    { name: 'ResNet-8, 32×32 colour', proved: false, ...resnet8() },
  ];
}

function perceptron() {
  const net = new Net();
  const scores = net.dense(net.relu(net.dense('x', 784, 128)), 128, 10);
  return net.finish({ shape: [1, 784], outputs: [scores], draw: pixel });
}

/** The network of PyTorch's own tutorial on classifiers. */
function colourNet() {
  const net = new Net();
  const first = net.pool(net.relu(net.conv('x', 3, 6, 5)));
  const flat = net.op('Flatten', [net.pool(net.relu(net.conv(first, 6, 16, 5)))]);
  const hidden = net.relu(net.dense(net.relu(net.dense(flat, 400, 120)), 120, 84));
  return net.finish({ shape: [1, 3, 32, 32], outputs: [net.dense(hidden, 84, 10)], draw: pixel });
}

/** ResNet-8 as benchmarks of small devices have it: 12.5 million multiply-adds. */
function resnet8() {
  const net = new Net();
  let x = net.relu(net.conv('x', 3, 16, 3, 1, 1));
  let from = 16;
  for (const [to, stride] of [
    [16, 1],
    [32, 2],
    [64, 2],
  ]) {
    const inner = net.conv(net.relu(net.conv(x, from, to, 3, stride, 1)), to, to, 3, 1, 1);
    const beside = stride === 1 ? x : net.conv(x, from, to, 1, stride);
    x = net.relu(net.op('Add', [inner, beside]));
    from = to;
  }
  const mean = net.op('Flatten', [net.op('GlobalAveragePool', [x])]);
  return net.finish({ shape: [1, 3, 32, 32], outputs: [net.dense(mean, 64, 10)], draw: pixel });
}

/** One layer of a transformer over normal numbers; then the mean and a classifier. */
function transformer(tokens: number, width: number, heads: number, hidden: number): ExportedNetwork {
  const net = new Net();
  const x = net.op('Add', ['x', net.weights([1, tokens, width], 8)]);
  const last = transformerLayer(net, x, { tokens, width, heads, hidden });
  const mean = net.op('ReduceMean', [last], { axes: [1], keepdims: 0 });
  return net.finish({ shape: [1, tokens, width], outputs: [linear(net, mean, width, 10)], draw: normal });
}
