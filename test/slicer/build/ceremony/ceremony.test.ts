import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zKey } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeTranscript } from '../../../../groth16/setup/ceremony/transcript.ts';
import { artifactOf } from '../../../../protocol/store/digest.ts';
import { buildModel } from '../../../../slicer/build/build-model.ts';
import { readManifest, sliceFile } from '../../../../slicer/build/folder.ts';
import { loadBn254 } from '../../../../groth16/curve/bn254-wasm.ts';
import { compileSlice } from '../../../../slicer/circuit/compile.ts';
import { writeWitness } from '../../../../groth16/formats/witness-file.ts';
import { readZkey } from '../../../../groth16/formats/zkey-file.ts';
import { decodeProgram } from '../../../../slicer/integer/serialise.ts';
import { evaluateOutputs } from '../../../../slicer/integer/evaluate.ts';
import { createProverPool } from '../../../../groth16/prove/pool.ts';
import { verifyProof } from '../../../../groth16/verify/verify.ts';
import { readHistory } from '../../../../groth16/setup/ceremony/contributions.ts';
import { circuitFile, keyFile } from '../../../../groth16/setup/ceremony/folder.ts';
import { initCeremony } from '../../../../slicer/build/ceremony/init.ts';
import { installCeremony } from '../../../../slicer/build/ceremony/install.ts';
import { rehearsalPhase1 } from '../../../../groth16/setup/ceremony/rehearsal.ts';
import { applyBeacon, contribute } from '../../../../groth16/setup/ceremony/round.ts';
import { openSnarkjs } from '../../../../groth16/setup/ceremony/snarkjs.ts';
import { expectPhase1, keyProblem, verifyCeremony } from '../../../../groth16/setup/ceremony/verify.ts';
import { sampleDevelopmentPhase1 } from '../../../../groth16/setup/trapdoor.ts';
import { randomSamples } from '../../../support/lenet.ts';
import { copyRehearsal, REHEARSAL_POWER } from '../../../support/rehearsal.ts';
import { SMALL_MODEL_SIZE, smallModel } from '../../../support/small-model.ts';
import { stopSnarkjs } from '../../../groth16/prove/snarkjs.ts';

const BEACON = '0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20';
let folder: string;
const at = (name: string): string => path.join(folder, name);
const phase1 = (): string => at('phase1.ptau');
const check = (ceremony: string) =>
  verifyCeremony({ folder: ceremony, phase1: phase1(), allowUnpublished: true });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-ceremony-'));
  await buildModel({
    onnx: smallModel(),
    name: 'small',
    calibration: randomSamples(1, 16, SMALL_MODEL_SIZE),
    heldOut: { inputs: randomSamples(2, 10, SMALL_MODEL_SIZE) },
    outDir: at('model'),
    setup: 'development',
    bits: { weights: 4, activations: 4 },
    minSlices: 2,
  });
  await copyRehearsal(folder);
  await initCeremony({ model: at('model'), phase1: phase1(), allowUnpublished: true, out: at('ceremony') });
  await contribute({ folder: at('ceremony'), name: 'Ada' });
  await cp(at('ceremony'), at('after-ada'), { recursive: true });
  await contribute({ folder: at('ceremony'), name: 'Emmy', entropy: 'dice: 4 2 6' });
  await cp(at('ceremony'), at('after-emmy'), { recursive: true });
  await applyBeacon({ folder: at('ceremony'), beacon: BEACON, iterationsExponent: 10, name: 'block 1' });
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await stopSnarkjs();
});

