import { buildModel } from '../../slicer/build/build-model.ts';
import { buildGraph, writeOnnx, type OnnxTensor } from '../../slicer/onnx/index.ts';
import { Random } from '../random.ts';

/** Values of the model's input. */
export const INPUT_SIZE = 12;

/** A model of two slices whose proofs take moments: what is tried here is everything around them. */
export async function buildChaosModel(folder: string): Promise<void> {
  const random = new Random(1);
  const weights = (...shape: number[]): OnnxTensor => ({
    type: 'float32',
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.next() - 0.5),
  });
  const samples = (count: number): Float32Array[][] =>
    Array.from({ length: count }, () => [Float32Array.from({ length: INPUT_SIZE }, () => random.next())]);
  const onnx = writeOnnx(
    buildGraph({
      name: 'chaos',
      inputs: [{ name: 'x', type: 'float32', shape: [1, INPUT_SIZE] }],
      outputs: [{ name: 'y' }],
      constants: new Map([
        ['w1', weights(8, INPUT_SIZE)],
        ['b1', weights(8)],
        ['w2', weights(5, 8)],
        ['b2', weights(5)],
      ]),
      nodes: [
        {
          name: 'first',
          operator: 'Gemm',
          inputs: ['x', 'w1', 'b1'],
          outputs: ['h'],
          attributes: { transB: 1 },
        },
        { name: 'relu', operator: 'Relu', inputs: ['h'], outputs: ['r'], attributes: {} },
        {
          name: 'second',
          operator: 'Gemm',
          inputs: ['r', 'w2', 'b2'],
          outputs: ['y'],
          attributes: { transB: 1 },
        },
      ],
    }),
  );
  await buildModel({
    onnx,
    name: 'chaos',
    calibration: samples(32),
    heldOut: { inputs: samples(32) },
    outDir: folder,
    setup: 'development',
    minSlices: 2,
  });
}
