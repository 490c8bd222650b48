import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeManifest, encodeManifest, type Manifest } from '../../../protocol/manifest.ts';
import { artifactOf } from '../../../protocol/store/digest.ts';
import { buildModel, type BuildOptions } from '../../../slicer/build/build-model.ts';
import { sliceFile } from '../../../slicer/build/folder.ts';
import { countConstraints } from '../../../slicer/circuit/count/count.ts';
import { readR1cs } from '../../../groth16/formats/r1cs-file.ts';
import { parseVerifyingKey } from '../../../groth16/formats/verifying-key.ts';
import { decodeProgram } from '../../../slicer/integer/serialise.ts';
import { randomSamples } from '../../support/lenet.ts';
import { SMALL_MODEL_SIZE, smallModel } from '../../support/small-model.ts';

let folder: string;
let options: BuildOptions;
let manifest: Manifest;
const steps: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-build-'));
  options = {
    onnx: smallModel(),
    name: 'small',
    calibration: randomSamples(1, 64, SMALL_MODEL_SIZE),
    heldOut: { inputs: randomSamples(2, 100, SMALL_MODEL_SIZE) },
    outDir: path.join(folder, 'model'),
    setup: 'development',
    seed: Buffer.from('build test'),
    minSlices: 3,
    labels: ['left', 'middle', 'right'],
    onProgress: ({ step }) => {
      if (steps.at(-1) !== step) steps.push(step);
    },
  };
  manifest = await buildModel(options);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a build', () => {
  it('goes through all its steps in order', () => {
    expect(steps).toEqual(['quantise', 'plan', 'measure', 'slice', 'prove']);
  });

  it('writes a manifest that names every file by what is in it', async () => {
    const written = await readFile(path.join(options.outDir, 'manifest.json'));
    expect(decodeManifest(written)).toEqual(manifest);
    expect(Buffer.compare(written, encodeManifest(manifest))).toBe(0);
    expect(artifactOf(await readFile(path.join(options.outDir, 'model.onnx')))).toEqual(manifest.source);
    for (const { id, artifacts } of manifest.slices) {
      for (const kind of Object.keys(artifacts) as (keyof typeof artifacts)[]) {
        expect(artifactOf(await readFile(sliceFile(options.outDir, id, kind)))).toEqual(artifacts[kind]);
      }
    }
  });

  it('describes circuits as they are', async () => {
    expect(manifest.slices.length).toBe(3);
    for (const { id, constraints, weight, inputs, outputs } of manifest.slices) {
      const program = decodeProgram(await readFile(sliceFile(options.outDir, id, 'program')));
      const r1cs = readR1cs(await readFile(sliceFile(options.outDir, id, 'r1cs')));
      expect(constraints).toBe(r1cs.constraints);
      expect(constraints).toBe(countConstraints(program));
      expect(weight).toBe(constraints);
      const key = parseVerifyingKey(
        JSON.parse(await readFile(sliceFile(options.outDir, id, 'verifyingKey'), 'utf8')),
      );
      expect(key.nPublic).toBe(inputs.length + outputs.length + 1);
    }
  });

  it('says what the setup was and how accurate the model is', () => {
    const { setup, accuracy, labels } = manifest;
    expect(setup).toBe('development');
    expect(labels).toEqual(options.labels);
    // Without labels the float model is right by definition.
    expect(accuracy).toMatchObject({ samples: 100, top1Float: 1, top1Quantised: accuracy.top1Agreement });
    expect(accuracy.top1Agreement).toBeGreaterThan(0.95);
    expect(accuracy.meanError).toBeGreaterThan(0);
    expect(accuracy.maxError).toBeGreaterThanOrEqual(accuracy.meanError);
  });

  it('gives the same bytes again for the same seed, and replaces an earlier build', async () => {
    await writeFile(path.join(options.outDir, 'slices', 'stale'), 'of an earlier build');
    const again = await buildModel(options);
    const untimed = ({ slices, ...rest }: Manifest) => ({
      ...rest,
      slices: slices.map((slice) => ({ ...slice, setupSeconds: 0 })),
    });
    expect(untimed(again)).toEqual(untimed(manifest));
    expect(await readdir(path.join(options.outDir, 'slices'))).toEqual(['0', '1', '2']);
    expect(await readdir(folder)).toEqual(['model']);
  });

  it('makes other keys without a seed, from the same circuits', async () => {
    const outDir = path.join(folder, 'fresh');
    const fresh = await buildModel({ ...options, seed: undefined, outDir });
    fresh.slices.forEach(({ artifacts }, i) => {
      const before = manifest.slices[i].artifacts;
      expect(artifacts.r1cs).toEqual(before.r1cs);
      expect(artifacts.onnx).toEqual(before.onnx);
      expect(artifacts.provingKey!.sha256).not.toBe(before.provingKey!.sha256);
    });
    await rm(outDir, { recursive: true });
  });

  it('leaves a folder alone that no build made, and leaves nothing behind when it fails', async () => {
    const outDir = path.join(folder, 'precious');
    await mkdir(outDir);
    await writeFile(path.join(outDir, 'thesis.txt'), 'years of work');
    await expect(buildModel({ ...options, outDir })).rejects.toMatchObject({ code: 'BUILD_FOLDER' });
    expect(await readdir(outDir)).toEqual(['thesis.txt']);
    await rm(outDir, { recursive: true });

    const before = await readdir(folder);
    await expect(
      buildModel({ ...options, outDir: path.join(folder, 'failed'), budget: 100 }),
    ).rejects.toMatchObject({ code: 'PLAN_UNIT_TOO_LARGE' });
    expect(await readdir(folder)).toEqual(before);
  });

  it.each<[string, Partial<BuildOptions>]>([
    ['QUANTISE_SAMPLE_SHAPE', { calibration: [[new Float32Array(35)]] }],
    ['QUANTISE_NO_SAMPLES', { calibration: [] }],
    ['BUILD_SAMPLE_SHAPE', { heldOut: { inputs: [[new Float32Array(37)]] } }],
    ['BUILD_LABELS', { heldOut: { inputs: randomSamples(2, 3, SMALL_MODEL_SIZE), labels: [1, 2] } }],
    ['ONNX_TRUNCATED', { onnx: smallModel().subarray(0, 300) }],
  ])('stops with %s', async (code, bad) => {
    await expect(buildModel({ ...options, ...bad, outDir: path.join(folder, 'bad') })).rejects.toMatchObject({
      code,
    });
  });
});
