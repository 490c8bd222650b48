import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeNpy } from '../../protocol/npy.ts';
import { buildGraph, writeOnnx } from '../../slicer/onnx/index.ts';
import { node, randomConstants, randomImages } from './lenet.ts';

/** The files that the Python of docs/tutorial.md writes, with random weights and inputs of the same shapes. */
export async function writeTutorialModel(folder: string): Promise<void> {
  const model = writeOnnx(
    buildGraph({
      name: 'digits',
      inputs: [{ name: 'pixels', type: 'float32', shape: [1, 64] }],
      outputs: [{ name: 'scores' }],
      constants: randomConstants(13, {
        w0: [[64, 32], 0.2],
        b0: [[32], 0.1],
        w1: [[32, 10], 0.3],
        b1: [[10], 0.1],
      }),
      nodes: [
        node('Gemm', ['pixels', 'w0', 'b0'], 'sum0'),
        node('Relu', ['sum0'], 'relu0'),
        node('Gemm', ['relu0', 'w1', 'b1'], 'scores'),
      ],
    }),
  );
  const inputs = (seed: number, count: number): Uint8Array => {
    const data = Float32Array.from(randomImages(seed, count, 64).flatMap((image) => [...image]));
    return writeNpy({ shape: [count, 64], data });
  };
  const files: Readonly<Record<string, Uint8Array>> = {
    'model.onnx': model,
    'calibration/inputs.npy': inputs(1, 128),
    'heldout/inputs.npy': inputs(2, 64),
    'heldout/labels.npy': writeNpy({ shape: [64], data: Uint8Array.from({ length: 64 }, (_, i) => i % 10) }),
    'one.npy': inputs(3, 1),
  };
  for (const [name, bytes] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
}
