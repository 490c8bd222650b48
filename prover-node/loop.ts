import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonRpcProvider } from 'ethers';
import { followLogs } from '../protocol/chain/follow.ts';
import { patiently } from '../protocol/chain/provider.ts';
import type { Contracts } from '../protocol/contracts/market.ts';
import type { Log } from '../protocol/log.ts';
import { codeOf } from './attempts.ts';
import type { Snapshot } from './chain/state.ts';
import type { ChainView } from './chain/view.ts';
import type { Earnings } from './status/earnings.ts';

/** A part that acts on the chain's state. It comes back at once, and bears being asked again. */
export interface Service {
  consider(snapshot: Snapshot): void;
}

export interface LoopOptions {
  readonly provider: JsonRpcProvider;
  readonly contracts: Contracts;
  readonly view: ChainView;
  readonly earnings: Earnings;
  readonly services: readonly Service[];
  readonly log: Log;
  readonly pollSeconds: number;
  /** Something went wrong; its code is given. */
  readonly onFailure: (code: string) => void;
}

/**
 * Listens to the chain's events and, from the first time that all of them were heard, has every service look at
 * the contract's state again and again. A lost connection is waited out; nothing that goes wrong ends it.
 */
export class Loop {
  readonly #options: LoopOptions;
  readonly #stopped = new AbortController();
  #running: Promise<unknown> | undefined;
  #head: number | undefined;
  #last: Snapshot | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= Promise.all([this.#listen(), this.#act()]);
  }

  /** Whether the state that services act on was read lately. */
  get current(): boolean {
    return performance.now() - this.#readAt < 1000 * (10 + 3 * this.#options.pollSeconds);
  }

  /** Has the services look at the last state once more. */
  actOnce(): void {
    if (this.#last) this.#consider(this.#last);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #listen(): Promise<void> {
    const { provider, contracts, view, earnings, log, pollSeconds } = this.#options;
    const { block, addresses } = contracts.deployment;
    await this.#untilStopped('listening to the chain failed', async (signal) => {
      const blocks = followLogs({
        provider,
        addresses: [addresses.market],
        fromBlock: block,
        log,
        signal,
        pollingInterval: pollSeconds * 1000,
      });
      for await (const { head, logs, caughtUp } of blocks) {
        view.hear(logs);
        earnings.hear(logs);
        if (caughtUp) this.#head = head;
      }
    });
  }

  async #act(): Promise<void> {
    const { view, log, pollSeconds } = this.#options;
    await this.#untilStopped('looking at the market failed', async (signal) => {
      while (!signal.aborted) {
        const head = this.#head;
        if (head !== undefined) {
          this.#last = await patiently(log, () => view.read(head), signal);
          this.#readAt = performance.now();
          this.#consider(this.#last);
        }
        await sleep(pollSeconds * 1000, undefined, { signal }).catch(() => undefined);
      }
    });
  }

  #consider(snapshot: Snapshot): void {
    const { services, log, onFailure } = this.#options;
    for (const service of services) {
      try {
        service.consider(snapshot);
      } catch (error) {
        onFailure(codeOf(error));
        log.error({ service: service.constructor.name, err: error }, 'service failed');
      }
    }
  }

  /** Runs the work again when it fails, with a pause, until the loop is stopped. */
  async #untilStopped(message: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { log, onFailure, pollSeconds } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await work(signal);
      } catch (error) {
        if (signal.aborted) return;
        onFailure(codeOf(error));
        log.warn({ err: error }, message);
        await sleep(pollSeconds * 1000, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
