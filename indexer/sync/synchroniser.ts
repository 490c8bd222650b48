import { setTimeout as sleep } from 'node:timers/promises';
import { idleSeconds } from '../../protocol/chain/heads.ts';
import { SliceproofError } from '../../protocol/errors.ts';
import type { Log } from '../../protocol/log.ts';
import type { Metrics } from '../metrics.ts';
import { PROJECTION } from '../projection/version.ts';
import type { ChainReader } from './chain-reader.ts';
import type { BlockHeader } from './chain-values.ts';
import type { MarketStore } from './market-store.ts';
import { FinalBlocks, readRecentBlocks, type Decode } from './read-blocks.ts';
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

/** Why the chain is read from the start, where that is because it has changed. */
const REORGANISED: ReadonlySet<string> = new Set(['other chain', 'deeper than finality']);

/** Where the synchroniser stands. */
export interface SyncStatus {
  /** `rebuilding`: rows are made again, and what was there before is served meanwhile. */
  readonly state: 'starting' | 'syncing' | 'live' | 'waiting' | 'rebuilding';
  readonly head: number | undefined;
  readonly cursor: number | undefined;
  /** The failure that is being waited out. */
  readonly failure: string | undefined;
}

const LONGEST_WAIT_MS = 5000;
/** Between readings of a whole history that is incomplete each time. */
const LONGEST_REST_MS = 600_000;
/** Milliseconds after which those that only serve are told that nothing has changed. */
const NOTE_MS = 10_000;
/** Milliseconds after an event in which others are likely: blocks are looked at as they come. */
export const BUSY_MS = 30_000;

/**
 * Follows the chain until the signal aborts. What may pass (an RPC that is away or refuses, a server that restarts)
 * is logged and waited out; nothing is lost by it, since each step starts from the cursor.
 */
export class Synchroniser {
  readonly #options: SynchroniserOptions;
  #status: SyncStatus = { state: 'starting', head: undefined, cursor: undefined, failure: undefined };
  readonly #final: FinalBlocks;
  /** When an event was last seen: milliseconds of `performance.now`. */
  #eventAt = Number.NEGATIVE_INFINITY;
  #notedAt = Number.NEGATIVE_INFINITY;
  /** How often the history was found incomplete since it was last read to its end. */
  #incomplete = 0;
  /** How often it was read again for that. */
  #healed = 0;

  constructor(options: SynchroniserOptions) {
    this.#options = options;
    this.#final = new FinalBlocks(options.chain, options.decode, options.maxRange);
  }

  get status(): SyncStatus {
    return this.#status;
  }

  /** @throws IndexerError, DatabaseError: what no waiting helps */
  async run(): Promise<void> {
    const { chain, log, metrics, signal, store } = this.#options;
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
        if (await store.isPermanent(error)) throw error;
        const code = error instanceof SliceproofError ? error.code : 'INDEXER_UNKNOWN_FAILURE';
        metrics.failures.inc({ code });
        this.#status = { ...this.#status, state: 'waiting', failure: code };
        // What is not in the history can only come with it: it is read again, ever less often while that doesn't help.
        if (code === 'INDEXER_HISTORY_INCOMPLETE') this.#incomplete++;
        const tries = Math.max(failures, this.#incomplete - 1);
        pause = Math.min(
          this.#incomplete > 1 ? LONGEST_REST_MS : LONGEST_WAIT_MS,
          100 * 2 ** Math.min(tries, 20),
        );
        // The first, and then about every fifth second of a long wait.
        if (failures === 0 || pause >= LONGEST_WAIT_MS) {
          const reason = error instanceof Error ? error.message : String(error);
          const known = error instanceof SliceproofError;
          log.warn({ code, reason, failures, ...(known ? {} : { err: error }) }, 'waiting');
        }
        failures++;
        await store.note(this.#status).catch(() => undefined);
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
    const { chain, store, finality, log } = this.#options;
    const cursor = (await store.cursor()) ?? (await this.#begin());
    const head = await chain.head(anew);
    if (this.#healed < this.#incomplete) {
      const reached = await this.#take({ kind: 'restart', head, reason: 'incomplete history' }, cursor);
      this.#healed = this.#incomplete;
      await this.#report(head, reached, false);
      return undefined;
    }
    const step = await nextStep(chain, cursor, () => store.knownBlocks(), { head, finality });
    const reached = await this.#take(step, cursor);
    const atHead = (step.kind === 'wait' && !step.behind) || reached === head.number;
    if (store.rebuilding && atHead) {
      await store.swap();
      log.info({ block: reached }, 'what was made again is served');
    }
    await this.#report(head, reached, step.kind === 'wait');
    if (step.kind === 'wait' && !step.behind) this.#incomplete = this.#healed = 0;
    return step.kind === 'wait' ? head : undefined;
  }

  #restSeconds(): number {
    return performance.now() < this.#eventAt + BUSY_MS ? 0 : idleSeconds(this.#options.chain.callsOfBlock);
  }

  /** @returns the cursor's number afterwards */
  async #take(step: Step, cursor: Cursor): Promise<number> {
    const { chain, store, log, metrics, decode, finality } = this.#options;
    const { head } = step;
    switch (step.kind) {
      case 'wait':
        if (step.behind) log.debug({ head: step.head.number, cursor: cursor.number }, 'chain is behind');
        return cursor.number;
      case 'extend': {
        const blocks = step.final
          ? await this.#final.take(cursor, head.number - finality)
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
        if (REORGANISED.has(step.reason)) metrics.reorgs.inc();
        if (step.reason === 'older projection' && (await this.#replay(cursor))) {
          return (await store.cursor())?.number ?? 0;
        }
        log.warn({ from: cursor.number, reason: step.reason }, 'indexing from the start');
        return (await this.#begin(cursor, REORGANISED.has(step.reason))).number;
    }
  }

  /** Makes rows again by newer rules of what is stored. @returns whether it could */
  async #replay(cursor: Cursor): Promise<boolean> {
    const { store, decode, log, signal } = this.#options;
    log.info({ from: cursor.number }, 'making rows again of the stored events');
    return store.replay(cursor, decode, signal);
  }

  /** Puts the cursor before the first block that can hold an event. */
  async #begin(cursor?: Cursor, reorganised = false): Promise<Cursor> {
    const { chain, store } = this.#options;
    const first = Math.max(0, store.startBlock - 1);
    const [genesis, before] = await chain.blocks([0, first]);
    await store.restart(genesis.hash, before, cursor, reorganised);
    return {
      number: before.number,
      hash: before.hash,
      finalNumber: before.number,
      genesisHash: genesis.hash,
      projection: PROJECTION,
    };
  }

  async #report(head: BlockHeader, cursor: number, idle: boolean): Promise<void> {
    const { metrics, store } = this.#options;
    const lag = Math.max(0, head.number - cursor);
    metrics.head.set(head.number);
    metrics.cursor.set(cursor);
    metrics.lag.set(lag);
    const before = this.#status.state;
    // Who asks is told of the block that is served.
    const served = store.rebuilding ? (await store.served())?.number : cursor;
    const state = idle || lag === 0 ? 'live' : 'syncing';
    this.#status = {
      state: store.rebuilding ? 'rebuilding' : state,
      head: head.number,
      cursor: served,
      failure: undefined,
    };
    const now = performance.now();
    if (before === this.#status.state && now < this.#notedAt + NOTE_MS) return;
    this.#notedAt = now;
    await store.note(this.#status);
  }
}
