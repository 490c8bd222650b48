import { buildGraph, writeOnnx } from '../../slicer/onnx/index.ts';
import { buildModel } from '../../slicer/build/build-model.ts';
import { node, randomConstants } from './lenet.ts';
import { copyShared } from './shared.ts';

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

/** What the built one was calibrated and measured on. */
export const SMALL_SAMPLES: readonly (readonly [Float32Array])[] = Array.from({ length: 8 }, (_, k) => [
  Float32Array.from({ length: SMALL_MODEL_SIZE }, (_, i) => ((i * 7 + k * 5) % 11) / 10),
]);

/** Leaves it built in a folder, in three slices and with names for its outputs: made once in a run, from a seed. */
export const copySmallModel = (folder: string): Promise<void> =>
  copyShared(
    'small model, built',
    (made) =>
      buildModel({
        onnx: smallModel(),
        name: 'small',
        calibration: SMALL_SAMPLES,
        heldOut: { inputs: SMALL_SAMPLES },
        outDir: made,
        setup: 'development',
        seed: Buffer.from('small'),
        labels: ['left', 'middle', 'right'],
        minSlices: 3,
      }),
    folder,
  );
