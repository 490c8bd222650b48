import { totalmem } from 'node:os';
import { ProveError } from '../../groth16/prove/errors.ts';

/** What a proof took at most for each byte of its key, and a process with nothing in it, over the bench's slices. */
const BYTES_PER_KEY_BYTE = 4;
const IDLE_BYTES = 96 * 2 ** 20;

/**
 * How much memory the proofs of a machine may take together. A proof whose key was never used here is reckoned by its key's
 * size, later by what it took.
 */
export class Memory {
  readonly #total: number;
  readonly #peaks = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  /** @param total bytes */
  constructor(total: number) {
    this.#total = total;
  }

  /** Bytes that a proof with this key is reckoned to take. */
  estimate({ sha256, bytes }: { readonly sha256: string; readonly bytes: number }): number {
    return this.#peaks.get(sha256) ?? IDLE_BYTES + BYTES_PER_KEY_BYTE * bytes;
  }

  /** What a proof with this key took. */
  record(sha256: string, peakRssBytes: number): void {
    if (peakRssBytes > 0) this.#peaks.set(sha256, peakRssBytes);
  }

  /**
   * Waits until there is room, and takes it.
   * @returns gives it back
   * @throws ProveError PROVE_MEMORY (retryable: elsewhere there may be more), or the signal's reason
   */
  async take(bytes: number, signal: AbortSignal): Promise<() => void> {
    if (bytes > this.#total) {
      throw new ProveError(
        'PROVE_MEMORY',
        `a proof is reckoned to take ${bytes} bytes, and proofs may take ${this.#total} here`,
        { retryable: true, hint: 'raise `max-memory`, or have a worker with more memory' },
      );
    }
    while (this.#taken + bytes > this.#total) await this.#change(signal);
    signal.throwIfAborted();
    this.#taken += bytes;
    return () => {
      this.#taken -= bytes;
      for (const wake of this.#waiting) wake();
    };
  }

  #change(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const wake = (): void => done(resolve);
      const abort = (): void => done(() => reject(signal.reason as Error));
      const done = (end: () => void): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', abort);
        end();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', abort, { once: true });
    });
  }
}

/** Of the machine's memory, what proofs may take unless it is set. */
const MEMORY_SHARE = 0.75;

/** Bytes: of the container's limit where there is one. */
export function memoryOfMachine(): number {
  const limit = process.constrainedMemory();
  const total = totalmem();
  return Math.floor(MEMORY_SHARE * (limit > 0 && limit < total ? limit : total));
}
