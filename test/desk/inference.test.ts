// A proof on one's own desk: made from a built model's folder alone, checked from its file alone, and refused whatever is
// changed in it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decodeInferenceProof,
  encodeInferenceProof,
  inferenceProofSchema,
  manifestDigestOf,
  type InferenceProof,
} from '../../desk/inference-proof.ts';
import { proveInferences, type ProveProgress } from '../../desk/prove.ts';
import { verifyInference, type InferenceReport } from '../../desk/verify.ts';
import { SliceproofError } from '../../protocol/errors.ts';
import {
  decodeManifest,
  encodeManifest,
  manifestSchema,
  quantiseTensor,
  type Manifest,
} from '../../protocol/manifest.ts';
import { readManifest } from '../../slicer/build/folder.ts';
import { readOnnx } from '../../slicer/onnx/index.ts';
import { runOnnx } from '../support/run-onnx.ts';
import { editsOf, fieldAt, fieldsOf } from '../support/edits.ts';
import { copySmallModel, SMALL_SAMPLES, smallModel } from '../support/small-model.ts';

const samples = SMALL_SAMPLES.map(([values]) => values);

let folder: string;
let manifest: Manifest;
let proofs: InferenceProof[];
/** One slice of three proved, and the input shown. */
let partly: InferenceProof;
const progress: ProveProgress[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-desk-'));
  await copySmallModel(path.join(folder, 'small'));
  manifest = await readManifest(path.join(folder, 'small'));
  proofs = await proveInferences({
    folder: path.join(folder, 'small'),
    inputs: samples.slice(0, 2).map((values) => [quantiseTensor(manifest.tensors[0], values)]),
    workers: 2,
    onProgress: (at) => progress.push(at),
  });
});
afterAll(() => rm(folder, { recursive: true }));

/** A copy through its file, changed. */
function changed(change: (proof: InferenceProof) => void, of: InferenceProof = proofs[0]): InferenceProof {
  const copy = decodeInferenceProof(encodeInferenceProof(of));
  change(copy);
  return copy;
}

/** What an act gives, or the code of its error; any other error is none that a user should see. */
function named(act: () => string): string {
  try {
    return act();
  } catch (error) {
    if (error instanceof SliceproofError) return error.code;
    throw error;
  }
}

async function reportOf(document: unknown): Promise<InferenceReport | string> {
  try {
    return await verifyInference(decodeInferenceProof(Buffer.from(JSON.stringify(document))));
  } catch (error) {
    if (error instanceof SliceproofError) return error.code;
    throw error;
  }
}

/** Whether a report shows nothing but what another shows: a proof or an input fewer is visible, and true. */
function saysLess(report: InferenceReport, than: InferenceReport): boolean {
  const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
  // What is compared in its own way is left out of what has to be the same.
  const rest = { ...report, slices: [], inputs: [], fullyProved: false };
  const others = { ...than, slices: [], inputs: [], fullyProved: false };
  const { slices, inputs } = report;
  return (
    same(rest, others) &&
    (inputs.length === 0 || same(inputs, than.inputs)) &&
    slices.every(
      (slice, i) => same(slice, than.slices[i]) || same(slice, { ...than.slices[i], state: 'executed' }),
    )
  );
}

const falseBecause = (message: RegExp | string): unknown =>
  expect.objectContaining({
    code: 'DESK_PROOF_FALSE',
    message: expect.stringMatching(message) as string,
  });

describe('a proof without a market', () => {
  it('holds for each inference, and says what the float model says', async () => {
    for (const [i, proof] of proofs.entries()) {
      const report = await verifyInference(decodeInferenceProof(encodeInferenceProof(proof)));
      expect(report.fullyProved).toBe(true);
      expect(report.slices.map(({ state }) => state)).toEqual(manifest.slices.map(() => 'proved'));
      expect(report.model).toEqual({
        name: 'small',
        manifestDigest: manifestDigestOf(manifest),
        known: false,
        setup: 'development',
      });
      expect(report.inputs).toEqual([]);
      const [floats] = await runOnnx(readOnnx(smallModel()), [samples[i]]);
      report.outputs[0].values.forEach((value, j) => expect(value).toBeCloseTo(Number(floats.data[j]), 0));
    }
  });

  it('tells how far it is', () => {
    const of = 2 * manifest.slices.length;
    expect(progress[0]).toEqual({ done: 0, of });
    expect(progress.at(-1)).toMatchObject({ done: of, of });
    expect(progress.map(({ done }) => done)).toEqual(
      progress.map(({ done }) => done).toSorted((a, b) => a - b),
    );
  });

  it('is about the model that is named, and no other', async () => {
    const report = await verifyInference(proofs[0], manifestDigestOf(manifest));
    expect(report.model.known).toBe(true);
    await expect(verifyInference(proofs[0], `0x${'1'.repeat(64)}`)).rejects.toEqual(
      expect.objectContaining({ code: 'DESK_OTHER_MODEL' }),
    );
  });

  it('shows the input where that is wanted, and says what of it was only executed', async () => {
    const input = quantiseTensor(manifest.tensors[0], samples[0]);
    const [proof] = await proveInferences({
      folder: path.join(folder, 'small'),
      inputs: [[input]],
      slices: [1],
      publicInput: true,
      workers: 1,
    });
    const report = await verifyInference(proof);
    expect(report.fullyProved).toBe(false);
    expect(report.slices.map(({ state }) => state)).toEqual(
      manifest.slices.map(({ id }) => (id === 1 ? 'proved' : 'executed')),
    );
    expect(report.inputs.map(({ integers }) => integers)).toEqual([Array.from(input)]);
    partly = proof;
  });

  it('refuses slices that there are none of', async () => {
    const work = { folder: path.join(folder, 'small'), inputs: [], workers: 1 };
    await expect(proveInferences({ ...work, slices: [99] })).rejects.toEqual(
      expect.objectContaining({ code: 'DESK_SLICES' }),
    );
  });
});