describe('a ceremony', () => {
  it('holds from its first contribution to its beacon', async () => {
    const early = await check(at('after-ada'));
    expect(early).toMatchObject({ finished: false, circuits: [{ slice: 0 }, { slice: 1 }] });
    const { finished, circuits, transcript } = await check(at('ceremony'));
    expect(finished).toBe(true);
    expect(circuits).toEqual([
      { slice: 0, problem: undefined },
      { slice: 1, problem: undefined },
    ]);
    expect(transcript.rounds.map(({ kind, name }) => [kind, name])).toEqual([
      ['contribution', 'Ada'],
      ['contribution', 'Emmy'],
      ['beacon', 'block 1'],
    ]);
    expect(transcript.phase1).toMatchObject({ published: null, power: REHEARSAL_POWER });
  });

  it('records the hashes that snarkjs gives its contributors', async () => {
    const [to, from] = [at('snarkjs.zkey'), keyFile(at('after-ada'), 1, 0)];
    const hash = await zKey.contribute(from, to, 'Grace', 'text');
    const { contributions } = readHistory(await loadBn254(), readZkey(await readFile(to)).contributions);
    expect(contributions.at(-1)).toEqual({
      kind: 'contribution',
      name: 'Grace',
      hash: `0x${Buffer.from(hash).toString('hex')}`,
    });
  });

  it('keeps only what the next one needs', async () => {
    expect((await readdir(at('ceremony'))).toSorted()).toEqual(['ceremony.json', 'circuits', 'round-3']);
  });

  it('takes nothing after the beacon, and no beacon first', async () => {
    await expect(contribute({ folder: at('ceremony'), name: 'Late' })).rejects.toMatchObject({
      code: 'CEREMONY_FINISHED',
    });
    const fresh = { model: at('model'), phase1: phase1(), allowUnpublished: true, out: at('fresh') };
    await initCeremony(fresh);
    await expect(
      applyBeacon({ folder: at('fresh'), beacon: BEACON, iterationsExponent: 10, name: 'b' }),
    ).rejects.toMatchObject({ code: 'CEREMONY_NO_CONTRIBUTION' });
    await expect(initCeremony(fresh)).rejects.toMatchObject({ code: 'CEREMONY_FOLDER' });
    await expect(installCeremony({ ...fresh, folder: at('fresh') })).rejects.toMatchObject({
      code: 'CEREMONY_UNFINISHED',
    });
  });

  it('goes on where it was cut off, for whoever began', async () => {
    await cp(at('after-ada'), at('cut'), { recursive: true });
    await contribute({ folder: at('cut'), name: 'Emmy' });
    // As if it had stopped after the first key: the transcript is the old one, the second key isn't there.
    const done = await readFile(keyFile(at('cut'), 2, 0));
    await cp(at('after-ada'), at('cut'), { recursive: true });
    await rm(keyFile(at('cut'), 2, 1));
    await expect(contribute({ folder: at('cut'), name: 'Mallory' })).rejects.toMatchObject({
      code: 'CEREMONY_ROUND_STARTED',
    });
    const { rounds } = await contribute({ folder: at('cut'), name: 'Emmy' });
    expect(rounds.length).toBe(2);
    expect(await readFile(keyFile(at('cut'), 2, 0))).toEqual(done);
    const { circuits } = await check(at('cut'));
    expect(circuits.every(({ problem }) => problem === undefined)).toBe(true);
  });

  it.each([
    ['CEREMONY_NAME', { name: '' }],
    ['CEREMONY_NAME', { name: 'Grüße' }],
    ['CEREMONY_NAME', { name: 'x'.repeat(65) }],
  ])('refuses a contributor as %s', async (code, bad) => {
    await expect(contribute({ folder: at('after-ada'), ...bad })).rejects.toMatchObject({ code });
  });

  it.each([
    { beacon: 'abc' },
    { beacon: '00ff' },
    { beacon: 'zz'.repeat(32) },
    { iterationsExponent: 9 },
    { iterationsExponent: 64 },
  ])('refuses a beacon of %o', async (bad) => {
    const good = { folder: at('after-ada'), beacon: BEACON, iterationsExponent: 10, name: 'b' };
    await expect(applyBeacon({ ...good, ...bad })).rejects.toMatchObject({ code: 'CEREMONY_BEACON' });
  });

  it('needs a phase 1 that is large enough, and the same all along', async () => {
    const other = at('other.ptau');
    await writeFile(other, await rehearsalPhase1(sampleDevelopmentPhase1(randomBytes), 4));
    await expect(
      initCeremony({ model: at('model'), phase1: other, allowUnpublished: true, out: at('small') }),
    ).rejects.toMatchObject({ code: 'CEREMONY_PHASE1_TOO_SMALL' });
    await expect(
      verifyCeremony({ folder: at('ceremony'), phase1: other, allowUnpublished: true }),
    ).rejects.toMatchObject({ code: 'CEREMONY_PHASE1' });
    await expect(
      initCeremony({ model: at('model'), phase1: phase1(), allowUnpublished: false, out: at('small') }),
    ).rejects.toMatchObject({ code: 'PHASE1_UNPUBLISHED' });
  });
});

