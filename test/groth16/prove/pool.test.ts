import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { groth16 } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { writeWitness } from '../../../groth16/formats/witness-file.ts';
import { createProverPool } from '../../../groth16/prove/pool.ts';
import type { ProverPool } from '../../../groth16/prove/pool.ts';
import { verifyProof } from '../../../groth16/verify/verify.ts';
import { developmentSetup } from '../../../groth16/setup/development-setup.ts';
import type { SetupResult } from '../../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../../groth16/setup/trapdoor.ts';
import { squarings } from '../formats/circuits.ts';
import { rejectionOf } from '../formats/bytes.ts';
import { until } from '../../support/until.ts';
import { stopSnarkjs } from './snarkjs.ts';

const seed = new TextEncoder().encode('prove');
const phase1 = deriveDevelopmentPhase1(seed);
const small = squarings(20, 3n);
const large = squarings(60, 5n);
let keys: SetupResult;
let largeKeys: SetupResult;
let folder: string;
let pool: ProverPool;
let snarkjsPool: ProverPool;

beforeAll(async () => {
  keys = await developmentSetup(small.r1cs, { phase1, seed });
  largeKeys = await developmentSetup(large.r1cs, { phase1, seed });
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-prove-'));
  pool = createProverPool({ workers: 1 });
  snarkjsPool = createProverPool({ workers: 1, backend: 'snarkjs' });
});

afterAll(async () => {
  await Promise.all([pool.close(), snarkjsPool.close()]);
  await rm(folder, { recursive: true });
  await stopSnarkjs();
});

/** A pool of one test, its processes ready. */
async function readyPool(workers: number): Promise<ProverPool> {
  const own = createProverPool({ workers });
  onTestFinished(() => own.close());
  const job = { provingKey: keys.provingKey, witness: writeWitness(small.witness) };
  await Promise.all(Array.from({ length: workers }, () => own.prove(job)));
  return own;
}

/** Stops the only process of a pool and gives it a job, which therefore runs and cannot end; its outcome. */
function heldJob(own: ProverPool, signal?: AbortSignal): Promise<unknown> {
  process.kill(own.processIds[0], 'SIGSTOP');
  return rejectionOf(
    own.prove({ provingKey: keys.provingKey, witness: writeWitness(small.witness), signal }),
  );
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A dead process that nobody has waited for yet is a zombie.
  const status = `/proc/${pid}/status`;
  return !existsSync(status) || !/^State:\s+Z/m.test(readFileSync(status, 'utf8'));
}

describe.each([
  ['native-js', () => pool],
  ['snarkjs', () => snarkjsPool],
] as const)('a prover pool of %s', (_, poolOf) => {
  it('makes proofs that snarkjs and our own check take, and says what they took', async () => {
    const made = await poolOf().prove({ provingKey: keys.provingKey, witness: writeWitness(small.witness) });
    expect(made.publicSignals).toEqual([small.witness[1], small.witness[2]].map(String));
    expect(await groth16.verify(keys.verifyingKey, made.publicSignals, made.proof)).toBe(true);
    expect(await verifyProof(keys.verifyingKey, made.publicSignals, made.proof)).toEqual({ ok: true });
    expect(made.proveSeconds).toBeGreaterThan(0);
    expect(made.cpuSeconds).toBeGreaterThan(0);
    expect(made.peakRssBytes).toBeGreaterThan(2 ** 24);
    expect(made.peakRssBytes).toBeLessThan(400 * 2 ** 20);
  });

  it('proves several slices with keys from files and bytes in turn', async () => {
    const file = path.join(folder, 'large.zkey');
    await writeFile(file, largeKeys.provingKey);
    const jobs = [keys.provingKey, file, file, largeKeys.provingKey, keys.provingKey];
    const made = await Promise.all(
      jobs.map((provingKey) =>
        poolOf().prove({
          provingKey,
          witness: writeWitness((provingKey === keys.provingKey ? small : large).witness),
        }),
      ),
    );
    for (const [index, { proof, publicSignals }] of made.entries()) {
      const { verifyingKey } = jobs[index] === keys.provingKey ? keys : largeKeys;
      expect(await verifyProof(verifyingKey, publicSignals, proof), `job ${index}`).toEqual({ ok: true });
    }
  });

  it('reads a key again when its file was replaced', async () => {
    const file = path.join(folder, 'replaced.zkey');
    const other = await developmentSetup(small.r1cs, { phase1 });
    for (const [time, { provingKey, verifyingKey }] of [keys, other].entries()) {
      await writeFile(file, provingKey);
      await utimes(file, time + 1, time + 1);
      const made = await poolOf().prove({ provingKey: file, witness: writeWitness(small.witness) });
      expect(await verifyProof(verifyingKey, made.publicSignals, made.proof)).toEqual({ ok: true });
    }
  });

  it('gives a proof that nobody takes for a witness that breaks the circuit', async () => {
    const wrong = small.witness.with(1, small.witness[1] + 1n);
    const made = await poolOf().prove({ provingKey: keys.provingKey, witness: writeWitness(wrong) });
    expect(await verifyProof(keys.verifyingKey, made.publicSignals, made.proof)).toMatchObject({
      ok: false,
      reason: 'PROOF_FALSE',
    });
    expect(await groth16.verify(keys.verifyingKey, made.publicSignals, made.proof)).toBe(false);
  });

  it('refuses bad files by name and goes on', async () => {
    const witness = writeWitness(small.witness);
    const { provingKey } = keys;
    const refused: readonly (readonly [string, Uint8Array | string, Uint8Array])[] = [
      ['PROVE_WITNESS_LENGTH', provingKey, writeWitness(large.witness)],
      ['FORMAT_TRUNCATED', provingKey.subarray(0, provingKey.length - 1), witness],
      ['FORMAT_MAGIC', witness, witness],
      ['FORMAT_TRUNCATED', provingKey, witness.subarray(0, witness.length - 1)],
      ['PROVE_KEY_UNREADABLE', path.join(folder, 'absent.zkey'), witness],
      ['PROVE_KEY_UNREADABLE', folder, witness],
    ];
    // The same again: what could not be opened is not taken for known.
    for (const [code, key, values] of [...refused, ...refused.flatMap((one) => [one, one])]) {
      expect(await rejectionOf(poolOf().prove({ provingKey: key, witness: values }))).toBe(code);
    }
    expect(await rejectionOf(poolOf().prove({ provingKey, witness }))).toBe('none');
  });
});

