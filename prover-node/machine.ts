import { randomBytes } from 'node:crypto';
import type { ProverPool } from '../groth16/prove/pool.ts';
import type { Database } from '../protocol/database/open.ts';
import { openQueue, type WorkQueue } from '../protocol/database/queue.ts';
import { ModelProcess } from '../slicer/execute/process/model-process.ts';
import type { Log } from '../protocol/log.ts';
import { createComparedRunner } from './execute/compared-runner.ts';
import { createRunner, type RunnerOptions, type SliceRunner } from './execute/runner.ts';
import type { ProviderTrust } from './model/provider-trust.ts';
import { proveTaskSchema, type ProveTask } from './prove/prover.ts';
import { openPool } from './prover-pool.ts';
import type { NodeSettings } from './settings.ts';

/** What takes the time of a node, and the clock that tells it. */
export interface Machine {
  /** Milliseconds, any origin. */
  readonly clock: () => number;
  /** What runs models: on `cpu`, and where `trust` is given on its provider what may be. */
  openRunner(options: Omit<RunnerOptions, 'provider'>, trust?: ProviderTrust): SliceRunner;
  /** What proves. @throws ConfigError NODE_NO_PROVER_COMMAND, NODE_TWO_PROVER_COMMANDS */
  openPool(): ProverPool;
  /** What is to be proved. */
  openQueue(): Promise<{
    readonly tasks: WorkQueue<ProveTask>;
    close(graceSeconds: number): Promise<void>;
  }>;
}

/** This machine, with the queue in a database. */
export function openMachine(settings: NodeSettings, database: Database, log: Log): Machine {
  return {
    clock: () => performance.now(),
    openRunner(options, trust) {
      const cpu = createRunner(options);
      if (!trust) return cpu;
      // A device's driver that ends or holds up its process does so to nothing else.
      const other = createRunner({ ...options, models: new ModelProcess(), provider: trust.provider });
      return createComparedRunner({ trust, cpu, other, randomBytes });
    },
    openPool: () => openPool(settings),
    async openQueue() {
      const queue = await openQueue(database, { log, instance: settings.name });
      const tasks = await queue.define('prove', { schema: proveTaskSchema });
      return { tasks, close: (graceSeconds) => queue.close(graceSeconds) };
    },
  };
}
