import {
  buildGraph,
  type AttributeValue,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from '../../slicer/onnx/index.ts';
import { seededNumbers } from './programs.ts';

/** About normal, by the sum of three uniforms. */
export function noise(draw: (low: number, high: number) => number, deviation: number): number {
  const uniform = (): number => draw(0, 1 << 20) / (1 << 20);
  return 2 * deviation * (uniform() + uniform() + uniform() - 1.5);
}

/** One node of a test graph, named after the tensor that it writes. */
export function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
): OnnxNode {
  return { name: `${output}/node`, operator, inputs, outputs: [output], attributes };
}

/** Constants with random values: name → shape and deviation. */
export function randomConstants(
  seed: number,
  sizes: Readonly<Record<string, readonly [shape: readonly number[], deviation: number]>>,
): ReadonlyMap<string, OnnxTensor> {
  const draw = seededNumbers(seed);
  return new Map(
    Object.entries(sizes).map(([name, [shape, deviation]]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      const data = Float32Array.from({ length }, () => noise(draw, deviation));
      return [name, { type: 'float32', shape, data }];
    }),
  );
}

const POOL = { kernel_shape: [2, 2], strides: [2, 2] };

/** LeNet-5 of the example with random weights. */
export function randomLenet(seed: number): OnnxGraph {
  return buildGraph({
    name: 'lenet',
    inputs: [{ name: 'image', type: 'float32', shape: [1, 1, 28, 28] }],
    outputs: [{ name: 'logits' }],
    constants: randomConstants(seed, {
      w1: [[6, 1, 5, 5], 0.2],
      b1: [[6], 0.1],
      w2: [[16, 6, 5, 5], 0.1],
      b2: [[16], 0.1],
      w3: [[120, 256], 0.08],
      b3: [[120], 0.1],
      w4: [[84, 120], 0.1],
      b4: [[84], 0.1],
      w5: [[10, 84], 0.1],
      b5: [[10], 0.1],
    }),
    nodes: [
      node('Conv', ['image', 'w1', 'b1'], 'c1'),
      node('Relu', ['c1'], 'r1'),
      node('MaxPool', ['r1'], 'p1', POOL),
      node('Conv', ['p1', 'w2', 'b2'], 'c2'),
      node('Relu', ['c2'], 'r2'),
      node('MaxPool', ['r2'], 'p2', POOL),
      node('Flatten', ['p2'], 'flat'),
      node('Gemm', ['flat', 'w3', 'b3'], 'h3', { transB: 1 }),
      node('Relu', ['h3'], 'r3'),
      node('Gemm', ['r3', 'w4', 'b4'], 'h4', { transB: 1 }),
      node('Relu', ['h4'], 'r4'),
      node('Gemm', ['r4', 'w5', 'b5'], 'logits', { transB: 1 }),
    ],
  });
}

/** Sparse images like digits: most of it paper. */
export function randomImages(seed: number, count: number, size: number): readonly Float32Array[] {
  const draw = seededNumbers(seed);
  return Array.from({ length: count }, () =>
    Float32Array.from({ length: size }, () => (draw(0, 4) === 0 ? draw(0, 255) / 255 : 0)),
  );
}

/** The same for models of one input. */
export function randomSamples(
  seed: number,
  count: number,
  size: number,
): readonly (readonly Float32Array[])[] {
  return randomImages(seed, count, size).map((image) => [image]);
}
