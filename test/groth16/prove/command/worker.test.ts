import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { writeWitness } from '../../../../groth16/formats/witness-file.ts';
import { createProverPool } from '../../../../groth16/prove/pool.ts';
import type { ProverPool } from '../../../../groth16/prove/pool.ts';
import { createNativeJsBackend } from '../../../../groth16/prove/native-js/backend.ts';
import { developmentSetup } from '../../../../groth16/setup/development-setup.ts';
import type { SetupResult } from '../../../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../../../groth16/setup/trapdoor.ts';
import { verifyProof } from '../../../../groth16/verify/verify.ts';
import { textOf } from '../../../support/doc-blocks.ts';
import { until } from '../../../support/until.ts';
import { rejectionOf } from '../../formats/bytes.ts';
import { squarings } from '../../formats/circuits.ts';
import { isRunning } from './is-running.ts';

const seed = new TextEncoder().encode('worker');
const phase1 = deriveDevelopmentPhase1(seed);
const { r1cs, witness: values } = squarings(20, 3n);
const witness = writeWitness(values);
const example = fileURLToPath(new URL('../../../../examples/provers/snarkjs-worker.js', import.meta.url));
const faulty = fileURLToPath(new URL('./faulty-worker.js', import.meta.url));

/** Far more time than a proof takes anywhere. */
const LONG = 3_600;

let keys: SetupResult;
let folder: string;
/** A proof for the key and the witness. */
let good: string;

beforeAll(async () => {
  keys = await developmentSetup(r1cs, { phase1, seed });
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-worker-'));
  good = path.join(folder, 'good.json');
  const { proof } = await createNativeJsBackend().prove({ provingKey: keys.provingKey, witness });
  await writeFile(good, JSON.stringify(proof));
});

afterAll(() => rm(folder, { recursive: true }));

interface Faulty {
  readonly pool: ProverPool;
  readonly prove: (signal?: AbortSignal) => ReturnType<ProverPool['prove']>;
  /** Processes that were started so far. */
  readonly starts: () => readonly number[];
}

function poolOf(command: readonly string[], workers = 1, timeoutSeconds = LONG): ProverPool {
  const pool = createProverPool({ backend: 'command-worker', workers, command, timeoutSeconds });
  onTestFinished(() => pool.close());
  return pool;
}

/** Programs that have these faults, one after the other; waits are the test's to end. */
function faultyPool(faults: string, { workers = 1, timeoutSeconds = LONG } = {}): Faulty {
  const starts = path.join(folder, `starts-${Math.random()}`);
  const pool = poolOf([process.execPath, faulty, faults, starts, good], workers, timeoutSeconds);
  return {
    pool,
    prove: (signal) => pool.prove({ provingKey: keys.provingKey, witness, signal }),
    starts() {
      try {
        return readFileSync(starts, 'utf8').trim().split('\n').map(Number);
      } catch {
        return [];
      }
    },
  };
}

function fakeTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

/** How many waits of this length the clock that stands was asked for from now on; when it is real again nothing of this is left. */
function countWaits(milliseconds: number): () => number {
  const standing = globalThis.setTimeout;
  let waits = 0;
  globalThis.setTimeout = ((work: () => void, wait?: number) => {
    if (wait === milliseconds) waits++;
    return standing(work, wait);
  }) as typeof setTimeout;
  return () => waits;
}

