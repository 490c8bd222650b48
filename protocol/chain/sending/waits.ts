import { z } from 'zod';
import type { Log } from '../../log.ts';
import type { Slot } from './slot.ts';

/** What a transaction that isn't mined yet waits for. */
export const WAIT_REASONS = [
  /** A block that has room for it at the fee that it offers. */
  'block',
  /** Gas that costs at most what the operator lets it cost. */
  'max-gas-price',
  /** Coins for more gas. */
  'coins',
  /** Room in the pool of the RPC. */
  'pool',
  /** An earlier transaction of the account, which has the nonce before. */
  'earlier',
  /** An answer of the RPC. */
  'rpc',
] as const;
export type WaitReason = (typeof WAIT_REASONS)[number];

/** A transaction under way. */
export interface Waiting {
  readonly what: string;
  /** Undefined: it has none yet. */
  readonly nonce: number | undefined;
  readonly reason: WaitReason;
  /** The newest attempt's; undefined: nothing was sent. */
  readonly transaction: string | undefined;
  readonly seconds: number;
  /** How many more wait until it is mined. */
  readonly behind: number;
}

/** {@link Waiting} as services tell it; null: nothing is waited for. */
export const reportedWaitSchema = z
  .object({
    what: z.string(),
    nonce: z.number().nullable(),
    reason: z.enum(WAIT_REASONS),
    transaction: z.string().nullable(),
    seconds: z.number(),
    behind: z.number(),
  })
  .nullable();

export function reportedWait(waiting: Waiting | undefined): z.infer<typeof reportedWaitSchema> {
  if (!waiting) return null;
  return { ...waiting, nonce: waiting.nonce ?? null, transaction: waiting.transaction ?? null };
}

/** Milliseconds for an answer, after which the RPC is what is waited for. */
const RPC_MS = 5000;

/** What the work that is being sent waits for: said once in the log, and kept for whoever asks. */
export class Waits {
  readonly #log: Log;
  #what = '';
  #slot: Slot | undefined;
  #wait:
    { readonly reason: WaitReason; readonly nonce: number | undefined; readonly since: number } | undefined;
  #rpcSince: number | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param behind see {@link Waiting.behind} */
  now(behind: number): Waiting | undefined {
    const [reason, since] =
      this.#rpcSince === undefined
        ? [this.#wait?.reason, this.#wait?.since ?? 0]
        : (['rpc', this.#rpcSince] as const);
    if (reason === undefined) return undefined;
    const nonce = this.#wait?.nonce ?? this.#slot?.nonce;
    const seconds = (performance.now() - since) / 1000;
    return { what: this.#what, nonce, reason, transaction: this.#slot?.last?.hash, seconds, behind };
  }

  /** Another work has its turn. */
  begin(what: string): void {
    this.#what = what;
  }

  /** The work has its nonce; undefined: none any more. */
  hasSlot(slot: Slot | undefined): void {
    this.#slot = slot;
  }

  waitsFor(reason: WaitReason, nonce: number, since: number): void {
    const said = this.#wait?.nonce === nonce && this.#wait.reason === reason;
    this.#wait = { reason, nonce, since };
    if (said) return;
    const fields = { what: this.#what, nonce, reason, transaction: this.#slot?.last?.hash };
    this.#log.warn({ ...fields, seconds: (performance.now() - since) / 1000 }, 'transaction waits');
  }

  end(): void {
    if (!this.#wait) return;
    const { nonce, since } = this.#wait;
    this.#wait = undefined;
    const seconds = (performance.now() - since) / 1000;
    this.#log.info({ what: this.#what, nonce, seconds }, 'transaction waits no more');
  }

  /** Asks the RPC. */
  async asking<T>(ask: () => Promise<T>): Promise<T> {
    const since = performance.now();
    const late = setTimeout(() => (this.#rpcSince = since), RPC_MS);
    late.unref();
    try {
      return await ask();
    } finally {
      clearTimeout(late);
      this.#rpcSince = undefined;
    }
  }
}
