import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { moduleBeside } from '../../protocol/beside.ts';
import { parseProof, parsePublicWires } from '../formats/proof.ts';
import type { BackendName } from './backend.ts';
import { createCommandPool } from './command/pool.ts';
import type { CommandPoolOptions } from './command/pool.ts';
import { createWorkerProgramPool } from './command/worker-pool.ts';
import { childEnvironment } from '../child-environment.ts';
import { ProveError } from './errors.ts';
import { createKeyIds } from './key-ids.ts';
import type { ProveJob, ProverPool } from './prover-pool.ts';
import type { MeasuredProof, ProveRequest, WorkerMessage } from './worker-messages.ts';

export type { MeasuredProof } from './worker-messages.ts';
export type { ProverPool } from './prover-pool.ts';

/** How many processes prove, and with what. */
export type ProverPoolOptions =
  | {
      /** Worker processes, each proving one job at a time. */
      readonly workers: number;
      /** Default: native-js. */
      readonly backend?: BackendName;
      /** Threads of each process, which share the work of its proof; of native-js alone. Default: 1. */
      readonly threads?: number;
      /** The processes don't keep this one from ending while they have nothing to prove. Default: they do. */
      readonly background?: boolean;
    }
  /** An external program that is run for each proof. */
  | ({ readonly backend: 'command' } & CommandPoolOptions)
  /** A long-running one that is asked line by line. */
  | ({ readonly backend: 'command-worker' } & CommandPoolOptions);

interface Worker {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  ready: boolean;
  keyId: string | undefined;
  task: Task | undefined;
}

interface Task {
  readonly id: number;
  readonly keyId: string;
  readonly job: ProveJob;
  readonly settle: (outcome: MeasuredProof | ProveError) => void;
}

/** A small young generation costs a prover nothing and saves 20 MiB at 2^16 constraints. */
const WORKER_FLAGS = ['--max-semi-space-size=4'];

/**
 * glibc keeps freed buffers of megabytes for itself unless they are mapped one by one: some 40 MiB at 2^16. And it has a heap for
 * each of Node's threads unless they share one: some 4 MiB, at any size.
 */
const WORKER_ENVIRONMENT = { MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_ARENA_MAX: '1' };

const MOST_FAILED_STARTS = 3;

/** A share of more would be a few points of a small slice, and a curve's memory each. */
const MOST_THREADS = 64;

/**
 * Starts the worker processes; they end with `close()`, or by themselves when this process dies.
 *
 * @throws ProveError PROVER_WORKERS, PROVER_THREADS, PROVER_COMMAND
 */
export function createProverPool(options: ProverPoolOptions): ProverPool {
  if (options.backend === 'command') return createCommandPool(options);
  if (options.backend === 'command-worker') return createWorkerProgramPool(options);
  return createWorkerPool(options);
}

