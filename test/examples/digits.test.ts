import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readMnist } from '../../scripts/training/mnist.ts';
import { readImage } from '../../protocol/image.ts';
import { readLabelledSamples, readSamples } from '../../protocol/samples.ts';
import { elementCount, readOnnx } from '../../slicer/onnx/index.ts';
import ort from 'onnxruntime-node';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../examples/digits');
const SHAPE = [1, 1, 28, 28];

/** The classes that the committed model gives these images in ONNX Runtime. */
async function classify(images: readonly Float32Array[]): Promise<readonly number[]> {
  const session = await ort.InferenceSession.create(path.join(folder, 'model.onnx'));
  const classes: number[] = [];
  for (const image of images) {
    const { logits } = await session.run({ image: new ort.Tensor('float32', image, SHAPE) });
    const values = logits.data as Float32Array;
    classes.push(values.indexOf(Math.max(...values)));
  }
  await session.release();
  return classes;
}

function rightOf(classes: readonly number[], labels: Uint8Array): number {
  return classes.filter((found, i) => found === labels[i]).length / labels.length;
}

describe('the digits example', () => {
  it('is a LeNet-5 of 44,426 parameters', async () => {
    const graph = readOnnx(await readFile(path.join(folder, 'model.onnx')));
    expect(graph.nodes.map(({ operator }) => operator).join(' ')).toBe(
      'Conv Relu MaxPool Conv Relu MaxPool Flatten Gemm Relu Gemm Relu Gemm',
    );
    expect(graph.inputs).toEqual([{ name: 'image', type: 'float32', shape: SHAPE }]);
    expect(graph.outputs).toEqual([{ name: 'logits', type: 'float32', shape: [1, 10] }]);
    const parameters = [...graph.constants.values()].map(({ shape }) => elementCount(shape));
    expect(parameters.reduce((sum, count) => sum + count, 0)).toBe(44_426);
  });

  it('answers 99.39 % of the 10,000 test digits correctly, as its README says', async () => {
    const { pixels, labels } = await readMnist('test');
    const images = Array.from(labels, (_, i) =>
      Float32Array.from(pixels.subarray(i * 784, (i + 1) * 784), (byte) => byte / 255),
    );
    // Another CPU's rounding may turn a digit or two.
    expect(rightOf(await classify(images), labels)).toBeCloseTo(0.9939, 3);
  });

  it('carries 1,000 held-out digits and 512 others for calibration', async () => {
    const { inputs, labels } = await readLabelledSamples(path.join(folder, 'heldout'), SHAPE);
    expect(inputs.length).toBe(1000);
    expect(rightOf(await classify(inputs), labels)).toBeGreaterThan(0.98);
    const calibration = await readSamples(path.join(folder, 'calibration'), SHAPE);
    expect(calibration.length).toBe(512);
    const heldOut = new Set(inputs.map(String));
    expect(calibration.filter((image) => heldOut.has(String(image)))).toEqual([]);
  });

  it('carries two images of each class, named by their label, that the model reads correctly', async () => {
    const names = (await readdir(path.join(folder, 'images'))).toSorted();
    expect(names).toEqual(Array.from({ length: 20 }, (_, i) => `${Math.floor(i / 2)}-${i % 2}.png`));
    const images: Float32Array[] = [];
    for (const name of names)
      images.push(readImage(await readFile(path.join(folder, 'images', name)), SHAPE));
    expect(await classify(images)).toEqual(names.map((name) => Number(name[0])));
  });
});
