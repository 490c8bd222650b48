import PQueue from 'p-queue';
import pRetry from 'p-retry';
import type { Log } from '../../protocol/log.ts';
import { valueWithoutSecrets } from '../../protocol/secrets.ts';
import { NodeError } from '../errors.ts';

export interface WebhookOptions {
  readonly log: Log;
  /** Something wasn't delivered; its code is given. */
  readonly onFailure: (code: string) => void;
  /** Milliseconds before it is tried a second time; then twice as long each time. Default: a second. */
  readonly firstPauseMs?: number;
}

/** Tries after the first: some four minutes in all. */
const RETRIES = 8;
/** Milliseconds that an answer may take. */
const PATIENCE_MS = 10_000;
/** Messages that wait at most: what comes after them is lost, and counted. */
const MOST_WAITING = 100;

/** Posts JSON to an address, in order, one after the other, and never has anybody wait for it. */
export class Webhook {
  readonly #options: WebhookOptions;
  readonly #queue = new PQueue({ concurrency: 1 });
  readonly #ended = new AbortController();

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  /** @param message what may be read by whoever has the address: secrets are struck out of it */
  post(url: string, message: Readonly<Record<string, unknown>>): void {
    if (this.#queue.size >= MOST_WAITING) {
      this.#lost(message, 'too many wait already');
      return;
    }
    const body = JSON.stringify(valueWithoutSecrets(message));
    void this.#queue.add(() =>
      this.#deliver(url, body).catch((error: unknown) => {
        if (!this.#ended.signal.aborted) this.#lost(message, (error as Error).message);
      }),
    );
  }

  /** Gives up what wasn't delivered. */
  close(): void {
    this.#queue.clear();
    this.#ended.abort();
  }

  /** Resolves when nothing waits. */
  idle(): Promise<void> {
    return this.#queue.onIdle();
  }

  #deliver(url: string, body: string): Promise<void> {
    const { signal } = this.#ended;
    return pRetry(
      async () => {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
          // Where it leads is nobody's that the operator named.
          redirect: 'manual',
          signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
        });
        await response.body?.cancel();
        if (!response.ok) throw refused(response.status);
      },
      {
        retries: RETRIES,
        minTimeout: this.#options.firstPauseMs ?? 1000,
        signal,
        shouldRetry: ({ error }) => !(error instanceof NodeError) || error.retryable,
      },
    );
  }

  #lost({ event, code }: Readonly<Record<string, unknown>>, reason: string): void {
    const { log, onFailure } = this.#options;
    onFailure('NODE_ALERT_LOST');
    log.warn({ code: 'NODE_ALERT_LOST', event, about: code, reason }, 'alert not delivered');
  }
}

function refused(status: number): NodeError {
  return new NodeError('NODE_ALERT_REFUSED', `alert-url answered ${status}`, {
    hint: 'See what whoever serves it wants.',
    retryable: status >= 500 || status === 408 || status === 429,
  });
}
