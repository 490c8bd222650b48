import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeManifest, encodeManifest, type Manifest } from '../../../protocol/manifest.ts';
import { buildModel } from '../../../slicer/build/build-model.ts';
import { sliceFile } from '../../../slicer/build/folder.ts';
import { openModel } from '../../../slicer/build/open-model.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { executeSlice, openSlice } from '../../../slicer/execute/session.ts';
import { decodeProgram } from '../../../slicer/integer/serialise.ts';
import { readOnnx } from '../../../slicer/onnx/index.ts';
import { modelWith } from '../../support/foreign-model.ts';
import { node, randomSamples } from '../../support/lenet.ts';

/** One of them in a branch beside a convolution whose sum reads both, and one at the end. */
const onnx = modelWith(
  [
    node('Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1] }),
    node('Relu', ['c'], 's'),
    node('Add', ['s', 'c'], 'a'),
    node('Relu', ['a'], 'r'),
    node('Flatten', ['r'], 'f'),
    node('Gemm', ['f', 'v', 'b'], 'g', { transB: 1 }),
    node('Relu', ['g'], 'y'),
  ],
  { s: 'MeanVarianceNormalization', y: 'LpNormalization' },
);

let folder: string;
let manifest: Manifest;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-foreign-'));
  manifest = await buildModel({
    onnx,
    name: 'foreign',
    calibration: randomSamples(1, 32, 32),
    heldOut: { inputs: randomSamples(2, 16, 32) },
    outDir: path.join(folder, 'model'),
    setup: 'development',
    seed: Buffer.from('foreign'),
    minSlices: 1,
    bits: { weights: 8, activations: 8 },
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a model with operators that can’t be proved', () => {
  it('is refused by the reader alone, and read with what ONNX Runtime says of them', async () => {
    expect(() => readOnnx(onnx)).toThrow(expect.objectContaining({ code: 'ONNX_UNKNOWN_OPERATOR' }));
    const graph = await openModel(onnx);
    expect(graph.tensors.get('s')).toEqual({ type: 'float32', shape: [1, 2, 4, 4] });
    expect(graph.nodes.filter(({ foreign }) => foreign).map(({ operator }) => operator)).toEqual([
      'MeanVarianceNormalization',
      'LpNormalization',
    ]);
  });

  it('has a slice for each of them, with neither circuit nor keys', () => {
    const unprovable = manifest.slices.filter(({ provable }) => !provable);
    expect(unprovable.map(({ operators }) => operators)).toEqual([
      ['MeanVarianceNormalization'],
      ['LpNormalization'],
    ]);
    for (const { id, artifacts, weight, constraints } of unprovable) {
      expect(Object.keys(artifacts)).toEqual(['onnx', 'program']);
      expect([weight, constraints]).toEqual([0, 0]);
      expect(existsSync(sliceFile(path.join(folder, 'model'), id, 'onnx'))).toBe(true);
      expect(existsSync(sliceFile(path.join(folder, 'model'), id, 'provingKey'))).toBe(false);
    }
    const proved = manifest.slices.filter(({ provable }) => provable);
    expect(proved.length).toBeGreaterThanOrEqual(2);
    expect(proved.every(({ artifacts }) => artifacts.r1cs && artifacts.provingKey)).toBe(true);
  });

  it('says in its manifest what is provable, and takes no manifest that says otherwise', () => {
    expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest);
    const slices = manifest.slices.map((slice) => ({ ...slice, provable: true }));
    expect(() => decodeManifest(Buffer.from(JSON.stringify({ ...manifest, slices })))).toThrow(
      expect.objectContaining({ code: 'MANIFEST_MALFORMED' }),
    );
    const adds = (of: Manifest['slices']): number =>
      of.reduce((sum, slice) => sum + (slice.multiplyAdds ?? 0), 0);
    // Every multiply-add is in the convolution and the matrix: 2 · 16 outputs of 18 taps, 3 of 32.
    expect(adds(manifest.slices)).toBe(2 * 16 * 18 + 3 * 32);
    expect(adds(manifest.slices.filter(({ provable }) => !provable))).toBe(0);
  });

  it('gives what the float model gives', () => {
    expect(manifest.accuracy.samples).toBe(16);
    expect(manifest.accuracy.meanError).toBeLessThan(0.05);
  });

  it('has a value where an operator gives none: 0 for the normalisation of what is all alike', async () => {
    const { id } = manifest.slices.find(({ provable }) => !provable)!;
    const session = await openSlice(await readFile(sliceFile(path.join(folder, 'model'), id, 'onnx')), {
      foreign: true,
    });
    try {
      expect(await executeSlice(session, [new Float64Array(32)])).toEqual([new Float64Array(32)]);
      const [varied] = await executeSlice(session, [Float64Array.from({ length: 32 }, (_, i) => i)]);
      expect(new Set(varied).size).toBeGreaterThan(8);
    } finally {
      await session.close();
    }
  });

  it('has no circuit for what has no meaning in integers', async () => {
    const { id } = manifest.slices.find(({ provable }) => !provable)!;
    const program = decodeProgram(await readFile(sliceFile(path.join(folder, 'model'), id, 'program')));
    expect(() => compileSlice(program)).toThrow(expect.objectContaining({ code: 'CIRCUIT_FOREIGN' }));
  });
});
