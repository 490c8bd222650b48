import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeManifest, type Manifest, type ManifestSlice } from '../../../protocol/manifest.ts';
import { artifactOf } from '../../../protocol/store/digest.ts';
import { auditModel, type AuditOptions } from '../../../slicer/audit/audit-model.ts';
import { readManifest, sliceFile } from '../../../slicer/build/folder.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { writeR1cs } from '../../../groth16/formats/r1cs-file.ts';
import { decodeProgram, encodeProgram } from '../../../slicer/integer/serialise.ts';
import { randomSamples } from '../../support/lenet.ts';
import { copySmallModel, SMALL_MODEL_SIZE, SMALL_SAMPLES, smallModel } from '../../support/small-model.ts';

type Kind = keyof ManifestSlice['artifacts'];

let folder: string;
let honest: string;
const calibration = SMALL_SAMPLES;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-audit-'));
  honest = path.join(folder, 'honest');
  await copySmallModel(honest);
});
afterAll(() => rm(folder, { recursive: true }));

/** A copy of the built model in which `change` may do what it likes. */
async function tampered(change: (model: Tampering) => Promise<void>): Promise<string> {
  const copy = path.join(folder, 'tampered');
  await rm(copy, { recursive: true, force: true });
  await cp(honest, copy, { recursive: true });
  const manifest = await readManifest(copy);
  await change({
    folder: copy,
    manifest,
    read: (slice, kind) => readFile(sliceFile(copy, slice, kind)),
    async put(slice, kind, bytes) {
      await writeFile(sliceFile(copy, slice, kind), bytes);
      manifest.slices[slice].artifacts[kind] = artifactOf(bytes);
    },
  });
  await writeFile(path.join(copy, 'manifest.json'), encodeManifest(manifest));
  return copy;
}

interface Tampering {
  readonly folder: string;
  /** Written back when the change is done. */
  readonly manifest: Manifest;
  read(slice: number, kind: Kind): Promise<Uint8Array>;
  /** Replaces a file, and its digest in the manifest. */
  put(slice: number, kind: Kind, bytes: Uint8Array): Promise<void>;
}

/** What fails, as `check` or `check of slice`. */
async function failures(model: string, options: Partial<AuditOptions> = {}): Promise<string[]> {
  const settings = { allowUnpublished: false, allowDevelopment: true, calibration };
  const { findings, holds } = await auditModel({ ...settings, ...options, folder: model });
  const failed = findings.filter(({ state }) => state === 'fails');
  expect(holds).toBe(failed.length === 0);
  return failed.map(({ check, slice }) => (slice === undefined ? check : `${check} of ${slice}`));
}

/** The program of a slice with one weight changed by one. */
async function otherProgram(model: Tampering, slice: number) {
  const program = decodeProgram(await model.read(slice, 'program'));
  const node = program.nodes.find(({ kind }) => kind === 'conv' || kind === 'gemm');
  const { weights } = node as unknown as { weights: Int32Array };
  weights[0] += weights[0] > 0 ? -1 : 1;
  return program;
}

describe('an audit of an honest build', () => {
  it('finds that everything follows from the float model and the samples', async () => {
    const { findings, holds } = await auditModel({
      folder: honest,
      calibration,
      allowUnpublished: false,
      allowDevelopment: true,
    });
    expect(holds).toBe(true);
    expect(findings.filter(({ state }) => state !== 'holds')).toEqual([]);
    expect(findings.filter(({ check }) => check === 'program from float model').length).toBe(3);
    expect(findings.filter(({ check }) => check === 'circuit from program').length).toBe(3);
  });

  it('derives from the rows of each circuit that an input has one witness, where it is asked to', async () => {
    const check = 'one witness for each input';
    const settings = { folder: honest, calibration, allowUnpublished: false, allowDevelopment: true };
    const { findings } = await auditModel({ ...settings, unique: true });
    expect(findings.filter((finding) => finding.check === check)).toEqual(
      [0, 1, 2].map((slice) => ({ check, slice, state: 'holds' })),
    );
    expect((await auditModel(settings)).findings.some((finding) => finding.check === check)).toBe(false);
  });

  it('refuses a development setup unless told otherwise', async () => {
    expect(await failures(honest, { allowDevelopment: false })).toEqual(['setup']);
  });

  it('says what it could not check', async () => {
    const { findings, holds } = await auditModel({
      folder: honest,
      allowUnpublished: false,
      allowDevelopment: true,
    });
    expect(holds).toBe(true);
    expect(findings.filter(({ state }) => state === 'unchecked')).toEqual([
      expect.objectContaining({ check: 'programs from float model' }),
    ]);
    const copy = await tampered((model) => rm(path.join(model.folder, 'model.onnx')));
    expect(await failures(copy)).toEqual([]);
    expect(await failures(copy, { onnx: smallModel() })).toEqual([]);
  });
});

