import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { writeWitness } from '../../../../groth16/formats/witness-file.ts';
import { parseCommandLine } from '../../../../groth16/prove/command/command-line.ts';
import type { CommandLine } from '../../../../groth16/prove/command/command-line.ts';
import { createProverPool } from '../../../../groth16/prove/pool.ts';
import type { ProverPool } from '../../../../groth16/prove/pool.ts';
import { verifyProof } from '../../../../groth16/verify/verify.ts';
import { developmentSetup } from '../../../../groth16/setup/development-setup.ts';
import type { SetupResult } from '../../../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../../../groth16/setup/trapdoor.ts';
import { rejectionOf } from '../../formats/bytes.ts';
import { squarings } from '../../formats/circuits.ts';
import { until } from '../../../support/until.ts';
import { isRunning } from './is-running.ts';

const seed = new TextEncoder().encode('command');
const phase1 = deriveDevelopmentPhase1(seed);
const { r1cs, witness: values } = squarings(20, 3n);
const witness = writeWitness(values);
const snarkjsCli = fileURLToPath(new URL('../../../../node_modules/snarkjs/build/cli.cjs', import.meta.url));
const FILES = ['{zkey}', '{witness}', '{proof}', '{public}'];
const snarkjs = [process.execPath, snarkjsCli, 'groth16', 'prove', ...FILES];
const slow = fileURLToPath(new URL('./slow-prover.js', import.meta.url));
/** A program that leaves what the test says: $0 to $3 are the four files. */
const shell = (script: string): CommandLine => ['/bin/sh', '-c', script, ...FILES];

let keys: SetupResult;
let folder: string;