describe('a long-running prover', () => {
  it('is ten lines around snarkjs: proves what is asked in one process, with keys from bytes and files', async () => {
    const file = path.join(folder, 'key of a slice.zkey');
    await writeFile(file, keys.provingKey);
    const other = squarings(3, 2n);
    const otherKeys = await developmentSetup(other.r1cs, { phase1, seed });
    const pool = poolOf([process.execPath, example]);
    const ours = { witness, verifyingKey: keys.verifyingKey, signals: values.slice(1, 3) };
    const jobs = [
      { provingKey: keys.provingKey, ...ours },
      { provingKey: file, ...ours },
      {
        provingKey: otherKeys.provingKey,
        witness: writeWitness(other.witness),
        verifyingKey: otherKeys.verifyingKey,
        signals: other.witness.slice(1, 3),
      },
      { provingKey: keys.provingKey, ...ours },
    ];
    const pids = new Set<number>();
    for (const { provingKey, witness: file, verifyingKey, signals } of jobs) {
      const { proof, publicSignals, proveSeconds } = await pool.prove({ provingKey, witness: file });
      expect(publicSignals).toEqual(signals.map(String));
      expect(await verifyProof(verifyingKey, publicSignals, proof)).toEqual({ ok: true });
      expect(proveSeconds).toBeGreaterThan(0);
      for (const pid of pool.processIds) pids.add(pid);
    }
    expect(pids.size).toBe(1);
  });

  it('is the one that the page shows', () => {
    const code = readFileSync(example, 'utf8');
    expect(textOf('docs/external-provers.md')).toContain(`\`\`\`js\n${code}\`\`\``);
  });

  it('proves with several programs at once, and goes back to the one that had the key', async () => {
    const { pool, prove, starts } = faultyPool('well', { workers: 2 });
    await Promise.all([prove(), prove()]);
    expect(starts()).toHaveLength(2);
    expect(pool.processIds).toHaveLength(2);
    await prove();
    expect(starts()).toHaveLength(2);
  });

  it.each(['says it in pieces', 'makes progress'])('that %s is taken as it is', async (manner) => {
    const { prove, starts } = faultyPool(manner);
    await prove();
    await prove();
    expect(starts()).toHaveLength(1);
  });

  it('that is not able to says why and goes on', async () => {
    const { prove, starts } = faultyPool('is not able');
    const failed = {
      code: 'PROVE_COMMAND_FAILED',
      message: expect.stringContaining('no such key') as string,
    };
    await expect(prove()).rejects.toMatchObject(failed);
    await expect(prove()).rejects.toMatchObject(failed);
    expect(starts()).toHaveLength(1);
  });

  it('is not asked for a witness of another circuit, nor with a key that is none', async () => {
    const { pool, starts } = faultyPool('well');
    const other = writeWitness(squarings(3, 3n).witness);
    expect(await rejectionOf(pool.prove({ provingKey: keys.provingKey, witness: other }))).toBe(
      'PROVE_WITNESS_LENGTH',
    );
    const absent = path.join(folder, 'absent.zkey');
    expect(await rejectionOf(pool.prove({ provingKey: absent, witness }))).toBe('PROVE_KEY_UNREADABLE');
    const none = { provingKey: new Uint8Array(64), witness };
    expect(await rejectionOf(pool.prove(none))).toMatch(/^FORMAT_/);
    expect(starts().length).toBeLessThanOrEqual(1);
  });

  it('ends with its pool, and nothing is left of it', async () => {
    // Of its own: other tests' programs have theirs beside it.
    const own = await mkdtemp(path.join(folder, 'own-'));
    vi.stubEnv('TMPDIR', own);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { pool, prove, starts } = faultyPool('is silent');
    const running = rejectionOf(prove());
    const waiting = rejectionOf(prove());
    await until(() => starts().length === 1);
    await pool.close();
    expect(await running).toBe('PROVER_POOL_CLOSED');
    expect(await waiting).toBe('PROVER_POOL_CLOSED');
    expect(await rejectionOf(prove())).toBe('PROVER_POOL_CLOSED');
    expect(starts().some(isRunning)).toBe(false);
    expect(readdirSync(own)).toEqual([]);
  });

  it('is killed when its job is given up, and another takes the next one at once', async () => {
    const { prove, starts } = faultyPool('is silent,well');
    const stop = new AbortController();
    const givenUp = rejectionOf(prove(stop.signal));
    await until(() => starts().length === 1);
    const stopWaiting = new AbortController();
    const left = rejectionOf(prove(stopWaiting.signal));
    const next = prove();
    stopWaiting.abort();
    expect(await left).toBe('PROVE_ABORTED');
    // No rest comes before the next start: it would never end.
    fakeTimers();
    stop.abort();
    expect(await givenUp).toBe('PROVE_ABORTED');
    await next;
    expect(isRunning(starts()[0])).toBe(false);
  });

  it('needs a command line, and at least one program', () => {
    const some = { backend: 'command-worker', workers: 1, command: ['true'], timeoutSeconds: 1 } as const;
    expect(() => createProverPool({ ...some, workers: 0 })).toThrow(
      expect.objectContaining({ code: 'PROVER_WORKERS' }),
    );
    expect(() => createProverPool({ ...some, command: [] })).toThrow(
      expect.objectContaining({ code: 'PROVER_COMMAND' }),
    );
  });
});