describe('an audit tells by name', () => {
  it('another float model', async () => {
    const copy = await tampered((model) => writeFile(path.join(model.folder, 'model.onnx'), 'other'));
    expect(await failures(copy)).toEqual(['float model']);
  });

  it('other samples', async () => {
    const others = randomSamples(3, 16, SMALL_MODEL_SIZE);
    expect(await failures(honest, { calibration: others })).toEqual(['calibration samples']);
    expect(await failures(honest, { calibration: calibration.slice(1) })).toEqual(['calibration samples']);
  });

  it('other options', async () => {
    const copy = await tampered(async ({ manifest }) => {
      (manifest.recipe as { options: unknown }).options = {
        minSlices: 2,
        bits: { weights: 3, activations: 3 },
      };
    });
    expect(await failures(copy)).toContain('program from float model of 0');
    const later = await tampered(async ({ manifest }) => {
      (manifest.recipe as { options: unknown }).options = { invented: true };
    });
    expect(await failures(later)).toEqual(['programs from float model']);
  });

  it.each<Kind>(['onnx', 'program', 'r1cs', 'provingKey', 'verifyingKey'])(
    'a file that the manifest does not name: %s',
    async (kind) => {
      const copy = await tampered(async (model) => {
        const bytes = await model.read(1, kind);
        await writeFile(sliceFile(model.folder, 1, kind), Buffer.concat([bytes, Buffer.from(' ')]));
      });
      expect(await failures(copy)).toContain(`file ${kind} of 1`);
      await rm(sliceFile(copy, 1, kind));
      expect(await failures(copy)).toContain(`file ${kind} of 1`);
    },
  );

  it('an ONNX that is not the program’s', async () => {
    const copy = await tampered(async (model) => {
      const program = await otherProgram(model, 1);
      await model.put(1, 'onnx', sliceOnnx(program, model.manifest.slices[1].name));
    });
    expect(await failures(copy)).toEqual(['ONNX from program of 1']);
  });

  it('a circuit that is not the program’s', async () => {
    const copy = await tampered(async (model) => {
      await model.put(1, 'r1cs', writeR1cs(compileSlice(await otherProgram(model, 1)).r1cs));
    });
    expect(await failures(copy)).toContain('circuit from program of 1');
  });

  it('a program that is not the float model’s, even when ONNX and circuit are its own', async () => {
    const copy = await tampered(async (model) => {
      const program = await otherProgram(model, 1);
      await model.put(1, 'program', encodeProgram(program));
      await model.put(1, 'onnx', sliceOnnx(program, model.manifest.slices[1].name));
      const { r1cs } = compileSlice(program);
      await model.put(1, 'r1cs', writeR1cs(r1cs));
      Object.assign(model.manifest.slices[1], { constraints: r1cs.constraints });
    });
    const failed = await failures(copy);
    expect(failed).toContain('program from float model of 1');
    expect(failed).not.toContain('circuit from program of 1');
    expect(await failures(copy, { calibration: undefined })).not.toContain('program from float model of 1');
  });

  it('a broken program', async () => {
    const copy = await tampered((model) => model.put(1, 'program', Buffer.from('{}')));
    expect(await failures(copy)).toContain('circuit from program of 1');
  });

  it('prices, tensors and edges that are not the circuits’', async () => {
    const copy = await tampered(async ({ manifest }) => {
      manifest.slices[0].weight++;
      manifest.slices[1].constraints--;
      manifest.tensors[manifest.slices[2].outputs[0]].bits++;
    });
    const failed = await failures(copy);
    expect(failed).toEqual(
      expect.arrayContaining([
        'price of 0',
        'price of 1',
        'tensors of program of 2',
        'tensors from float model',
      ]),
    );
  });

  it('a verifying key that is not the proving key’s', async () => {
    const copy = await tampered(async (model) => {
      await model.put(0, 'verifyingKey', await model.read(1, 'verifyingKey'));
    });
    expect(await failures(copy)).toEqual(['verifying key from proving key of 0']);
  });

  it('one key for two circuits', async () => {
    const copy = await tampered(async (model) => {
      for (const kind of ['verifyingKey', 'provingKey'] as const) {
        await model.put(0, kind, await model.read(1, kind));
      }
    });
    expect(await failures(copy)).toEqual(['secrets of one circuit only', 'key fits circuit of 0']);
  });
});
