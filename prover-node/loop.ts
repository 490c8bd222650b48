import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonRpcProvider } from 'ethers';
import { followLogs } from '../protocol/chain/follow.ts';
import type { Head } from '../protocol/chain/head.ts';
import { headsOf } from '../protocol/chain/heads.ts';
import { patiently } from '../protocol/chain/provider.ts';
import type { Contracts } from '../protocol/contracts/market.ts';
import type { Log } from '../protocol/log.ts';
import { codeOf } from './attempts.ts';
import { restsUntil } from './chain/clock.ts';
import type { Snapshot } from './chain/state.ts';
import type { ChainView } from './chain/view.ts';
import type { Earnings } from './earnings/earnings.ts';
import type { RivalsHeard } from './turns/rivals.ts';

/** A part that acts on the chain's state. It comes back at once, and bears being asked again. */
export interface Service {
  consider(snapshot: Snapshot): void;
}

export interface LoopOptions {
  readonly provider: JsonRpcProvider;
  readonly contracts: Contracts;
  readonly view: ChainView;
  readonly earnings: Earnings;
  readonly rivals: RivalsHeard;
  readonly services: readonly Service[];
  readonly log: Log;
  /** Between looks at the chain; undefined: with its blocks. */
  readonly pollSeconds: number | undefined;
  /** Something went wrong; its code is given. */
  readonly onFailure: (code: string) => void;
}

/** Milliseconds between times that services are asked again what they have to do, as the chain stood when it was last read. */
const LONGEST_TICK_MS = 1000;
/** Looks at the head that may be late before the state that services act on counts as old, and seconds besides. */
const LATE_LOOKS = 3;
const LATE_SECONDS = 15;

/**
 * Listens to the chain's events and, from the first time that all of them were heard, has every service look at
 * the contract's state: at each new block, and now and then between two, since what they wait for may be something else. A lost
 * connection is waited out; nothing that goes wrong ends it.
 */
export class Loop {
  readonly #options: LoopOptions;
  readonly #stopped = new AbortController();
  #running: Promise<unknown> | undefined;
  #head: Head | undefined;
  #last: Snapshot | undefined;
  #wake = new AbortController();

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= Promise.all([this.#listen(), this.#act()]);
  }

  /** Whether the state that services act on is the chain's. */
  get current(): boolean {
    const { lookedAt, lookSeconds } = headsOf(this.#options.provider);
    const late = performance.now() - lookedAt > 1000 * (LATE_SECONDS + LATE_LOOKS * lookSeconds);
    return this.#last !== undefined && !late;
  }

  /** Has the services look at the last state once more. */
  actOnce(): void {
    if (this.#last) this.#consider(this.#last);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake.abort();
    await this.#running;
  }

  async #listen(): Promise<void> {
    const { provider, contracts, view, earnings, rivals, log } = this.#options;
    const { block, addresses } = contracts.deployment;
    await this.#untilStopped('listening to the chain failed', async (signal) => {
      const blocks = followLogs({
        provider,
        addresses: [addresses.market],
        fromBlock: block,
        log,
        signal,
        idle: () => this.#isIdle(),
      });
      for await (const { head, logs, caughtUp, jumped } of blocks) {
        view.hear(logs);
        earnings.hear(logs);
        rivals.hear(logs);
        if (jumped) view.jumped(head);
        if (!caughtUp) continue;
        this.#head = head;
        this.#wake.abort();
      }
    });
  }

  async #act(): Promise<void> {
    const { view, log, pollSeconds } = this.#options;
    const tick = Math.min(LONGEST_TICK_MS, 1000 * (pollSeconds ?? 1));
    await this.#untilStopped('looking at the market failed', async (signal) => {
      let read: Head | undefined;
      while (!signal.aborted) {
        this.#wake = new AbortController();
        const head = this.#head;
        if (head !== read && head !== undefined) {
          this.#last = await patiently(log, () => view.read(head), signal);
          read = head;
        }
        this.actOnce();
        if (this.#head === read)
          await sleep(tick, undefined, { signal: this.#wake.signal }).catch(() => undefined);
      }
    });
  }

  /** Whether nothing is to be done that comes by itself: the next thing is begun by somebody else. */
  #isIdle(): boolean {
    const { jobs = [], now = 0 } = this.#last ?? {};
    return jobs.every((job) => (restsUntil(job) ?? 0) > now);
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
    const { log, onFailure } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await work(signal);
      } catch (error) {
        if (signal.aborted) return;
        onFailure(codeOf(error));
        log.warn({ err: error }, message);
        await sleep(LONGEST_TICK_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