describe('a proof in which something was changed', () => {
  it('holds in no field, however deep, unless it says less than before', async () => {
    const document = {
      ...partly,
      manifest: JSON.parse(Buffer.from(encodeManifest(manifest)).toString()) as unknown,
    };
    const before = await verifyInference(partly);
    const touched = new Set<string>();
    for (const { what, path: place, document: edited } of editsOf(inferenceProofSchema, document)) {
      touched.add(fieldAt(place));
      if (place[0] === 'manifest' && place.length > 1) {
        // Whatever else is changed makes another model of it: see below.
        if (what.endsWith('note added'))
          expect(await reportOf(edited), what).toMatch(/^DESK_(FILE_MALFORMED|PROOF_FALSE)$/);
        continue;
      }
      const report = await reportOf(edited);
      if (typeof report === 'string')
        expect(report, what).toMatch(/^(DESK|MANIFEST|COMMITMENT|VERIFYING_KEY)_/);
      else expect(saysLess(report, before), what).toBe(true);
    }
    expect(fieldsOf(inferenceProofSchema).filter((field) => !touched.has(field))).toEqual([]);
  });

  it('is about another model whatever is changed in its manifest', () => {
    const text = JSON.parse(Buffer.from(encodeManifest(manifest)).toString()) as Manifest;
    const digests = new Set<string>();
    for (const { what, document } of editsOf(manifestSchema, text)) {
      const bytes = Buffer.from(JSON.stringify(document));
      const digest = named(() => manifestDigestOf(decodeManifest(bytes)));
      expect(digest, what).toMatch(/^0x|^MANIFEST_MALFORMED$/);
      // What is no field of a manifest isn't read of one, and refused in a proof's; a field that is left out has its default.
      if (digest === manifestDigestOf(manifest)) expect(what).toMatch(/note added$|mode removed$/);
      digests.add(digest);
    }
    expect(digests.size).toBeGreaterThan(100);
  });

  it.each<[string, (proof: InferenceProof) => void, RegExp]>([
    ['an output', ({ opened: [first] }) => void (first.values[0] += 1), /is not what its commitment binds/],
    [
      'a salt',
      ({ opened: [first] }) => void (first.salt = `0x${'0'.repeat(63)}1`),
      /is not what its commitment binds/,
    ],
    ['the input’s commitment', ({ trace }) => void (trace[0] = proofs[1].trace[0]), /slice 0 .*pairing/],
    ['a commitment between slices', ({ trace }) => void (trace[1] = proofs[1].trace[1]), /slice 0 .*pairing/],
    ['too few commitments', ({ trace }) => void trace.pop(), /expected \d+ commitments/],
    [
      'the proof of another inference',
      ({ proved }) => void (proved[1] = proofs[1].proved[1]),
      /slice 1 .*pairing/,
    ],
    ['the same proof twice', ({ proved }) => void proved.push(proved[0]), /proved twice/],
    ['a slice that there isn’t', ({ proved }) => void (proved[0].slice = 200), /none that can be proved/],
    [
      'another slice’s key',
      ({ proved }) => void (proved[0].verifyingKey = proved[1].verifyingKey),
      /isn't the one that the manifest names/,
    ],
    [
      'a key with one more space',
      ({ proved }) => void (proved[0].verifyingKey += ' '),
      /isn't the one that the manifest names/,
    ],
    ['no proof', ({ proved }) => void (proved[0].proof = null), /not a Groth16 proof/],
    ['an output that is left out', ({ opened }) => void opened.pop(), /is not shown/],
    ['a tensor shown twice', ({ opened }) => void opened.push(opened[0]), /shown twice/],
  ])('does not hold: %s', async (_, change, message) => {
    await expect(verifyInference(changed(change))).rejects.toEqual(falseBecause(message));
  });

  it('is about another model if only its name is changed', async () => {
    const proof = changed((copy) => void (copy.manifest.name = 'another'));
    await expect(verifyInference(proof)).rejects.toEqual(falseBecause(/pairing/));
  });

  it.each<[string, (manifest: Manifest) => void, RegExp]>([
    [
      'reads what nothing wrote',
      ({ slices }) => void (slices[0].inputs[0] = slices[1].outputs[0]),
      /which nothing before it writes/,
    ],
    ['writes over its input', ({ slices }) => void (slices[0].outputs[0] = 0), /which there is already/],
    [
      'leaves a tensor unwritten',
      ({ tensors }) => void tensors.push({ ...tensors[1], id: tensors.length }),
      /written by no slice/,
    ],
  ])('is refused where the manifest %s', async (_, change, message) => {
    const proof = changed((copy) => change(copy.manifest));
    await expect(verifyInference(proof)).rejects.toEqual(
      expect.objectContaining({
        code: 'DESK_MANIFEST_FALSE',
        message: expect.stringMatching(message) as string,
      }),
    );
  });

  it.each<[string, Uint8Array]>([
    ['no JSON', Buffer.from('{')],
    ['another format', Buffer.from('{"format":"sliceproof-receipt/1"}')],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe)],
  ])('is no file of ours: %s', (_, bytes) => {
    expect(() => decodeInferenceProof(bytes)).toThrow(
      expect.objectContaining({ code: 'DESK_FILE_MALFORMED' }),
    );
  });
});
