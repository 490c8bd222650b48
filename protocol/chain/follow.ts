import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonRpcProvider, Log as ChainLog } from 'ethers';
import type { Log } from '../log.ts';
import { patiently } from './provider.ts';

export interface FollowOptions {
  readonly provider: JsonRpcProvider;
  readonly addresses: readonly string[];
  /** First block to look at. */
  readonly fromBlock: number;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Milliseconds between looks at the head. */
  readonly pollingInterval: number;
  /** Blocks looked at again each time, so that a short reorganisation brings its events. Default 12. */
  readonly overlap?: number;
  /** Most blocks in one request. Default 2,000. */
  readonly range?: number;
}

/** The events of some new blocks, and the head when they were read. */
export interface NewBlocks {
  readonly head: number;
  readonly logs: readonly ChainLog[];
  /** True once the head that was known at the start has been reached. */
  readonly caughtUp: boolean;
}

/**
 * Events as *hints*: at least once, in order within a batch, across lost connections (waited out, logged) and
 * short reorganisations (blocks near the head are read again, so an event may come twice and a vanished one is
 * not taken back). Whoever acts reads the contract's state first. The indexer, which must be exact, follows
 * the chain its own way.
 * Yields for every new block, with or without events: time passes in blocks too.
 */
export async function* followLogs(options: FollowOptions): AsyncGenerator<NewBlocks, void, undefined> {
  const {
    provider,
    addresses,
    fromBlock,
    log,
    signal,
    pollingInterval,
    overlap = 12,
    range = 2000,
  } = options;
  let next = fromBlock;
  let seen = -1;
  const announced = new Map<string, number>();
  while (!signal.aborted) {
    const head = await patiently(log, () => provider.getBlockNumber(), signal);
    if (head === seen) {
      await sleep(pollingInterval, undefined, { signal }).catch(() => undefined);
      continue;
    }
    const start = Math.max(fromBlock, Math.min(next, head + 1) - (seen < 0 ? 0 : overlap));
    const end = Math.min(head, Math.max(start, next) + range - 1);
    const found = await patiently(
      log,
      () => provider.getLogs({ address: [...addresses], fromBlock: start, toBlock: end }),
      signal,
    );
    const logs = found.filter((event) => !announced.has(keyOf(event)));
    for (const event of found) announced.set(keyOf(event), event.blockNumber);
    for (const [key, block] of announced) if (block < end - 4 * overlap) announced.delete(key);
    next = end + 1;
    if (end === head) seen = head;
    yield { head, logs, caughtUp: end === head };
  }
}

function keyOf(event: ChainLog): string {
  return `${event.blockHash}:${event.index}`;
}
