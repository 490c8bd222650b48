import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openCommitmentKey, withCommitment } from '../../lookups/commitment.ts';
import type { CommitmentKey } from '../../lookups/commitment.ts';
import { ProveError } from '../errors.ts';
import type { ProveJob, ProverPool } from '../prover-pool.ts';
import type { MeasuredProof } from '../worker-messages.ts';
import { checkCommandLine, fillCommandLine } from './command-line.ts';
import type { CommandFiles, CommandLine } from './command-line.ts';
import { readProofFile, readPublicFile } from './output.ts';
import { runCommand } from './run.ts';
import { Runs } from './runs.ts';

/** An external prover and how it is run. */
export interface CommandPoolOptions {
  /** Most runs, or programs, at a time. */
  readonly workers: number;
  readonly command: CommandLine;
  /** A run that takes longer is killed; a long-running program when it says nothing for so long. */
  readonly timeoutSeconds: number;
}

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
  const runs = new Runs();
  const processes = new Set<number>();
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
      const [proof, publicSignals] = await Promise.all([
        readProofFile(files.proof),
        readPublicFile(files.public),
      ]);
      const proved = withCommitment(await commitmentOf(job.provingKey), job.witness, {
        proof,
        publicSignals,
      });
      return { ...proved, ...usage, proveSeconds: (performance.now() - started) / 1_000 };
    } finally {
      if (processId !== undefined) processes.delete(processId);
      await rm(folder, { recursive: true, force: true });
    }
  };

  return {
    prove: (job) =>
      runs.run(job.signal, async (signal) => {
        await turn(signal);
        try {
          return await run(job, signal);
        } finally {
          done();
        }
      }),
    get processIds() {
      return [...processes];
    },
    async close() {
      runs.close();
      await runs.ended();
    },
  };
}

/** The file is read for every proof: a run of the program reads it too. */
async function commitmentOf(provingKey: Uint8Array | string): Promise<CommitmentKey | undefined> {
  return openCommitmentKey(typeof provingKey === 'string' ? await readFile(provingKey) : provingKey);
}
