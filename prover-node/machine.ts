import type { ProverPool } from '../groth16/prove/pool.ts';
import type { Database } from '../protocol/database/open.ts';
import { openQueue, type WorkQueue } from '../protocol/database/queue.ts';
import type { ModelProcess } from '../slicer/execute/process/model-process.ts';
import type { Log } from '../protocol/log.ts';
import { createRunner, type SliceRunner } from './execute/runner.ts';
import type { RefusedModels } from './model/refused-models.ts';
import { proveTaskSchema, type ProveTask } from './prove/prover.ts';
import { openPool } from './prover-pool.ts';
import type { NodeSettings } from './settings.ts';

/** What takes the time of a node, and the clock that tells it. */
export interface Machine {
  /** Milliseconds, any origin. */
  readonly clock: () => number;
  /** What runs models. */
  openRunner(refused: RefusedModels, models?: ModelProcess): SliceRunner;
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
    openRunner: (refused, models) => createRunner([settings.executionProvider], refused, models),
    openPool: () => openPool(settings),
    async openQueue() {
      const queue = await openQueue(database, { log, instance: settings.name });
      const tasks = await queue.define('prove', { schema: proveTaskSchema });
      return { tasks, close: (graceSeconds) => queue.close(graceSeconds) };
    },
  };
}
