import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readSampleSets, type Sample } from '../../protocol/samples.ts';
import {
  buildGraph,
  readOnnx,
  writeOnnx,
  type AttributeValue,
  type OnnxNode,
  type OnnxTensor,
} from '../../slicer/onnx/index.ts';
import { seededRandom, type Random } from '../training/random.ts';

/** A network as people have them, with inputs to choose bits on. */
export interface MeasuredNetwork {
  readonly name: string;
  readonly onnx: Uint8Array;
  readonly calibration: readonly Sample[];
  /** Keys are made and all slices proved; else only the plan is made, with 8 bits everywhere. */
  readonly proved: boolean;
}

const EXAMPLE = path.join(import.meta.dirname, '..', '..', 'examples', 'digits');
/** Fewer than a build would be given: what a circuit costs hardly depends on it. */
const SAMPLES = 32;

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
    },
    { name: 'two convolutions, three layers, 32×32 colour', proved: true, ...colourNet() },
    { name: 'transformer block, 16 tokens of 32', proved: true, ...transformer(16, 32, 4, 64) },
    { name: 'ResNet-8, 32×32 colour', proved: false, ...resnet8() },
  ];
}

/** Nodes and random constants of one graph. */
class Net {
  readonly nodes: OnnxNode[] = [];
  readonly constants = new Map<string, OnnxTensor>();
  readonly #random: Random = seededRandom(13);

  op(operator: string, inputs: readonly string[], attributes: Record<string, AttributeValue> = {}): string {
    const output = `t${this.nodes.length}`;
    this.nodes.push({ name: output, operator, inputs, outputs: [output], attributes });
    return output;
  }

  /** About normal numbers whose spread keeps activations as large as they came. */
  weights(shape: readonly number[], fanIn: number): string {
    const length = shape.reduce((product, size) => product * size, 1);
    const deviation = Math.sqrt(2 / fanIn);
    return this.constant(
      shape,
      Float32Array.from({ length }, () => deviation * normal(this.#random)),
    );
  }

  constant(shape: readonly number[], data: OnnxTensor['data'], type: OnnxTensor['type'] = 'float32'): string {
    const name = `w${this.constants.size}`;
    this.constants.set(name, { type, shape, data });
    return name;
  }

  number = (value: number): string => this.constant([], Float32Array.of(value));
  shape = (sizes: readonly number[]): string =>
    this.constant([sizes.length], BigInt64Array.from(sizes, BigInt), 'int64');

  conv(x: string, from: number, to: number, kernel: number, stride = 1, pad = 0): string {
    const weights = this.weights([to, from, kernel, kernel], from * kernel * kernel);
    return this.op('Conv', [x, weights, this.weights([to], 100)], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
  }

  dense(x: string, from: number, to: number): string {
    return this.op('Gemm', [x, this.weights([to, from], from), this.weights([to], 100)], { transB: 1 });
  }

  relu = (x: string): string => this.op('Relu', [x]);
  pool = (x: string): string => this.op('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] });

  /** @returns the file, and inputs for it */
  finish(
    shape: readonly number[],
    last: string,
    draw: (random: Random) => number,
  ): Pick<MeasuredNetwork, 'onnx' | 'calibration'> {
    this.nodes.push({ name: 'y', operator: 'Identity', inputs: [last], outputs: ['y'], attributes: {} });
    const graph = buildGraph({
      name: 'network',
      opset: 17,
      inputs: [{ name: 'x', type: 'float32', shape }],
      outputs: [{ name: 'y' }],
      nodes: this.nodes,
      constants: this.constants,
    });
    const length = shape.reduce((product, size) => product * size, 1);
    const calibration = Array.from({ length: SAMPLES }, () => [
      Float32Array.from({ length }, () => draw(this.#random)),
    ]);
    return { onnx: writeOnnx(graph), calibration };
  }
}

const pixel = (random: Random): number => random.uniform();
/** About normal, by the sum of three uniforms. */
const normal = ({ uniform }: Random): number => 2 * (uniform() + uniform() + uniform() - 1.5);

function perceptron() {
  const net = new Net();
  return net.finish([1, 784], net.dense(net.relu(net.dense('x', 784, 128)), 128, 10), pixel);
}

/** The network of PyTorch's own tutorial on classifiers. */
function colourNet() {
  const net = new Net();
  const first = net.pool(net.relu(net.conv('x', 3, 6, 5)));
  const flat = net.op('Flatten', [net.pool(net.relu(net.conv(first, 6, 16, 5)))]);
  const hidden = net.relu(net.dense(net.relu(net.dense(flat, 400, 120)), 120, 84));
  return net.finish([1, 3, 32, 32], net.dense(hidden, 84, 10), pixel);
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
  return net.finish([1, 3, 32, 32], net.dense(mean, 64, 10), pixel);
}

/** Attention over several heads and two layers with a GELU, each with its norm and its sum; then the mean and a classifier. */
function transformer(tokens: number, width: number, heads: number, hidden: number) {
  const net = new Net();
  const linear = (x: string, from: number, to: number): string =>
    net.op('Add', [net.op('MatMul', [x, net.weights([from, to], 2 * from)]), net.weights([to], 100)]);
  const norm = (x: string): string =>
    net.op(
      'LayerNormalization',
      [
        x,
        net.constant([width], new Float32Array(width).fill(1)),
        net.constant([width], new Float32Array(width)),
      ],
      { axis: -1, epsilon: 1e-5 },
    );
  const gelu = (x: string): string => {
    const erf = net.op('Erf', [net.op('Div', [x, net.number(Math.SQRT2)])]);
    const sum = net.op('Add', [erf, net.number(1)]);
    return net.op('Mul', [net.op('Mul', [x, sum]), net.number(0.5)]);
  };
  const split = net.shape([1, tokens, heads, width / heads]);
  const part = (x: string, perm: readonly number[]): string =>
    net.op('Transpose', [net.op('Reshape', [linear(x, width, width), split])], { perm });
  const x = net.op('Add', ['x', net.weights([1, tokens, width], 8)]);
  const normed = norm(x);
  const scores = net.op('MatMul', [part(normed, [0, 2, 1, 3]), part(normed, [0, 2, 3, 1])]);
  const scaled = net.op('Div', [scores, net.number(Math.sqrt(width / heads))]);
  const mixed = net.op('MatMul', [net.op('Softmax', [scaled], { axis: -1 }), part(normed, [0, 2, 1, 3])]);
  const turned = net.op('Transpose', [mixed], { perm: [0, 2, 1, 3] });
  const attended = linear(net.op('Reshape', [turned, net.shape([1, tokens, width])]), width, width);
  const middle = net.op('Add', [x, attended]);
  const above = linear(gelu(linear(norm(middle), width, hidden)), hidden, width);
  const last = net.op('Add', [middle, above]);
  const mean = net.op('ReduceMean', [last], { axes: [1], keepdims: 0 });
  return net.finish([1, tokens, width], linear(mean, width, 10), normal);
}
