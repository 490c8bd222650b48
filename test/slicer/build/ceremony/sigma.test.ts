// A ceremony for a circuit with committed wires beside a plain one.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decodeTranscript,
  encodeTranscript,
  type CeremonyTranscript,
} from '../../../../groth16/setup/ceremony/transcript.ts';
import { encodeManifest } from '../../../../protocol/manifest.ts';
import { artifactOf } from '../../../../protocol/store/digest.ts';
import { readManifest, sliceFile } from '../../../../slicer/build/folder.ts';
import { compileSlice } from '../../../../slicer/circuit/compile.ts';
import { loadBn254, type Bn254 } from '../../../../groth16/curve/bn254-wasm.ts';
import { writeR1cs } from '../../../../groth16/formats/r1cs-file.ts';
import { writeWitness } from '../../../../groth16/formats/witness-file.ts';
import { readZkey } from '../../../../groth16/formats/zkey-file.ts';
import { decodeProgram } from '../../../../slicer/integer/serialise.ts';
import { openChallenger } from '../../../../groth16/lookups/challenge.ts';
import { createNativeJsBackend } from '../../../../groth16/prove/native-js/backend.ts';
import { verifyProof } from '../../../../groth16/verify/verify.ts';
import { keyFile } from '../../../../groth16/setup/ceremony/folder.ts';
import { initCeremony } from '../../../../slicer/build/ceremony/init.ts';
import { installCeremony } from '../../../../slicer/build/ceremony/install.ts';
import { applyBeacon, contribute } from '../../../../groth16/setup/ceremony/round.ts';
import { appendSigma, readSteps } from '../../../../groth16/setup/ceremony/sigma-file.ts';
import { sigmaProblem, stepSigma } from '../../../../groth16/setup/ceremony/sigma.ts';
import { expectCircuitsOf } from '../../../../slicer/build/ceremony/circuits.ts';
import { buildSmallModel } from '../../../prover-node/support/model.ts';
import { codeOf } from '../../../groth16/formats/bytes.ts';
import { copyRehearsal } from '../../../support/rehearsal.ts';

let folder: string;
let curve: Bn254;
let transcript: CeremonyTranscript;
/** The key of the circuit with committed wires after Ada, after Emmy, and in the end. */
const keys: Uint8Array[] = [];
const at = (name: string): string => path.join(folder, name);
const read = async (): Promise<CeremonyTranscript> =>
  decodeTranscript(await readFile(at('ceremony/ceremony.json')));

beforeAll(async () => {
  curve = await loadBn254();
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-sigma-'));
  await buildSmallModel(at('model'));
  const manifest = await readManifest(at('model'));
  const program = decodeProgram(await readFile(sliceFile(at('model'), 1, 'program')));
  const circuit = writeR1cs(compileSlice(program, { mode: 'lookups' }).r1cs);
  await writeFile(sliceFile(at('model'), 1, 'r1cs'), circuit);
  manifest.slices[1].artifacts.r1cs = artifactOf(circuit);
  await writeFile(at('model/manifest.json'), encodeManifest(manifest));
  await copyRehearsal(folder);

  const ceremony = { folder: at('ceremony'), phase1: at('phase1.ptau'), allowUnpublished: true };
  await initCeremony({ ...ceremony, model: at('model'), out: ceremony.folder });
  for (const [round, name] of ['Ada', 'Emmy'].entries()) {
    await contribute({ ...ceremony, name });
    keys.push(await readFile(keyFile(ceremony.folder, round + 1, 1)));
  }
  transcript = await read();
  await applyBeacon({ ...ceremony, name: 'beacon', beacon: '5a'.repeat(32), iterationsExponent: 10 });
  keys.push(await readFile(keyFile(ceremony.folder, 3, 1)));
  await installCeremony({ ...ceremony, model: at('model') });
});
afterAll(() => rm(folder, { recursive: true }));

/** What is wrong with a key, given a transcript whose word of σ is the key's own. */
function problemOf(key: Uint8Array, change: (transcript: CeremonyTranscript) => void = () => undefined) {
  const own = structuredClone(transcript);
  const steps = readSteps(key);
  own.rounds.forEach((round, i) => {
    if (i < steps.length) round.keys[1].sigma = `0x${Buffer.from(steps[i].point).toString('hex')}`;
  });
  change(own);
  return sigmaProblem(curve, key, own, 1);
}

/** The key after Emmy with other σ. */
function forged(change: (sigma: Parameters<typeof appendSigma>[1]) => Parameters<typeof appendSigma>[1]) {
  const [, key] = keys;
  const { sigma2, sigmaIc } = readZkey(key);
  return appendSigma(plain(key), change({ point: sigma2, scaled: sigmaIc, steps: readSteps(key) }));
}

/** A key without the two sections that σ adds at its end. */
function plain(key: Uint8Array): Uint8Array {
  const { sigma2, sigmaIc } = readZkey(key);
  const added = 2 * 12 + 4 + sigma2.length + sigmaIc.length + readSteps(key).length * (2 * 128 + 32);
  const out = Buffer.from(key.subarray(0, key.length - added));
  out.writeUInt32LE(out.readUInt32LE(8) - 2, 8);
  return out;
}

