import {
  buildGraph,
  readOnnx,
  writeOnnx,
  type AttributeValue,
  type OnnxNode,
  type OnnxTensor,
} from '../../../slicer/onnx/index.ts';
import type { Sample } from '../../../protocol/samples.ts';
import { seededRandom, type Random } from '../../training/random.ts';

/** A network's file, with inputs to choose scales on. */
export interface ExportedNetwork {
  readonly onnx: Uint8Array;
  readonly calibration: readonly Sample[];
}

/** Bits of a plan: random weights of a deep network give no answers that fewer could keep. */
export const EIGHT = { weights: 8, activations: 8 } as const;

export function parametersOf(onnx: Uint8Array): number {
  return [...readOnnx(onnx).constants.values()]
    .filter(({ type }) => type === 'float32')
    .reduce((sum, { data }) => sum + data.length, 0);
}

/** Fewer than a build would be given: what a circuit costs hardly depends on it. */
export const SAMPLES = 32;

export const pixel = (random: Random): number => random.uniform();
/** About normal, by the sum of three uniforms. */
export const normal = ({ uniform }: Random): number => 2 * (uniform() + uniform() + uniform() - 1.5);

/** Nodes and random constants of one graph. */
export class Net {
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

  conv(x: string, from: number, to: number, kernel: number, stride = 1, pad = 0, group = 1): string {
    const read = from / group;
    const weights = this.weights([to, read, kernel, kernel], read * kernel * kernel);
    return this.op('Conv', [x, weights, this.weights([to], 100)], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      group,
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
    samples = SAMPLES,
    type: OnnxTensor['type'] = 'float32',
  ): ExportedNetwork {
    this.nodes.push({ name: 'y', operator: 'Identity', inputs: [last], outputs: ['y'], attributes: {} });
    const graph = buildGraph({
      name: 'network',
      opset: 17,
      inputs: [{ name: 'x', type, shape }],
      outputs: [{ name: 'y' }],
      nodes: this.nodes,
      constants: this.constants,
    });
    const length = shape.reduce((product, size) => product * size, 1);
    const calibration = Array.from({ length: samples }, () => [
      Float32Array.from({ length }, () => draw(this.#random)),
    ]);
    return { onnx: writeOnnx(graph), calibration };
  }
}
