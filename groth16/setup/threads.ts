import { Worker } from 'node:worker_threads';
import type { WasmModule } from '../curve/bn254-wasm.ts';
import { moduleBeside } from '../../protocol/beside.ts';
import { SetupError } from './errors.ts';
import type { GroupName } from '../curve/group.ts';

/** What a setup thread starts with. */
export interface ThreadSettings {
  readonly module: WasmModule;
  readonly windowBits: Readonly<Record<GroupName, number>>;
}

/** Scalars to multiply the group's generator by. */
export interface ThreadTask {
  readonly id: number;
  readonly group: GroupName;
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

/**
 * Runs all batches on `count` threads, which take the next batch in the order given as they become free.
 *
 * @throws SetupError SETUP_ABORTED when `signal` fires, SETUP_THREAD when a thread dies
 */
export async function runBatches(
  settings: ThreadSettings,
  count: number,
  batches: readonly Batch[],
  signal?: AbortSignal,
): Promise<void> {
  const threads = Array.from(
    { length: Math.min(count, batches.length) },
    () => new Worker(moduleBeside(import.meta.url, './thread'), { workerData: settings }),
  );
  const finished = new AbortController();
  try {
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => reject(aborted(signal));
      if (signal?.aborted) return abort();
      signal?.addEventListener('abort', abort, { once: true, signal: finished.signal });
      let next = 0;
      let done = 0;
      const giveNext = (thread: Worker): void => {
        if (next === batches.length) return;
        const id = next++;
        const scalars = batches[id].scalars();
        const task: ThreadTask = { id, group: batches[id].group, scalars };
        thread.postMessage(task, [scalars.buffer]);
      };
      for (const thread of threads) {
        thread.on('message', ({ id, points }: ThreadReady) => {
          batches[id].take(points);
          if (++done === batches.length) resolve();
          else giveNext(thread);
        });
        thread.on('error', (cause) => reject(threadDied(cause)));
        thread.on('exit', (code) => reject(threadDied(code)));
        giveNext(thread);
      }
    });
  } finally {
    finished.abort();
    await Promise.all(threads.map((thread) => thread.terminate()));
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