describe('σ of a ceremony', () => {
  it('is of the committed wires of the one circuit that has some', async () => {
    const { circuits, rounds } = await read();
    expect(circuits[0].committed).toBeUndefined();
    expect(circuits[1].committed).toBeGreaterThan(0);
    expect(readZkey(keys[2]).committed).toBe(circuits[1].committed);
    const points = rounds.map(({ keys: of }) => of[1].sigma);
    expect(new Set(points).size).toBe(3);
    expect(rounds.every(({ keys: of }) => of[0].sigma === undefined)).toBe(true);
    expect(sigmaProblem(curve, keys[2], await read(), 1)).toBeUndefined();
    expect(problemOf(keys[1])).toBeUndefined();
  });

  it('makes keys that prove and verify', async () => {
    const program = decodeProgram(await readFile(sliceFile(at('model'), 1, 'program')));
    const provingKey = await readFile(sliceFile(at('model'), 1, 'provingKey'));
    const challenger = await openChallenger(provingKey);
    const witness = compileSlice(program, { mode: 'lookups' }).computeWitness({
      inputs: [new Float64Array(8).fill(3)],
      inputSalts: [1n],
      outputSalts: [2n],
      tag: 3n,
      challenge: challenger!.source(randomBytes),
    });
    const { proof } = await createNativeJsBackend().prove({
      provingKey,
      witness: writeWitness(witness.values),
    });
    const key: unknown = JSON.parse(await readFile(sliceFile(at('model'), 1, 'verifyingKey'), 'utf8'));
    const signals = witness.publicSignals.map(String);
    expect(await verifyProof(key, signals, proof)).toEqual({ ok: true });
    expect((await verifyProof(key, signals.with(0, '5'), proof)).ok).toBe(false);
  });

  it('is for no wire that verifiers see', async () => {
    const manifest = await readManifest(at('model'));
    const more = await read();
    more.circuits[1].committed = (more.circuits[1].committed as number) + 1;
    expect(codeOf(() => expectCircuitsOf(more, manifest))).toBe('CEREMONY_MODEL');
    expect(decodeTranscript(encodeTranscript(more))).toEqual(more);
    expect(sigmaProblem(curve, keys[2], more, 1)).toContain('committed wires');
  });

  it('has a step for every round, by who the transcript says', () => {
    expect(problemOf(keys[0])).toContain('steps');
    expect(problemOf(keys[1], ({ rounds }) => void (rounds[0].name = 'Eve'))).toContain('did not prove');
    expect(
      problemOf(keys[1], ({ circuits }) => void (circuits[1].circuitHash = `0x${'1'.repeat(128)}`)),
    ).toContain('did not prove');
    expect(
      problemOf(keys[1], ({ rounds }) => void (rounds[1].keys[1].sigma = rounds[0].keys[1].sigma)),
    ).toContain('not the transcript’s');
    expect(problemOf(keys[1], ({ rounds }) => void rounds.reverse())).toBeTypeOf('string');
  });

  it('can’t be made of what others put in, cancelled or replaced', () => {
    const [ada] = keys;
    const first = readSteps(ada)[0];
    // Emmy's step leads back to where Ada started: she would have to know Ada's secret.
    const { vkGamma } = { vkGamma: readZkey(ada).gamma2 };
    const back = { ...readSteps(keys[1])[1], point: vkGamma };
    expect(problemOf(forged((sigma) => ({ ...sigma, point: vkGamma, steps: [first, back] })))).toContain(
      'did not prove',
    );
    // A proof of knowledge of an earlier step, used again.
    expect(problemOf(forged((sigma) => ({ ...sigma, point: first.point, steps: [first, first] })))).toContain(
      'did not prove',
    );
    const lied = { ...readSteps(keys[1])[1], response: readSteps(keys[1])[1].response + 1n };
    expect(problemOf(forged((sigma) => ({ ...sigma, steps: [first, lied] })))).toContain('did not prove');
    const zero = { point: new Uint8Array(128), nonce: new Uint8Array(128), response: 0n };
    expect(problemOf(forged((sigma) => ({ ...sigma, steps: [first, zero] })))).toContain('not in the group');
    expect(problemOf(forged((sigma) => ({ ...sigma, point: first.point })))).toContain('last step');
  });

  it('is one for all committed wires', () => {
    const otherScaled = (change: (scaled: Uint8Array) => void) =>
      problemOf(
        forged((sigma) => {
          const scaled = Uint8Array.from(sigma.scaled);
          change(scaled);
          return { ...sigma, scaled };
        }),
      );
    expect(otherScaled(() => undefined)).toBeUndefined();
    const text = 'another σ';
    // The points of two wires in each other's place; another point; none; one that is off the curve.
    expect(
      otherScaled((scaled) => {
        const one = scaled.slice(0, 64);
        scaled.copyWithin(0, 64, 128);
        scaled.set(one, 64);
      }),
    ).toContain(text);
    expect(otherScaled((scaled) => scaled.set(readZkey(keys[0]).beta1))).toContain(text);
    expect(otherScaled((scaled) => scaled.fill(0, 0, 64))).toContain(text);
    expect(otherScaled((scaled) => void (scaled[3] ^= 1))).toContain(text);
  });

  it('ends with a beacon that everybody can repeat', async () => {
    const ended = await read();
    const [last] = ended.rounds.slice(-1);
    if (last.kind === 'beacon') last.beacon = '5b'.repeat(32);
    expect(sigmaProblem(curve, keys[2], ended, 1)).toContain('did not prove');
    // The same step by hand is the same point.
    const round = {
      kind: 'beacon',
      name: 'beacon',
      beacon: '5a'.repeat(32),
      iterationsExponent: 10,
    } as const;
    const again = stepSigma(curve, keys[1], plain(keys[2]), round, ended.circuits[1].circuitHash);
    expect(Buffer.compare(again, keys[2])).toBe(0);
  });
});
