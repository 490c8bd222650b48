import { ProveError } from '../errors.ts';

/** Runs that end with their pool, and are waited for by it. */
export class Runs {
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  /** Aborts when the pool closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * Runs a job.
   * @param given of the job, which gives it up
   * @param work gets a signal of either
   * @throws ProveError PROVER_POOL_CLOSED, PROVE_ABORTED, whatever the job threw for it
   */
  async run<T>(given: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const made = this.#named(given, work);
    this.#running.add(made);
    try {
      return await made;
    } finally {
      this.#running.delete(made);
    }
  }

  close(): void {
    this.#closing.abort();
  }

  /** Settles when none is left. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  async #named<T>(given: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = AbortSignal.any([this.closing, ...(given === undefined ? [] : [given])]);
    try {
      signal.throwIfAborted();
      return await work(signal);
    } catch (error) {
      if (this.closing.aborted) {
        throw new ProveError('PROVER_POOL_CLOSED', 'the prover pool was closed', { retryable: true });
      }
      if (signal.aborted) {
        throw new ProveError('PROVE_ABORTED', 'the proof was given up', { cause: signal.reason });
      }
      throw error;
    }
  }
}
