import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../../slicer/build/build-model.ts';
import { writeOnnx, type OnnxGraph } from '../../../slicer/onnx/index.ts';
import { randomSamples } from '../../support/lenet.ts';
import { mobileNetwork, residualNetwork, squeezeNetwork } from '../../support/networks.ts';
import { expectedOutputs, expectQuantised, randomSample } from '../../support/operator-case.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-networks-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const NETWORKS: readonly (readonly [string, () => OnnxGraph])[] = [
  ['residual blocks', residualNetwork],
  ['inverted residuals with depthwise convolutions', mobileNetwork],
  ['fire modules', squeezeNetwork],
];

describe('networks of the common shapes', () => {
  it.each(NETWORKS)('%s: near the float model, one meaning in all three places', async (_, make) => {
    const graph = make();
    const samples = [1, 2, 3].map((seed) => randomSample(graph, seed));
    const expected = await Promise.all(samples.map((sample) => expectedOutputs(graph, sample)));
    await expectQuantised(graph, samples, expected, { bits: 8, tolerance: 0.06 });
  });

  // A build runs its slices in ONNX Runtime against the evaluator, checks every witness, and proves and verifies one.
  it.each(NETWORKS)('%s: are built, slice by slice', async (name, make) => {
    const graph = make();
    const size = graph.inputs[0].shape.reduce((product, side) => product * side, 1);
    const manifest = await buildModel({
      onnx: writeOnnx(graph),
      name,
      calibration: randomSamples(1, 24, size),
      heldOut: { inputs: randomSamples(2, 8, size) },
      outDir: path.join(folder, name.replaceAll(' ', '-')),
      setup: 'development',
      seed: Buffer.from(name),
      minSlices: 2,
      bits: { weights: 4, activations: 3 },
    });
    expect(manifest.slices.length).toBeGreaterThanOrEqual(2);
    expect(manifest.slices.every(({ provable }) => provable)).toBe(true);
  });
});