beforeAll(async () => {
  keys = await developmentSetup(r1cs, { phase1, seed });
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-command-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** Far more time than a proof takes anywhere. */
const LONG = 3_600;

function poolOf(command: CommandLine, timeoutSeconds = LONG, workers = 1): ProverPool {
  const pool = createProverPool({ backend: 'command', workers, command, timeoutSeconds });
  onTestFinished(() => pool.close());
  return pool;
}

function outcomeOf(command: CommandLine, timeoutSeconds?: number): Promise<unknown> {
  const job = { provingKey: keys.provingKey, witness };
  return poolOf(command, timeoutSeconds)
    .prove(job)
    .catch((error: unknown) => error);
}

/** Starts a job that never ends by itself; gives its two processes once both run. */
async function held(
  pool: (command: CommandLine) => ProverPool,
  signal?: AbortSignal,
): Promise<{
  readonly pids: readonly number[];
  readonly outcome: Promise<unknown>;
  readonly pool: ProverPool;
}> {
  const pidFile = path.join(folder, `pids-${Math.random()}`);
  const made = pool([process.execPath, slow, pidFile, ...FILES]);
  const outcome = rejectionOf(made.prove({ provingKey: keys.provingKey, witness, signal }));
  const pids = await until(() => {
    const both = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').split(' ').map(Number) : [];
    return both.length === 2 ? both : undefined;
  });
  return { pids, outcome, pool: made };
}

describe('an external prover', () => {
  it('proves by its command line, with keys from bytes and files, and says what it took', async () => {
    const file = path.join(folder, 'key of a slice.zkey');
    await writeFile(file, keys.provingKey);
    const pool = poolOf(snarkjs, LONG, 2);
    const made = await Promise.all(
      [keys.provingKey, file, file].map((provingKey) => pool.prove({ provingKey, witness })),
    );
    for (const { proof, publicSignals, proveSeconds } of made) {
      expect(publicSignals).toEqual(values.slice(1, 3).map(String));
      expect(await verifyProof(keys.verifyingKey, publicSignals, proof)).toEqual({ ok: true });
      expect(proveSeconds).toBeGreaterThan(0);
    }
    if (existsSync('/proc/self/stat')) {
      expect(made[0].cpuSeconds).toBeGreaterThan(0);
      expect(made[0].peakRssBytes).toBeGreaterThan(2 ** 24);
    }
    expect(pool.processIds).toEqual([]);
  });

  it('takes proofs that leave out the curve, and hands over the witness as it is', async () => {
    const made = await outcomeOf(snarkjs);
    const { proof, publicSignals } = made as { proof: object; publicSignals: readonly string[] };
    const bare = path.join(folder, 'bare.json');
    const signals = path.join(folder, 'signals.json');
    await writeFile(bare, JSON.stringify({ ...proof, curve: undefined }));
    await writeFile(signals, JSON.stringify(publicSignals));
    const kept = path.join(folder, 'kept.wtns');
    const again = await outcomeOf(shell(`cp "$1" '${kept}'; cp '${bare}' "$2"; cp '${signals}' "$3"`));
    expect(again).toMatchObject({ proof, publicSignals });
    expect(new Uint8Array(readFileSync(kept))).toEqual(new Uint8Array(witness));
  });

  it('is named when it cannot start, fails, or is killed', async () => {
    expect(await outcomeOf([path.join(folder, 'absent'), ...FILES])).toMatchObject({
      code: 'PROVE_COMMAND_START',
    });
    expect(await outcomeOf(shell('echo out of luck >&2; exit 3'))).toMatchObject({
      code: 'PROVE_COMMAND_FAILED',
      retryable: false,
      details: { exitCode: 3, stderr: 'out of luck\n' },
    });
    expect(await outcomeOf(shell('kill -9 $$'))).toMatchObject({
      code: 'PROVE_COMMAND_FAILED',
      details: { exitCode: null, signal: 'SIGKILL' },
    });
    // A real prover with a witness of another circuit.
    const other = writeWitness(squarings(3, 3n).witness);
    const failed = await poolOf(snarkjs)
      .prove({ provingKey: keys.provingKey, witness: other })
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'PROVE_COMMAND_FAILED' });
  });

  it.each([
    ['nothing', 'true'],
    ['no JSON', 'echo proof > "$2"; echo [] > "$3"'],
    ['another shape', 'echo "{}" > "$2"; echo [] > "$3"'],
    ['null', 'echo null > "$2"; echo [] > "$3"'],
    ['no signals', 'echo "{}" > "$2"'],
    ['a flood', 'head -c 3000000 /dev/zero > "$2"; echo [] > "$3"'],
    ['a folder', 'mkdir "$2"; echo [] > "$3"'],
    ['a device', 'ln -s /dev/zero "$2"; echo [] > "$3"'],
    ['a pipe', 'mkfifo "$2"; echo [] > "$3"'],
  ])('is refused when it leaves %s', async (_, script) => {
    expect(await outcomeOf(shell(script))).toMatchObject({ code: 'PROVE_COMMAND_OUTPUT' });
  });

  it('is killed with what it started when it takes too long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { pids, outcome } = await held((command) => poolOf(command, 8));
    // Both run by now, however long that took.
    vi.advanceTimersByTime(8_000);
    expect(await outcome).toBe('PROVE_COMMAND_TIMEOUT');
    await until(() => !pids.some(isRunning));
  });

  it('is killed when its job is given up, and the next in line takes its place', async () => {
    const stop = new AbortController();
    const { pids, outcome, pool } = await held(poolOf, stop.signal);
    expect(pool.processIds).toEqual([pids[0]]);
    const stopWaiting = new AbortController();
    const job = { provingKey: keys.provingKey, witness };
    const givenUp = rejectionOf(pool.prove({ ...job, signal: stopWaiting.signal }));
    const next = rejectionOf(pool.prove(job));
    stopWaiting.abort();
    expect(await givenUp).toBe('PROVE_ABORTED');
    stop.abort();
    expect(await outcome).toBe('PROVE_ABORTED');
    await until(() => !pids.some(isRunning));
    await until(() => pool.processIds.length === 1);
    await pool.close();
    expect(await next).toBe('PROVER_POOL_CLOSED');
  });

  it('leaves no process and no file behind when the pool is closed', async () => {
    // Of its own: other tests' programs have theirs beside it.
    const own = await mkdtemp(path.join(folder, 'own-'));
    vi.stubEnv('TMPDIR', own);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { pids, outcome, pool } = await held(poolOf);
    const waiting = rejectionOf(pool.prove({ provingKey: keys.provingKey, witness }));
    await pool.close();
    expect(await outcome).toBe('PROVER_POOL_CLOSED');
    expect(await waiting).toBe('PROVER_POOL_CLOSED');
    expect(await rejectionOf(pool.prove({ provingKey: keys.provingKey, witness }))).toBe(
      'PROVER_POOL_CLOSED',
    );
    await until(() => !pids.some(isRunning));
    expect(pool.processIds).toEqual([]);
    expect(readdirSync(own)).toEqual([]);
  });
});

describe('a command line', () => {
  it('is split at blanks, with quotes', () => {
    expect(parseCommandLine(`  a  "b c" 'd "e'f {zkey} {witness} --proof={proof} {public} ""`)).toEqual([
      'a',
      'b c',
      'd "ef',
      '{zkey}',
      '{witness}',
      '--proof={proof}',
      '{public}',
      '',
    ]);
  });

  it.each(['', '  ', 'prover', 'prover {zkey} {witness} {proof}', '{zkey} {witness} {proof}', 'p "{zkey}'])(
    'is refused: %j',
    (line) => {
      expect(() => parseCommandLine(line)).toThrow(expect.objectContaining({ code: 'PROVER_COMMAND' }));
    },
  );

  it('needs at least one run at a time', () => {
    expect(() =>
      createProverPool({ backend: 'command', workers: 0, command: snarkjs, timeoutSeconds: 1 }),
    ).toThrow(expect.objectContaining({ code: 'PROVER_WORKERS' }));
  });
});
