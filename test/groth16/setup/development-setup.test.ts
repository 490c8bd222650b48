import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadBn254 } from '../../../groth16/curve/bn254-wasm.ts';
import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { R1cs } from '../../../groth16/formats/r1cs.ts';
import { r1csDigest } from '../../../groth16/formats/r1cs-file.ts';
import { readZkeyHeader } from '../../../groth16/formats/zkey-file.ts';
import { developmentSetup } from '../../../groth16/setup/development-setup.ts';
import { SetupThreads } from '../../../groth16/setup/threads.ts';
import {
  deriveDelta,
  deriveDevelopmentPhase1,
  sampleDelta,
  sampleDevelopmentPhase1,
} from '../../../groth16/setup/trapdoor.ts';
import { verifyingKeyOf } from '../../../groth16/setup/verifying-key-of.ts';
import { squarings } from '../formats/circuits.ts';
import { codeOf, patched, rejectionOf } from '../formats/bytes.ts';

const seed = new TextEncoder().encode('a seed for tests');
const phase1 = deriveDevelopmentPhase1(seed);
const { r1cs } = squarings(20, 3n);

describe('the development setup', () => {
  it('gives the same key for the same seed, with any number of threads', async () => {
    const one = await developmentSetup(r1cs, { phase1, seed, workers: 1 });
    const three = await developmentSetup(r1cs, { phase1, seed, workers: 3 });
    expect(Buffer.compare(one.provingKey, three.provingKey)).toBe(0);
    expect(three.verifyingKey).toEqual(one.verifyingKey);
    expect(one.keyBytes).toBe(one.provingKey.length);
    expect(one.seconds).toBeGreaterThan(0);
  });

  it('gives the same keys on threads that go from one setup to the next, also after one was stopped', async () => {
    const threads = new SetupThreads(2);
    const expectSame = async (circuit: R1cs): Promise<void> => {
      const shared = await developmentSetup(circuit, { phase1, seed, threads });
      const own = await developmentSetup(circuit, { phase1, seed, workers: 1 });
      expect(Buffer.compare(shared.provingKey, own.provingKey)).toBe(0);
    };
    try {
      // Other numbers of points have other windows.
      for (const circuit of [r1cs, squarings(700, 3n).r1cs, r1cs]) await expectSame(circuit);
      const stop = new AbortController();
      const { signal } = stop;
      const stopped = developmentSetup(r1cs, { phase1, threads, signal, onProgress: () => stop.abort() });
      expect(await rejectionOf(stopped)).toBe('SETUP_ABORTED');
      await expectSame(r1cs);
    } finally {
      await threads.close();
    }
  });

  it('never gives two circuits one δ, though they share α and β', async () => {
    const other = squarings(20, 3n, 6n).r1cs;
    const keys = await Promise.all(
      [r1cs, other].map((circuit) => developmentSetup(circuit, { phase1, seed })),
    );
    const [mine, theirs] = keys.map(({ verifyingKey }) => verifyingKey);
    expect(mine.vk_delta_2).not.toEqual(theirs.vk_delta_2);
    expect(mine.vk_alpha_1).toEqual(theirs.vk_alpha_1);
    expect(mine.vk_beta_2).toEqual(theirs.vk_beta_2);
    expect(mine.vk_delta_2).not.toEqual(mine.vk_gamma_2);
  });

  it('samples δ when no seed is given', async () => {
    const keys = await Promise.all([1, 2].map(() => developmentSetup(r1cs, { phase1 })));
    expect(keys[0].verifyingKey.vk_delta_2).not.toEqual(keys[1].verifyingKey.vk_delta_2);
  });

  it('reports progress up to the last point', async () => {
    const seen: number[] = [];
    let total = 0;
    await developmentSetup(r1cs, {
      phase1,
      seed,
      onProgress: (progress) => {
        seen.push(progress.done);
        total = progress.total;
      },
    });
    expect(seen).toEqual(seen.toSorted((left, right) => left - right));
    expect(seen.at(-1)).toBe(total);
  });

  it('stops when it is told to, before and during the work', async () => {
    expect(await rejectionOf(developmentSetup(r1cs, { phase1, signal: AbortSignal.abort() }))).toBe(
      'SETUP_ABORTED',
    );
    const stop = new AbortController();
    const running = developmentSetup(r1cs, {
      phase1,
      workers: 1,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    expect(await rejectionOf(running)).toBe('SETUP_ABORTED');
  });

  it('refuses a number of threads that is none', async () => {
    expect(await rejectionOf(developmentSetup(r1cs, { phase1, workers: 0 }))).toBe('SETUP_WORKERS');
  });
});

describe('the secrets', () => {
  it('are the same for the same seed and circuit only', () => {
    const digest = r1csDigest(r1cs);
    const other = r1csDigest(squarings(20, 3n, 6n).r1cs);
    const otherSeed = new TextEncoder().encode('another');
    expect(deriveDelta(seed, digest)).toBe(deriveDelta(seed, digest));
    expect(
      new Set([deriveDelta(seed, digest), deriveDelta(seed, other), deriveDelta(otherSeed, digest)]).size,
    ).toBe(3);
    expect(deriveDevelopmentPhase1(seed)).toEqual(phase1);
    expect(deriveDevelopmentPhase1(otherSeed)).not.toEqual(phase1);
    expect(new Set([phase1.tau, phase1.alpha, phase1.beta, deriveDelta(seed, digest)]).size).toBe(4);
  });

  it('are scalars, fresh ones every time they are sampled', () => {
    const samples = [1, 2].map(() => sampleDevelopmentPhase1(randomBytes));
    const scalars = samples.flatMap(({ tau, alpha, beta }) => [tau, alpha, beta]);
    expect(new Set(scalars).size).toBe(6);
    for (const scalar of scalars) expect(scalar > 1n && scalar < SCALAR_FIELD).toBe(true);
  });

  it('are never zero or one, nor τ a root of unity: such randomness is drawn again, then refused', () => {
    const constant = (value: bigint) => () => Buffer.from(value.toString(16).padStart(128, '0'), 'hex');
    const rootOfUnity = 19103219067921713944291392827692070036145651957329286315305642004821462161904n;
    expect(codeOf(() => sampleDelta(constant(0n)))).toBe('SETUP_RANDOMNESS');
    expect(codeOf(() => sampleDelta(constant(1n)))).toBe('SETUP_RANDOMNESS');
    expect(codeOf(() => sampleDelta(constant(SCALAR_FIELD + 1n)))).toBe('SETUP_RANDOMNESS');
    expect(codeOf(() => sampleDevelopmentPhase1(constant(rootOfUnity)))).toBe('SETUP_RANDOMNESS');
    expect(codeOf(() => sampleDelta(() => new Uint8Array(32)))).toBe('SETUP_RANDOMNESS');
    const draws = [constant(1n), constant(7n)];
    expect(sampleDelta(() => (draws.shift() as () => Buffer)())).toBe(7n);
  });
});

describe('.zkey files', () => {
  it('say their size and hold their verifying key', async () => {
    const { provingKey, verifyingKey } = await developmentSetup(r1cs, { phase1, seed });
    expect(readZkeyHeader(provingKey)).toMatchObject({
      wires: r1cs.wires,
      publicSignals: 2,
      domainSize: 32,
      coefficients: 20 + 20 + 3,
    });
    expect(verifyingKeyOf(await loadBn254(), provingKey)).toEqual(verifyingKey);
  });

  it('are refused by name when cut short or changed in their frame', async () => {
    const { provingKey } = await developmentSetup(squarings(2, 3n).r1cs, { phase1, seed });
    for (let length = 0; length < provingKey.length; length += 7) {
      expect(codeOf(() => readZkeyHeader(provingKey.subarray(0, length)))).toMatch(/^FORMAT_/);
    }
    const header = 12 + 12 + 4 + 12;
    const cases = [
      ['FORMAT_MAGIC', 0, [0]],
      ['FORMAT_VERSION', 4, [2]],
      ['ZKEY_PROTOCOL', 24, [2]],
      ['ZKEY_FIELD', header, [48]],
      ['ZKEY_FIELD', header + 4, [0]],
      ['ZKEY_FIELD', header + 40, [0]],
      ['FORMAT_SECTION_LENGTH', header + 72, [9]],
      ['ZKEY_HEADER', header + 76, [0xff, 0xff]],
      ['ZKEY_HEADER', header + 80, [7]],
      ['ZKEY_HEADER', header + 80, [0]],
      ['FORMAT_SECTION_LENGTH', header + 80, [16]],
    ] as const;
    for (const [code, at, bytes] of cases) {
      expect(
        codeOf(() => readZkeyHeader(patched(provingKey, at, bytes))),
        `${at}`,
      ).toBe(code);
    }
  });
});