function createWorkerPool({
  workers: size,
  backend = 'native-js',
  threads = 1,
  background = false,
}: Exclude<ProverPoolOptions, CommandPoolOptions>): ProverPool {
  if (!Number.isInteger(size) || size < 1) {
    throw new ProveError('PROVER_WORKERS', `expected a whole number of worker processes from 1, got ${size}`);
  }
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new ProveError('PROVER_THREADS', `expected 1 to ${MOST_THREADS} threads a process, got ${threads}`);
  }
  if (threads > 1 && backend !== 'native-js') {
    throw new ProveError('PROVER_THREADS', `expected one thread, got ${threads} for the backend ${backend}`, {
      hint: 'native-js is the backend whose threads share a proof',
    });
  }
  const keyIds = createKeyIds();
  const workers = new Set<Worker>();
  const waiting: Task[] = [];
  let counter = 0;
  let failedStarts = 0;
  let unusable: ProveError | undefined;

  const start = (): void => {
    const child = fork(fileURLToPath(moduleBeside(import.meta.url, './worker')), [String(threads)], {
      execArgv: WORKER_FLAGS,
      env: { ...childEnvironment(), ...WORKER_ENVIRONMENT },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const exited = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => {
        if (child.pid === undefined) resolve();
      });
    });
    const worker: Worker = { child, exited, ready: false, keyId: undefined, task: undefined };
    workers.add(worker);
    child.on('message', (message) => hear(worker, message as WorkerMessage));
    child.on('error', () => child.kill('SIGKILL'));
    void exited.then(() => lose(worker));
    hold();
  };

  /** Has this process wait for the others only while they are needed. */
  const hold = (): void => {
    if (!background) return;
    for (const { child, task } of workers) {
      const hand = task !== undefined || waiting.length > 0 ? 'ref' : 'unref';
      child[hand]();
      child.channel?.[hand]();
    }
  };

  const hear = (worker: Worker, message: WorkerMessage): void => {
    if (message.kind === 'ready') {
      worker.ready = true;
      failedStarts = 0;
    } else if (worker.task?.id === message.id) {
      const { settle } = worker.task;
      worker.task = undefined;
      // A key that could not be opened is not kept.
      if (message.kind === 'failed') worker.keyId = undefined;
      settle(outcomeOf(message));
    }
    giveOut();
  };

  const lose = (worker: Worker): void => {
    workers.delete(worker);
    const { exitCode, signalCode } = worker.child;
    worker.task?.settle(
      new ProveError('PROVER_WORKER_LOST', 'the process that made this proof ended before it was done', {
        retryable: true,
        hint: 'prove again; if it goes on, the process may be killed for its memory: run fewer workers',
        details: { exitCode, signal: signalCode },
      }),
    );
    if (unusable !== undefined) return;
    if (!worker.ready && ++failedStarts >= MOST_FAILED_STARTS) {
      fail(
        new ProveError(
          'PROVER_WORKER_START',
          `worker processes ended ${failedStarts} times before they were ready`,
          {
            hint: 'their own message is on stderr',
            details: { exitCode, signal: signalCode },
          },
        ),
      );
      return;
    }
    start();
  };

  const fail = (error: ProveError): void => {
    unusable = error;
    for (const task of waiting.splice(0)) task.settle(error);
  };

  const giveOut = (): void => {
    handOn();
    hold();
  };

  const handOn = (): void => {
    for (;;) {
      const task = waiting[0];
      if (task === undefined) return;
      const idle = [...workers].filter((worker) => worker.ready && worker.task === undefined);
      const worker = idle.find(({ keyId }) => keyId === task.keyId) ?? idle[0];
      if (worker === undefined) return;
      waiting.shift();
      const known = worker.keyId === task.keyId;
      const request: ProveRequest = {
        id: task.id,
        backend,
        key: { id: task.keyId, ...(known ? {} : { source: task.job.provingKey }) },
        witness: task.job.witness,
      };
      worker.task = task;
      worker.keyId = task.keyId;
      // A process that dies while it is written to also exits, and that settles the job.
      worker.child.send(request, () => {});
    }
  };

  const outcomeOf = (message: Exclude<WorkerMessage, { kind: 'ready' }>): MeasuredProof | ProveError => {
    if (message.kind === 'failed') {
      const { code, hint, retryable } = message;
      return new ProveError(code, message.message, { hint, retryable });
    }
    const { proveSeconds, cpuSeconds, peakRssBytes } = message;
    return {
      proof: parseProof(message.proof),
      publicSignals: parsePublicWires(message.publicSignals),
      proveSeconds,
      cpuSeconds,
      peakRssBytes,
    };
  };

  const giveUp = (task: Task): void => {
    const place = waiting.indexOf(task);
    if (place >= 0) waiting.splice(place, 1);
    for (const worker of workers) {
      if (worker.task !== task) continue;
      worker.task = undefined;
      worker.ready = false;
      failedStarts = 0;
      worker.child.kill('SIGKILL');
    }
    task.settle(
      new ProveError('PROVE_ABORTED', 'the proof was given up', { cause: task.job.signal?.reason }),
    );
  };

  for (let index = 0; index < size; index++) start();

  return {
    async prove(job) {
      const keyId = await keyIds.of(job.provingKey);
      return new Promise<MeasuredProof>((resolve, reject) => {
        const abort = (): void => giveUp(task);
        const task: Task = {
          id: counter++,
          keyId,
          job,
          settle(outcome) {
            job.signal?.removeEventListener('abort', abort);
            if (outcome instanceof ProveError) reject(outcome);
            else resolve(outcome);
          },
        };
        if (unusable !== undefined) return task.settle(unusable);
        if (job.signal?.aborted) return abort();
        job.signal?.addEventListener('abort', abort, { once: true });
        waiting.push(task);
        giveOut();
      });
    },
    get processIds() {
      return [...workers].flatMap(({ child }) => (child.pid === undefined ? [] : [child.pid]));
    },
    async close() {
      const closed = new ProveError('PROVER_POOL_CLOSED', 'the prover pool was closed', { retryable: true });
      fail(closed);
      await Promise.all(
        [...workers].map(async (worker) => {
          worker.task?.settle(closed);
          worker.task = undefined;
          // Its end is waited for, in the background or not.
          worker.child.ref();
          worker.child.kill('SIGKILL');
          await worker.exited;
        }),
      );
    },
  };
}
