import { buildGraph, type OnnxGraph, type OnnxNode, type OnnxTensor } from '../../slicer/onnx/index.ts';
import { node, noise, randomConstants } from './lenet.ts';
import { seededNumbers } from './programs.ts';

type Pads = readonly [number, number, number, number];

/** Collects the nodes and random weights of a small network, layer by layer. */
class Network {
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, OnnxTensor>();
  readonly #draw: (low: number, high: number) => number;

  constructor(seed: number) {
    this.#draw = seededNumbers(seed);
  }

  add(operator: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}): string {
    const output = `${operator}${this.#nodes.length}`;
    this.#nodes.push(node(operator, inputs, output, attributes));
    return output;
  }

  weights(shape: readonly number[], deviation: number): string {
    const name = `w${this.#constants.size}`;
    const [[, tensor]] = randomConstants(this.#draw(1, 1 << 20), { [name]: [shape, deviation] });
    this.#constants.set(name, tensor);
    return name;
  }

  conv(
    input: string,
    [filters, channels, size]: readonly [number, number, number],
    { stride = 1, groups = 1 } = {},
  ): string {
    const pad = Math.floor(size / 2);
    const weights = this.weights(
      [filters, channels / groups, size, size],
      1 / (size * Math.sqrt(channels / groups)),
    );
    return this.add('Conv', [input, weights, this.weights([filters], 0.3)], {
      pads: [pad, pad, pad, pad] satisfies Pads,
      strides: [stride, stride],
      group: groups,
    });
  }

  norm(input: string, channels: number): string {
    const values = (of: () => number): string => {
      const name = `w${this.#constants.size}`;
      const data = Float32Array.from({ length: channels }, of);
      this.#constants.set(name, { type: 'float32', shape: [channels], data });
      return name;
    };
    const around = (mean: number) => () => mean + noise(this.#draw, 0.1);
    return this.add('BatchNormalization', [
      input,
      values(around(1)),
      values(around(0)),
      values(around(0)),
      values(around(1)),
    ]);
  }

  relu(input: string): string {
    return this.add('Relu', [input]);
  }

  finish(output: string, input: readonly number[]): OnnxGraph {
    return buildGraph({
      name: 'network',
      inputs: [{ name: 'image', type: 'float32', shape: input }],
      outputs: [{ name: output }],
      nodes: this.#nodes,
      constants: this.#constants,
    });
  }

  /** Average over the image, then one score a class. */
  classify(input: string, channels: number): string {
    const pooled = this.add('Flatten', [this.add('GlobalAveragePool', [input])]);
    return this.add('Gemm', [pooled, this.weights([3, channels], 0.5), this.weights([3], 0.1)], {
      transB: 1,
    });
  }
}

/** Residual blocks, the second with a stride and a projection on its shortcut. */
export function residualNetwork(): OnnxGraph {
  const net = new Network(21);
  const stem = net.relu(net.norm(net.conv('image', [4, 2, 3]), 4));
  const block = (input: string, from: number, to: number, stride: number): string => {
    const first = net.relu(net.norm(net.conv(input, [to, from, 3], { stride }), to));
    const second = net.norm(net.conv(first, [to, to, 3]), to);
    const shortcut = from === to ? input : net.norm(net.conv(input, [to, from, 1], { stride }), to);
    return net.relu(net.add('Add', [second, shortcut]));
  };
  return net.finish(net.classify(block(block(stem, 4, 4, 1), 4, 6, 2), 6), [1, 2, 6, 6]);
}

/** Inverted residuals: widen, depthwise, narrow, with a shortcut between the narrow ends. */
export function mobileNetwork(): OnnxGraph {
  const net = new Network(22);
  const block = (input: string, channels: number): string => {
    const wide = net.relu(net.norm(net.conv(input, [2 * channels, channels, 1]), 2 * channels));
    const deep = net.conv(wide, [2 * channels, 2 * channels, 3], { groups: 2 * channels });
    const narrow = net.conv(net.relu(net.norm(deep, 2 * channels)), [channels, 2 * channels, 1]);
    return net.add('Add', [net.norm(narrow, channels), input]);
  };
  const stem = net.relu(net.norm(net.conv('image', [3, 2, 3], { stride: 2 }), 3));
  return net.finish(net.classify(block(stem, 3), 3), [1, 2, 8, 8]);
}

/** Fire modules: squeeze, then two branches that are joined. */
export function squeezeNetwork(): OnnxGraph {
  const net = new Network(23);
  const fire = (input: string, from: number): string => {
    const squeezed = net.relu(net.conv(input, [2, from, 1]));
    const near = net.relu(net.conv(squeezed, [3, 2, 1]));
    const wide = net.relu(net.conv(squeezed, [3, 2, 3]));
    return net.add('Concat', [near, wide], { axis: 1 });
  };
  const pool = { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 };
  const stem = net.add('MaxPool', [net.relu(net.conv('image', [4, 2, 3]))], pool);
  const scores = net.conv(net.add('Dropout', [fire(fire(stem, 4), 6)]), [3, 6, 1]);
  const pooled = net.add('Flatten', [net.add('GlobalAveragePool', [scores])]);
  return net.finish(pooled, [1, 2, 8, 8]);
}