describe('a ceremony that was tampered with', () => {
  const snarkjs = openSnarkjs();
  afterAll(() => snarkjs.close());

  /** What is said of slice 0 once its key, and the transcript's word of it, are changed. */
  async function problemOf(change: (key: Buffer) => Buffer | Promise<Buffer>): Promise<string | undefined> {
    const curve = await loadBn254();
    const key = await change(await readFile(keyFile(at('after-emmy'), 2, 0)));
    const transcript = decodeTranscript(await readFile(path.join(at('after-emmy'), 'ceremony.json')));
    const { contributions } = readHistory(curve, readZkey(key).contributions);
    transcript.rounds.forEach((round, i) => {
      round.keys[0].contribution = contributions[i]?.hash ?? round.keys[0].contribution;
      round.keys[0].sha256 = artifactOf(key).sha256;
    });
    const zkey = at('forged.zkey');
    await writeFile(zkey, key);
    const r1cs = circuitFile(at('after-emmy'), 0);
    const file = await expectPhase1(transcript, phase1(), true);
    return keyProblem({ curve, snarkjs }, transcript, file, 0, { r1cs, zkey });
  }
  const viewOf = (key: Buffer) => readZkey(key);

  it.each([
    ['c', 'L section'],
    ['h', 'H section'],
    ['terms', 'Coeffs section'],
    ['delta2', 'delta2'],
  ] as const)('is found out by its %s', async (section, reason) => {
    const problem = await problemOf((key) => {
      const { [section]: bytes, beta1, beta2 } = viewOf(key);
      // A coefficient, or another point of the same group.
      if (section === 'terms') bytes[12] ^= 1;
      else if (section === 'delta2') bytes.set(beta2);
      else bytes.set(beta1, bytes.length - beta1.length);
      return key;
    });
    expect(problem).toContain('snarkjs zkey verify');
    expect(problem).toContain(reason);
  });

  it('is not, when nothing was', async () => {
    expect(await problemOf((key) => key)).toBeUndefined();
  });

  it('is found out when a point is off the curve', async () => {
    const problem = await problemOf((key) => {
      viewOf(key).h[3] ^= 1;
      return key;
    });
    expect(problem).toBe('a point is not on the curve');
  });

  it('is found out when a contribution is left out, renamed, or its knowledge not proved', async () => {
    const without = await problemOf(async () => readFile(keyFile(at('after-ada'), 1, 0)));
    expect(without).toContain('expected 2 contributions');
    const renamed = await problemOf((key) => {
      key.write('Fran', key.lastIndexOf('Emmy'));
      return key;
    });
    expect(renamed).toContain('should be by Emmy');
    // s·x of Emmy's proof of knowledge is another point.
    const unproved = await problemOf((key) => {
      const { contributions, beta1 } = viewOf(key);
      contributions.set(beta1, contributions.length - 6 - 8 - 64 - 128 - 64);
      return key;
    });
    expect(unproved).toContain('snarkjs zkey verify');
  });

  it('is found out when circuit or key is not the transcript’s', async () => {
    const forged = at('swapped');
    await cp(at('after-emmy'), forged, { recursive: true });
    await cp(keyFile(forged, 2, 1), keyFile(forged, 2, 0));
    expect((await check(forged)).circuits[0].problem).toBe('the key is not the transcript’s');
    await expect(contribute({ folder: forged, name: 'Grace' })).rejects.toMatchObject({
      code: 'CEREMONY_KEY_CHANGED',
    });
    await cp(path.join(forged, 'circuits', '1.r1cs'), path.join(forged, 'circuits', '0.r1cs'));
    expect((await check(forged)).circuits[0].problem).toBe('the circuit is not the transcript’s');
  });
});

describe('the keys of a ceremony', () => {
  it('go into the model that they were made for, with the transcript, and prove', async () => {
    await cp(at('model'), at('installed'), { recursive: true });
    const before = await readManifest(at('installed'));
    const manifest = await installCeremony({
      folder: at('ceremony'),
      model: at('installed'),
      phase1: phase1(),
      allowUnpublished: true,
    });
    expect(await readManifest(at('installed'))).toEqual(manifest);
    expect(manifest.setup).toBe('ceremony');
    expect(artifactOf(await readFile(path.join(at('installed'), 'ceremony.json')))).toEqual(
      manifest.transcript,
    );
    const [slice] = manifest.slices;
    expect(slice.artifacts.r1cs).toEqual(before.slices[0].artifacts.r1cs);
    expect(slice.artifacts.provingKey).toEqual(
      artifactOf(await readFile(sliceFile(at('installed'), 0, 'provingKey'))),
    );

    const program = decodeProgram(await readFile(sliceFile(at('installed'), 0, 'program')));
    const inputs = [new Float64Array(SMALL_MODEL_SIZE).fill(1)];
    const witness = compileSlice(program).computeWitness({
      inputs,
      inputSalts: [1n],
      outputSalts: evaluateOutputs(program, inputs).map(() => 2n),
      tag: 3n,
    });
    const pool = createProverPool({ workers: 1 });
    try {
      const { proof } = await pool.prove({
        provingKey: sliceFile(at('installed'), 0, 'provingKey'),
        witness: writeWitness(witness.values),
      });
      const key: unknown = JSON.parse(await readFile(sliceFile(at('installed'), 0, 'verifyingKey'), 'utf8'));
      expect(await verifyProof(key, witness.publicSignals.map(String), proof)).toEqual({ ok: true });
    } finally {
      await pool.close();
    }
  });

  it('go into no other model', async () => {
    await cp(at('model'), at('other-model'), { recursive: true });
    const manifest = await readManifest(at('other-model'));
    manifest.slices[1].artifacts.r1cs = manifest.slices[0].artifacts.r1cs;
    await writeFile(at('other-model/manifest.json'), JSON.stringify(manifest));
    const options = { folder: at('ceremony'), phase1: phase1(), allowUnpublished: true };
    await expect(installCeremony({ ...options, model: at('other-model') })).rejects.toMatchObject({
      code: 'CEREMONY_MODEL',
    });
    expect((await readManifest(at('other-model'))).setup).toBe('development');
  });
});
