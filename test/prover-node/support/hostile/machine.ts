import PQueue from 'p-queue';
import type { ProverPool } from '../../../../groth16/prove/pool.ts';
import { createProverPool } from '../../../../groth16/prove/pool.ts';
import type { WorkQueue } from '../../../../protocol/database/queue.ts';
import { createRunner } from '../../../../prover-node/execute/runner.ts';
import type { Machine } from '../../../../prover-node/machine.ts';
import type { ProveTask } from '../../../../prover-node/prove/prover.ts';
import type { Clock } from './clock.ts';

export interface Pace {
  /** Seconds that a slice takes to run, and to prove, at the least. */
  readonly runSeconds: number;
  readonly proofSeconds: number;
  /** How many times longer it takes this time: at least 1. */
  readonly longer: () => number;
  readonly workers: number;
}

/** A machine whose work is real, and takes what it is told by a clock of the test. */
export interface SlowMachine extends Machine {
  /** Proofs under way, and those of them that wait for others. */
  readonly proving: () => number;
  readonly waiting: () => number;
}

export function slowMachine(clock: Clock, { runSeconds, proofSeconds, longer, workers }: Pace): SlowMachine {
  const proofs = new PQueue({ concurrency: workers });
  const tasks = new MemoryQueue(clock);
  return {
    clock: () => clock.now,
    openRunner: (options) => {
      const runner = createRunner(options);
      return {
        run: async (model, inputs) =>
          (await Promise.all([runner.run(model, inputs), clock.sleep(runSeconds * longer() * 1000)]))[0],
        close: () => runner.close(),
      };
    },
    openPool: () => {
      const pool = createProverPool({ workers: 1 });
      return {
        prove: (job) =>
          proofs.add(async () => {
            const proveSeconds = proofSeconds * longer();
            const [made] = await Promise.all([pool.prove(job), clock.sleep(proveSeconds * 1000, job.signal)]);
            return { ...made, proveSeconds };
          }),
        get processIds() {
          return pool.processIds;
        },
        close: () => pool.close(),
      } satisfies ProverPool;
    },
    openQueue: () => Promise.resolve({ tasks, close: () => Promise.resolve() }),
    proving: () => tasks.running,
    waiting: () => proofs.size,
  };
}

/** What the database's queue promises, without one. */
export class MemoryQueue implements WorkQueue<ProveTask> {
  readonly name = 'prove';
  running = 0;
  readonly #clock: Clock;
  readonly #keys = new Set<string>();
  readonly #pieces: { readonly data: ProveTask; readonly key: string; readonly priority: number }[] = [];
  #handler: Parameters<WorkQueue<ProveTask>['work']>[0] | undefined;
  #free = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  send(
    data: ProveTask,
    { key = '', priority = 0 }: Parameters<WorkQueue<ProveTask>['send']>[1],
  ): Promise<boolean> {
    if (this.#keys.has(key)) return Promise.resolve(false);
    this.#keys.add(key);
    this.#pieces.push({ data, key, priority });
    this.#next();
    return Promise.resolve(true);
  }

  work(handler: Parameters<WorkQueue<ProveTask>['work']>[0], concurrency = 1): Promise<void> {
    this.#handler = handler;
    this.#free = concurrency;
    this.#next();
    return Promise.resolve();
  }

  counts(): ReturnType<WorkQueue<ProveTask>['counts']> {
    return Promise.reject(new Error('nobody asks'));
  }

  #next(): void {
    const handler = this.#handler;
    if (!handler || this.#free === 0) return;
    this.#pieces.sort((a, b) => b.priority - a.priority);
    const piece = this.#pieces.shift();
    if (!piece) return;
    this.#free--;
    this.running++;
    const { signal } = new AbortController();
    void handler(piece.data, { id: piece.key, attempt: 0, signal })
      .then(() => void this.#keys.delete(piece.key))
      .catch(async () => {
        await this.#clock.sleep(1000);
        this.#pieces.push(piece);
      })
      .finally(() => {
        this.running--;
        this.#free++;
        this.#next();
      });
  }
}
