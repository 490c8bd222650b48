import { buildGraph, writeOnnx } from '../../slicer/onnx/index.ts';
import { node, randomConstants } from './lenet.ts';

/** A classifier of 6×6 images in three layers, whose keys take a second: as a file. */
export function smallModel(): Uint8Array {
  return writeOnnx(
    buildGraph({
      name: 'small',
      inputs: [{ name: 'image', type: 'float32', shape: [1, 1, 6, 6] }],
      outputs: [{ name: 'scores' }],
      constants: randomConstants(12, {
        w1: [[2, 1, 3, 3], 0.4],
        b1: [[2], 0.1],
        w2: [[6, 8], 0.4],
        b2: [[6], 0.1],
        w3: [[3, 6], 0.6],
        b3: [[3], 0.1],
      }),
      nodes: [
        node('Conv', ['image', 'w1', 'b1'], 'c1'),
        node('Relu', ['c1'], 'r1'),
        node('MaxPool', ['r1'], 'p1', { kernel_shape: [2, 2], strides: [2, 2] }),
        node('Flatten', ['p1'], 'flat'),
        node('Gemm', ['flat', 'w2', 'b2'], 'h2', { transB: 1 }),
        node('Relu', ['h2'], 'r2'),
        node('Gemm', ['r2', 'w3', 'b3'], 'scores', { transB: 1 }),
      ],
    }),
  );
}

export const SMALL_MODEL_SIZE = 36;