describe('the processes of a prover pool', () => {
  it('rejects the job of a killed process as retryable and goes on with another process', async () => {
    const own = await readyPool(1);
    const [killed] = own.processIds;
    process.kill(killed, 'SIGSTOP');
    const job = { provingKey: keys.provingKey, witness: writeWitness(small.witness) };
    const lost = own.prove(job).catch((error: unknown) => error);
    const waiting = own.prove(job);
    await setImmediate();
    process.kill(killed, 'SIGKILL');
    expect(await lost).toMatchObject({
      code: 'PROVER_WORKER_LOST',
      retryable: true,
      details: { exitCode: null, signal: 'SIGKILL' },
    });
    const made = await waiting;
    expect(await verifyProof(keys.verifyingKey, made.publicSignals, made.proof)).toEqual({ ok: true });
    expect(own.processIds).not.toContain(killed);
  });

  it('replaces a process that is killed while idle', async () => {
    const own = await readyPool(1);
    const [killed] = own.processIds;
    process.kill(killed, 'SIGKILL');
    await until(() => !own.processIds.includes(killed));
    const job = { provingKey: keys.provingKey, witness: writeWitness(small.witness) };
    expect(await rejectionOf(own.prove(job))).toBe('none');
  });

  it('gives a job up when told to, before it starts and while it runs', async () => {
    const own = await readyPool(1);
    const job = { provingKey: keys.provingKey, witness: writeWitness(small.witness) };
    expect(await rejectionOf(own.prove({ ...job, signal: AbortSignal.abort() }))).toBe('PROVE_ABORTED');
    const [killed] = own.processIds;
    const stop = new AbortController();
    const running = heldJob(own, stop.signal);
    const stopWaiting = new AbortController();
    const waiting = rejectionOf(own.prove({ ...job, signal: stopWaiting.signal }));
    await setImmediate();
    stopWaiting.abort();
    expect(await waiting).toBe('PROVE_ABORTED');
    stop.abort();
    expect(await running).toBe('PROVE_ABORTED');
    expect(await rejectionOf(own.prove(job))).toBe('none');
    expect(isRunning(killed)).toBe(false);
  });

  it('says so when its processes cannot start', async () => {
    const own = createProverPool({ workers: 1 });
    onTestFinished(() => own.close());
    let outcome: unknown;
    const job = rejectionOf(own.prove({ provingKey: keys.provingKey, witness: writeWitness(small.witness) }));
    void job.then((code) => {
      outcome = code;
    });
    // A process takes far longer to start than one turn of this loop.
    while (outcome === undefined) {
      for (const pid of own.processIds) process.kill(pid, 'SIGKILL');
      await setImmediate();
    }
    expect(outcome).toBe('PROVER_WORKER_START');
    expect(await rejectionOf(own.prove({ provingKey: keys.provingKey, witness: new Uint8Array() }))).toBe(
      'PROVER_WORKER_START',
    );
  });

  it('leaves no process and no job behind when it is closed', async () => {
    const own = await readyPool(1);
    const pids = own.processIds;
    const running = heldJob(own);
    const job = { provingKey: keys.provingKey, witness: writeWitness(small.witness) };
    const waiting = rejectionOf(own.prove(job));
    await setImmediate();
    await own.close();
    expect(await running).toBe('PROVER_POOL_CLOSED');
    expect(await waiting).toBe('PROVER_POOL_CLOSED');
    expect(await rejectionOf(own.prove(job))).toBe('PROVER_POOL_CLOSED');
    expect(pids.filter(isRunning)).toEqual([]);
    expect(own.processIds).toEqual([]);
  });

  it('ends with the process that made it', async () => {
    const parent = spawn(process.execPath, [fileURLToPath(new URL('./pool-parent.ts', import.meta.url))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pids = line.toString().trim().split(' ').map(Number);
    expect(pids.filter(isRunning)).toHaveLength(2);
    parent.kill('SIGKILL');
    await until(() => !pids.some(isRunning));
  });

  it('needs at least one process', () => {
    expect(() => createProverPool({ workers: 0 })).toThrow(
      expect.objectContaining({ code: 'PROVER_WORKERS' }),
    );
  });
});
