import { Worker } from 'node:worker_threads';
import { moduleBeside } from '../../../protocol/beside.ts';
import type { Log } from '../../../protocol/log.ts';
import type { Verdict } from '../../../groth16/verify/verify.ts';
import { AggregatorError } from '../../errors.ts';
import type { Check, OutcomeMessage } from './messages.ts';

export interface VerificationPoolOptions {
  readonly threads: number;
  /** Checks that wait or run at most; more are refused. */
  readonly maxPending: number;
  readonly log: Log;
}

/** Threads that check proofs. */
export interface VerificationPool {
  /** @throws AggregatorError AGGREGATOR_BUSY (retryable): full, closing, or the thread died; KEY_UNUSABLE */
  verify(check: Check): Promise<Verdict>;
  close(): Promise<void>;
}

interface Pending {
  resolve(verdict: Verdict): void;
  reject(error: AggregatorError): void;
}

interface Thread {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
}

/** Starts the threads; one that dies is replaced, and what it was checking is refused as busy. */
export function createVerificationPool({
  threads: size,
  maxPending,
  log,
}: VerificationPoolOptions): VerificationPool {
  const threads = new Set<Thread>();
  let counter = 0;
  let closing = false;

  const start = (): void => {
    const worker = new Worker(moduleBeside(import.meta.url, './worker'));
    const thread: Thread = { worker, pending: new Map() };
    threads.add(thread);
    worker.on('message', (outcome: OutcomeMessage) => {
      const waiting = thread.pending.get(outcome.id);
      thread.pending.delete(outcome.id);
      if (waiting === undefined) return;
      if ('verdict' in outcome) waiting.resolve(outcome.verdict);
      else {
        const { code, message } = outcome.failed;
        waiting.reject(
          new AggregatorError('KEY_UNUSABLE', `the registered key can't be verified with: ${message}`, {
            details: { code },
          }),
        );
      }
    });
    worker.on('error', (error: Error) => log.error({ err: error }, 'verification thread failed'));
    worker.on('exit', () => {
      threads.delete(thread);
      for (const waiting of thread.pending.values()) waiting.reject(busy('the check was interrupted'));
      if (!closing) start();
    });
  };
  for (let i = 0; i < size; i++) start();

  return {
    verify(check) {
      const pending = [...threads].reduce((sum, thread) => sum + thread.pending.size, 0);
      if (closing || pending >= maxPending) {
        return Promise.reject(busy(`${pending} proofs are being checked`));
      }
      const [least] = [...threads].sort((a, b) => a.pending.size - b.pending.size);
      if (least === undefined) return Promise.reject(busy('no verification thread is up'));
      const id = counter++;
      return new Promise((resolve, reject) => {
        least.pending.set(id, { resolve, reject });
        least.worker.postMessage({ id, ...check });
      });
    },
    async close() {
      closing = true;
      await Promise.all([...threads].map(({ worker }) => worker.terminate()));
    },
  };
}

function busy(why: string): AggregatorError {
  return new AggregatorError('AGGREGATOR_BUSY', `no more proofs can be checked now: ${why}`, {
    retryable: true,
    hint: 'Hand the proof in again in a few seconds.',
  });
}
