import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BadInputError } from '../../../protocol/errors.ts';
import { parseProof, parsePublicWires } from '../../formats/proof.ts';
import type { ProvedStatement } from '../backend.ts';
import { openCommitmentKey, withCommitment } from '../../lookups/commitment.ts';
import type { CommitmentKey } from '../../lookups/commitment.ts';
import { ProveError } from '../errors.ts';
import type { ProveJob, ProverPool } from '../prover-pool.ts';
import type { MeasuredProof } from '../worker-messages.ts';
import { checkCommandLine, fillCommandLine } from './command-line.ts';
import type { CommandFiles, CommandLine } from './command-line.ts';
import { runCommand } from './run.ts';

/** An external prover and how it is run. */
export interface CommandPoolOptions {
  /** Most runs at a time. */
  readonly workers: number;
  readonly command: CommandLine;
  /** A run that takes longer is killed. */
  readonly timeoutSeconds: number;
}

/** Above what a proof with the most public wires takes, the small values that most committed ones have. */
const MOST_OUTPUT_BYTES = 1 << 24;

/**
 * A pool that has each proof made by an external program, e.g. rapidsnark or a prover on a GPU. Witness and
 * proof pass through files in a fresh folder that only this user may read and that is removed after the run.
 *
 * @throws ProveError PROVER_WORKERS, PROVER_COMMAND
 */
export function createCommandPool({ workers, command, timeoutSeconds }: CommandPoolOptions): ProverPool {
  if (!Number.isInteger(workers) || workers < 1) {
    throw new ProveError(
      'PROVER_WORKERS',
      `expected a whole number of runs at a time from 1, got ${workers}`,
    );
  }
  checkCommandLine(command);
  const closing = new AbortController();
  const processes = new Set<number>();
  const running = new Set<Promise<MeasuredProof>>();
  const waiting: (() => void)[] = [];
  let busy = 0;

  const turn = async (signal: AbortSignal): Promise<void> => {
    if (busy < workers) {
      busy++;
      return;
    }
    let giveUp = (): void => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        giveUp = () => {
          waiting.splice(waiting.indexOf(resolve), 1);
          reject(signal.reason);
        };
        waiting.push(resolve);
        signal.addEventListener('abort', giveUp, { once: true });
      });
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  };
  /** Hands the turn on, or gives it back. */
  const done = (): void => {
    const next = waiting.shift();
    if (next === undefined) busy--;
    else next();
  };

  const run = async (job: ProveJob, signal: AbortSignal): Promise<MeasuredProof> => {
    const started = performance.now();
    const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-external-'));
    let processId: number | undefined;
    try {
      const inFolder = (file: string): string => path.join(folder, file);
      const files: CommandFiles = {
        zkey: typeof job.provingKey === 'string' ? job.provingKey : inFolder('proving.zkey'),
        witness: inFolder('witness.wtns'),
        proof: inFolder('proof.json'),
        public: inFolder('public.json'),
      };
      if (typeof job.provingKey !== 'string') await writeFile(files.zkey, job.provingKey);
      await writeFile(files.witness, job.witness);
      const usage = await runCommand(fillCommandLine(command, files), {
        timeoutSeconds,
        signal,
        onStart: (pid) => {
          processId = pid;
          processes.add(pid);
        },
      });
      const made = await readOutput(files);
      const proved = withCommitment(await commitmentOf(job.provingKey), job.witness, made);
      return { ...proved, ...usage, proveSeconds: (performance.now() - started) / 1_000 };
    } finally {
      if (processId !== undefined) processes.delete(processId);
      await rm(folder, { recursive: true, force: true });
    }
  };

  const prove = async (job: ProveJob): Promise<MeasuredProof> => {
    const signal = AbortSignal.any([closing.signal, ...(job.signal === undefined ? [] : [job.signal])]);
    try {
      signal.throwIfAborted();
      await turn(signal);
      try {
        return await run(job, signal);
      } finally {
        done();
      }
    } catch (error) {
      if (closing.signal.aborted) {
        throw new ProveError('PROVER_POOL_CLOSED', 'the prover pool was closed', { retryable: true });
      }
      if (signal.aborted) {
        throw new ProveError('PROVE_ABORTED', 'the proof was given up', { cause: signal.reason });
      }
      throw error;
    }
  };

  return {
    async prove(job) {
      const made = prove(job);
      running.add(made);
      try {
        return await made;
      } finally {
        running.delete(made);
      }
    },
    get processIds() {
      return [...processes];
    },
    async close() {
      closing.abort();
      await Promise.allSettled(running);
    },
  };
}

/** The file is read for every proof: a run of the program reads it too. */
async function commitmentOf(provingKey: Uint8Array | string): Promise<CommitmentKey | undefined> {
  return openCommitmentKey(typeof provingKey === 'string' ? await readFile(provingKey) : provingKey);
}

async function readOutput(files: CommandFiles): Promise<ProvedStatement> {
  const [proof, publicSignals] = await Promise.all([readJson(files.proof), readJson(files.public)]);
  try {
    // Some provers leave the curve out; a .zkey of another one is not ours.
    const named = typeof proof === 'object' ? { curve: 'bn128', ...proof } : proof;
    return { proof: parseProof(named), publicSignals: parsePublicWires(publicSignals) };
  } catch (cause) {
    if (!(cause instanceof BadInputError)) throw cause;
    throw badOutput(cause.message, cause);
  }
}

async function readJson(file: string): Promise<unknown> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(MOST_OUTPUT_BYTES + 1) });
      if (bytesRead > MOST_OUTPUT_BYTES) throw badOutput(`more than ${MOST_OUTPUT_BYTES} bytes`);
      return JSON.parse(buffer.toString('utf8', 0, bytesRead)) as unknown;
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof ProveError) throw cause;
    throw badOutput(String(cause), cause);
  }
}

function badOutput(what: string, cause?: unknown): ProveError {
  return new ProveError(
    'PROVE_COMMAND_OUTPUT',
    `the prover did not leave a proof that can be read: ${what}`,
    {
      hint: 'it should write JSON as snarkjs does to {proof} and {public}',
      cause,
    },
  );
}
