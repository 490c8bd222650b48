import type { Log } from '../../log.ts';

export interface OwnNoncesOptions {
  readonly address: string;
  readonly log: Log;
  /** Which of these nonces (the first included, the last not) others used that may. Default: none may. */
  readonly others?: ((from: number, to: number) => Promise<ReadonlySet<number>>) | undefined;
  /** Milliseconds, any origin. */
  readonly clock: () => number;
}

/** Milliseconds after the start in which what an earlier process sent may still come to the chain. */
const EARLIER_MS = 120_000;
/** Milliseconds for which a sign of another process counts. */
const REMEMBERED_MS = 600_000;

/**
 * Knows an account's nonces that this process used, and so sees that another process sends with the same key, on a machine
 * where no lock reaches. Neither takes the other's nonce for long, but each spends the other's coins.
 */
export class OwnNonces {
  readonly #options: OwnNoncesOptions;
  readonly #startedAt: number;
  /** All nonces below are accounted for; undefined: none was seen yet. */
  #accounted: number | undefined;
  #seenAt: number | undefined;

  constructor(options: OwnNoncesOptions) {
    this.#options = options;
    this.#startedAt = options.clock();
  }

  /** Whether another process sent with the key a while ago or less. */
  get othersSend(): boolean {
    return this.#seenAt !== undefined && this.#options.clock() < this.#seenAt + REMEMBERED_MS;
  }

  /** This process signs something with it. */
  uses(nonce: number): void {
    this.#accounted = Math.max(this.#accounted ?? 0, nonce + 1);
  }

  /** The chain, or a pool, has transactions of the account with all nonces below `next`. */
  async saw(next: number): Promise<void> {
    const from = this.#accounted ?? next;
    this.#accounted = Math.max(from, next);
    if (next <= from) return;
    const known = (await this.#options.others?.(from, next)) ?? new Set();
    const nonces = Array.from({ length: next - from }, (_, i) => from + i).filter((one) => !known.has(one));
    if (nonces.length > 0) this.#saw(nonces);
  }

  /** What was mined with a nonce that this process used is not of its making. */
  lost(nonce: number): void {
    this.#saw([nonce]);
  }

  #saw(nonces: readonly number[]): void {
    const { address, log, clock } = this.#options;
    if (clock() < this.#startedAt + EARLIER_MS) return;
    this.#seenAt = clock();
    log.error(
      { code: 'KEY_AT_WORK', account: address, nonces },
      'another process sends with this account: stop one of the two, or give each a key of its own',
    );
  }
}
