import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { compileBn254 } from '../curve/bn254-wasm.ts';
import type { WasmModule } from '../curve/bn254-wasm.ts';
import { moduleBeside } from '../../protocol/beside.ts';
import { SetupError } from './errors.ts';
import type { GroupName } from '../curve/group.ts';

/** What a setup thread starts with. */
export interface ThreadSettings {
  readonly module: WasmModule;
}

/** Bits of a window of the multiplication, see {@link windowFor}. */
export type WindowBits = Readonly<Record<GroupName, number>>;

/** Scalars to multiply the group's generator by. */
export interface ThreadTask {
  readonly id: number;
  readonly group: GroupName;
  readonly windowBits: WindowBits;
  readonly scalars: Uint8Array<ArrayBuffer>;
}

/** The points of a task, affine in Montgomery form. */
export interface ThreadReady {
  readonly id: number;
  readonly points: Uint8Array<ArrayBuffer>;
}

/** One batch and what to do with its points. */
export interface Batch {
  readonly group: GroupName;
  /** Made when a thread is free, so that no more batches are in memory than threads. */
  readonly scalars: () => Uint8Array<ArrayBuffer>;
  readonly take: (points: Uint8Array) => void;
}

/** Threads for setups, one setup after the other: to start one takes as long as the points of a small circuit. */
export class SetupThreads {
  readonly count: number;
  readonly module: Promise<WasmModule>;
  #threads: Worker[] = [];
  /** Tells the setup that is running. */
  #died: (cause: unknown) => void = () => undefined;

  /** @throws SetupError SETUP_WORKERS */
  constructor(count: number = availableParallelism()) {
    if (!Number.isInteger(count) || count < 1) {
      throw new SetupError('SETUP_WORKERS', `expected a whole number of threads from 1, got ${count}`);
    }
    this.count = count;
    this.module = compileBn254();
  }

  /**
   * Runs all batches on the threads, which take the next batch in the order given as they become free.
   *
   * @throws SetupError SETUP_ABORTED when `signal` fires, SETUP_THREAD when a thread dies
   */
  async run(windowBits: WindowBits, batches: readonly Batch[], signal?: AbortSignal): Promise<void> {
    const settings: ThreadSettings = { module: await this.module };
    const wanted = Math.min(this.count, batches.length);
    while (this.#threads.length < wanted) this.#threads.push(this.#start(settings));
    const finished = new AbortController();
    try {
      await new Promise<void>((resolve, reject) => {
        const abort = (): void => reject(aborted(signal));
        if (signal?.aborted) return abort();
        signal?.addEventListener('abort', abort, { once: true, signal: finished.signal });
        this.#died = (cause) => reject(threadDied(cause));
        let next = 0;
        let done = 0;
        const giveNext = (thread: Worker): void => {
          if (next === batches.length) return;
          const id = next++;
          const { group } = batches[id];
          const task: ThreadTask = { id, group, windowBits, scalars: batches[id].scalars() };
          thread.postMessage(task, [task.scalars.buffer]);
        };
        for (const thread of this.#threads) {
          thread.on('message', ({ id, points }: ThreadReady) => {
            batches[id].take(points);
            if (++done === batches.length) resolve();
            else giveNext(thread);
          });
          giveNext(thread);
        }
      });
    } catch (error) {
      // They are still at work on what nobody waits for.
      await this.close();
      throw error;
    } finally {
      finished.abort();
      this.#died = () => undefined;
      for (const thread of this.#threads) thread.removeAllListeners('message');
    }
  }

  async close(): Promise<void> {
    const threads = this.#threads;
    this.#threads = [];
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  #start(settings: ThreadSettings): Worker {
    const thread = new Worker(moduleBeside(import.meta.url, './thread'), { workerData: settings });
    const lose = (cause: unknown): void => {
      if (!this.#threads.includes(thread)) return;
      this.#threads = this.#threads.filter((other) => other !== thread);
      this.#died(cause);
    };
    thread.on('error', lose);
    thread.on('exit', lose);
    return thread;
  }
}

/** The error of a setup that was told to stop. */
export function aborted(signal: AbortSignal | undefined): SetupError {
  return new SetupError('SETUP_ABORTED', 'the setup was stopped before it was done', {
    retryable: true,
    cause: signal?.reason,
  });
}

function threadDied(cause: unknown): SetupError {
  return new SetupError('SETUP_THREAD', 'a thread of the setup ended before its work was done', {
    retryable: true,
    hint: 'it may have run out of memory: try fewer workers',
    cause,
  });
}