describe('a long-running prover that fails', () => {
  it.each([
    ['dies', 'PROVE_COMMAND_ENDED'],
    ['dies in the middle of a line', 'PROVE_COMMAND_ENDED'],
    ['closes its output', 'PROVE_COMMAND_ENDED'],
    ['says no JSON', 'PROVE_COMMAND_OUTPUT'],
    ['says something else', 'PROVE_COMMAND_OUTPUT'],
    ['says more than is known', 'PROVE_COMMAND_OUTPUT'],
    ['says bytes', 'PROVE_COMMAND_OUTPUT'],
    ['never ends its line', 'PROVE_COMMAND_OUTPUT'],
    ['answers another', 'PROVE_COMMAND_OUTPUT'],
    ['goes back', 'PROVE_COMMAND_OUTPUT'],
    ['leaves nothing', 'PROVE_COMMAND_OUTPUT'],
    ['leaves no JSON', 'PROVE_COMMAND_OUTPUT'],
    ['leaves a folder', 'PROVE_COMMAND_OUTPUT'],
    ['leaves a flood', 'PROVE_COMMAND_OUTPUT'],
    ['leaves a pipe', 'PROVE_COMMAND_OUTPUT'],
    ['proves something else', 'PROVE_COMMAND_FALSE'],
  ])('since it %s is named %s and started again after a rest', async (fault, code) => {
    fakeTimers();
    const { prove, starts } = faultyPool(`${fault},well`);
    expect(await rejectionOf(prove())).toBe(code);
    const next = prove();
    await until(() => !isRunning(starts()[0]));
    await until(() => vi.getTimerCount() === 1);
    vi.advanceTimersByTime(1_000);
    await next;
    expect(starts()).toHaveLength(2);
  });

  it('says how it ended, and what it wrote to standard error', async () => {
    const { prove } = faultyPool('dies in the middle of a line');
    await expect(prove()).rejects.toMatchObject({
      retryable: true,
      details: { exitCode: 3, stderr: 'out of luck\n' },
    });
  });

  it('is not waited for when something that it started holds its pipes', async () => {
    const { prove } = faultyPool('dies and leaves something that holds its pipes');
    await expect(prove()).rejects.toMatchObject({ code: 'PROVE_COMMAND_ENDED', details: { exitCode: 4 } });
  });

  it('by a second answer has made the proof, and is not asked again', async () => {
    fakeTimers();
    const { prove, starts } = faultyPool('answers twice,well');
    await prove();
    await until(() => vi.getTimerCount() === 1);
    const next = prove();
    vi.advanceTimersByTime(1_000);
    await next;
    expect(starts()).toHaveLength(2);
  });

  it('to start is named for every job', async () => {
    fakeTimers();
    const pool = poolOf([path.join(folder, 'absent')]);
    const job = { provingKey: keys.provingKey, witness };
    expect(await rejectionOf(pool.prove(job))).toBe('PROVE_COMMAND_START');
    const next = rejectionOf(pool.prove(job));
    await until(() => vi.getTimerCount() === 1);
    vi.advanceTimersByTime(1_000);
    expect(await next).toBe('PROVE_COMMAND_START');
  });

  it('rests twice as long each time, a minute at most, and as at first once a proof has held', async () => {
    fakeTimers();
    const { prove, starts } = faultyPool(`${'dies,'.repeat(8)}answers twice,well`);
    for (const [index, seconds] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
      expect(await rejectionOf(prove())).toBe('PROVE_COMMAND_ENDED');
      expect(starts()).toHaveLength(index + 1);
      await until(() => vi.getTimerCount() === 1);
      expect(vi.advanceTimersByTime(seconds * 1_000 - 1).getTimerCount()).toBe(1);
      expect(vi.advanceTimersByTime(1).getTimerCount()).toBe(0);
    }
    await prove();
    await until(() => vi.getTimerCount() === 1);
    expect(vi.advanceTimersByTime(1_000).getTimerCount()).toBe(0);
    await prove();
  });

  it('by saying nothing is killed; progress gives it time, ten times at most', async () => {
    fakeTimers();
    const silent = faultyPool('is silent', { timeoutSeconds: 8 });
    const outcome = rejectionOf(silent.prove());
    await until(() => silent.starts().length === 1);
    vi.advanceTimersByTime(8_000);
    expect(await outcome).toBe('PROVE_COMMAND_TIMEOUT');
    await until(() => !silent.starts().some(isRunning));

    const told = path.join(folder, 'told');
    const begun = faultyPool(`says how far it is when told,${told}`, { timeoutSeconds: 8 });
    const words = countWaits(8_000);
    const last = rejectionOf(begun.prove());
    await until(() => words() === 1);
    vi.advanceTimersByTime(7_999);
    await writeFile(told, '');
    // It is heard when the wait for the next word begins.
    await until(() => words() === 2);
    vi.advanceTimersByTime(7_999);
    expect(begun.pool.processIds).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(await last).toBe('PROVE_COMMAND_TIMEOUT');
  });
});
