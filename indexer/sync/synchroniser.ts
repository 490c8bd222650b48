import { setTimeout as sleep } from 'node:timers/promises';
import { idleSeconds } from '../../protocol/chain/heads.ts';
import { LogSpan } from '../../protocol/chain/log-span.ts';
import { isRetryable, SliceproofError } from '../../protocol/errors.ts';
import type { Log } from '../../protocol/log.ts';
import type { Metrics } from '../metrics.ts';
import { PROJECTION } from '../projection/version.ts';
import type { BlockHeader, ChainReader } from './chain-reader.ts';
import type { MarketStore } from './market-store.ts';
import { readFinalBlocks, readRecentBlocks, type Decode } from './read-blocks.ts';
import { nextStep, type Cursor, type Step } from './step.ts';

export interface SynchroniserOptions {
  readonly chain: ChainReader;
  readonly store: MarketStore;
  readonly decode: Decode;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Blocks below the head that are not expected to change. */
  readonly finality: number;
  /** Blocks of one request for old logs at most. */
  readonly maxRange: number;
}

/** Where the synchroniser stands. */
export interface SyncStatus {
  readonly state: 'starting' | 'syncing' | 'live' | 'waiting';
  readonly head: number | undefined;
  readonly cursor: number | undefined;
  /** The failure that is being waited out. */
  readonly failure: string | undefined;
}

const LONGEST_WAIT_MS = 5000;
/** Milliseconds after an event in which others are likely: blocks are looked at as they come. */
export const BUSY_MS = 30_000;

/**
 * Follows the chain until the signal aborts. What may pass (an RPC that is away or refuses, a server that restarts)
 * is logged and waited out; nothing is lost by it, since each step starts from the cursor.
 */
export class Synchroniser {
  readonly #options: SynchroniserOptions;
  #status: SyncStatus = { state: 'starting', head: undefined, cursor: undefined, failure: undefined };
  readonly #span: LogSpan;
  /** When an event was last seen: milliseconds of `performance.now`. */
  #eventAt = Number.NEGATIVE_INFINITY;

  constructor(options: SynchroniserOptions) {
    this.#options = options;
    this.#span = new LogSpan(options.maxRange);
  }

  get status(): SyncStatus {
    return this.#status;
  }

  /** @throws IndexerError, DatabaseError: what no waiting helps */
  async run(): Promise<void> {
    const { chain, log, metrics, signal } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      let pause = 0;
      try {
        const seen = await this.#advance(failures > 0);
        if (failures > 0) log.info({ failures }, 'chain answers again');
        failures = 0;
        if (seen) await chain.newHead(seen, { signal, restSeconds: () => this.#restSeconds() });
      } catch (error) {
        if (signal.aborted) return;
        if (!isRetryable(error)) throw error;
        const { code } = error as SliceproofError;
        metrics.failures.inc({ code });
        this.#status = { ...this.#status, state: 'waiting', failure: code };
        pause = Math.min(LONGEST_WAIT_MS, 100 * 2 ** failures);
        // The first, and then about every fifth second of a long wait.
        if (failures === 0 || pause === LONGEST_WAIT_MS) {
          log.warn({ code, reason: (error as SliceproofError).message, failures }, 'waiting');
        }
        failures++;
      }
      if (pause > 0) await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * One step.
   * @param anew something went wrong with what was known of the head
   * @returns the head when there was nothing to do
   */
  async #advance(anew: boolean): Promise<BlockHeader | undefined> {
    const { chain, store, finality, maxRange } = this.#options;
    const cursor = (await store.cursor()) ?? (await this.#begin());
    const head = await chain.head(anew);
    const step = await nextStep(chain, cursor, () => store.knownBlocks(), {
      head,
      finality,
      range: maxRange,
    });
    const reached = await this.#take(step, cursor);
    this.#report(head, reached, step.kind === 'wait');
    return step.kind === 'wait' ? head : undefined;
  }

  #restSeconds(): number {
    return performance.now() < this.#eventAt + BUSY_MS ? 0 : idleSeconds(this.#options.chain.callsOfBlock);
  }

  /** @returns the cursor's number afterwards */
  async #take(step: Step, cursor: Cursor): Promise<number> {
    const { chain, store, log, metrics, decode, finality } = this.#options;
    switch (step.kind) {
      case 'wait':
        if (step.behind) log.debug({ head: step.head.number, cursor: cursor.number }, 'chain is behind');
        return cursor.number;
      case 'extend': {
        const blocks = step.final
          ? await readFinalBlocks(chain, decode, this.#span, step.from, step.to)
          : await readRecentBlocks(chain, decode, cursor, step.to, step.head);
        await store.extend(cursor, blocks, { final: step.final, finalNumber: step.head.number - finality });
        for (const { decoded } of blocks.flatMap((block) => block.events)) {
          metrics.events.inc({ name: decoded?.name ?? 'unknown' });
          this.#eventAt = performance.now();
        }
        return blocks[blocks.length - 1].header.number;
      }
      case 'reorganised':
        log.warn(
          {
            from: cursor.number,
            ancestor: step.ancestor.number,
            depth: cursor.number - step.ancestor.number,
          },
          'chain reorganised',
        );
        await store.undo(cursor, step.ancestor);
        metrics.reorgs.inc();
        metrics.undone.inc(cursor.number - step.ancestor.number);
        return step.ancestor.number;
      case 'restart':
        log.warn({ from: cursor.number, reason: step.reason }, 'indexing from the start');
        if (step.reason !== 'older projection') metrics.reorgs.inc();
        return (await this.#begin(cursor)).number;
    }
  }

  /** Puts the cursor before the first block that can hold an event. */
  async #begin(cursor?: Cursor): Promise<Cursor> {
    const { chain, store } = this.#options;
    const first = Math.max(0, store.startBlock - 1);
    const [genesis, before] = await chain.blocks([0, first]);
    await store.restart(genesis.hash, before, cursor);
    return {
      number: before.number,
      hash: before.hash,
      finalNumber: before.number,
      genesisHash: genesis.hash,
      projection: PROJECTION,
    };
  }

  #report(head: BlockHeader, cursor: number, idle: boolean): void {
    const { metrics } = this.#options;
    const lag = Math.max(0, head.number - cursor);
    metrics.head.set(head.number);
    metrics.cursor.set(cursor);
    metrics.lag.set(lag);
    this.#status = {
      state: idle || lag === 0 ? 'live' : 'syncing',
      head: head.number,
      cursor,
      failure: undefined,
    };
  }
}
