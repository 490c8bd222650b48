import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonRpcProvider, Log as ChainLog } from 'ethers';
import type { Log } from '../log.ts';
import { isOutage, patiently } from './provider.ts';

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
  /** Most blocks in one request; fewer while the RPC refuses as many. Default 2,000. */
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
  let width = range;
  const announced = new Map<string, number>();
  while (!signal.aborted) {
    const head = await patiently(log, () => provider.getBlockNumber(), signal);
    if (head === seen) {
      await sleep(pollingInterval, undefined, { signal }).catch(() => undefined);
      continue;
    }
    // Blocks near the last head again, once for each new head; a chain that is shorter now from where it ends.
    let start = Math.max(fromBlock, Math.min(next, head + 1) - (seen < 0 ? 0 : overlap));
    while (start <= head && !signal.aborted) {
      const end = Math.min(head, start + width - 1);
      let found: readonly ChainLog[];
      try {
        found = await patiently(
          log,
          () => provider.getLogs({ address: [...addresses], fromBlock: start, toBlock: end }),
          signal,
        );
      } catch (error) {
        // Services limit blocks, results and bytes, and say so in many ways. A refused single block is no limit.
        if (signal.aborted || isOutage(error) || end === start) throw error;
        width = Math.max(1, Math.floor((end - start + 1) / 2));
        log.debug({ blocks: width }, 'asking for fewer blocks');
        continue;
      }
      width = Math.min(range, width * 2);
      const logs = found.filter((event) => !announced.has(keyOf(event)));
      for (const event of found) announced.set(keyOf(event), event.blockNumber);
      start = end + 1;
      yield { head, logs, caughtUp: end === head };
    }
    for (const [key, block] of announced) if (block < head - 4 * overlap) announced.delete(key);
    next = head + 1;
    seen = head;
  }
}

function keyOf(event: ChainLog): string {
  return `${event.blockHash}:${event.index}`;
}
