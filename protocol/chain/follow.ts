import type { JsonRpcProvider, Log as ChainLog } from 'ethers';
import type { Log } from '../log.ts';
import { BloomTrust, readHead, type Head } from './head.ts';
import { headsOf, idleSeconds } from './heads.ts';
import { LogSpan } from './log-span.ts';
import { patiently } from './provider.ts';

export interface FollowOptions {
  readonly provider: JsonRpcProvider;
  readonly addresses: readonly string[];
  /** First block to look at. */
  readonly fromBlock: number;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Whether nothing is waited for but what somebody may begin: the chain is looked at less often. Default: never. */
  readonly idle?: () => boolean;
  /** Blocks looked at again each time, so that a short reorganisation brings its events. Default 12. */
  readonly overlap?: number;
  /** Most blocks in one request; fewer while the RPC refuses as many. Default 2,000. */
  readonly range?: number;
}

/** The events of some new blocks, and the head when they were read. */
export interface NewBlocks {
  readonly head: Head;
  readonly logs: readonly ChainLog[];
  /** True once the head that was known at the start has been reached. */
  readonly caughtUp: boolean;
  /** The chain's last blocks may be others than those before: what was read of them counts no more. */
  readonly jumped: boolean;
}

/** Blocks that are believed to hold no events by their headers before the chain is asked all the same. */
const BELIEVED_BLOCKS = 50;

/**
 * Events as *hints*: at least once, in order within a batch, across lost connections (waited out, logged) and
 * short reorganisations (blocks near the head are read again, so an event may come twice and a vanished one is
 * not taken back: `jumped` says when one may have). Whoever acts reads the contract's state first. The indexer, which must
 * be exact, follows the chain its own way.
 * Yields for every new head, with or without events: time passes in blocks too. A head that follows the one before and whose
 * header excludes events costs no second call.
 */
export async function* followLogs(options: FollowOptions): AsyncGenerator<NewBlocks, void, undefined> {
  const {
    provider,
    addresses,
    fromBlock,
    log,
    signal,
    idle = () => false,
    overlap = 12,
    range = 2000,
  } = options;
  const heads = headsOf(provider);
  const span = new LogSpan(range);
  const blooms = new BloomTrust(addresses);
  const restSeconds = (): number => (idle() ? idleSeconds(blooms.trusted ? 1 : 2) : 0);
  // The first block whose events were not asked for.
  let next = fromBlock;
  let last: Head | undefined;
  let again = false;
  const announced = new Map<string, number>();
  while (!signal.aborted) {
    const known = last;
    const head = await patiently(log, () => heads.next(known, { signal, restSeconds }), signal).catch(
      (error: unknown) => {
        if (signal.aborted) return undefined;
        throw error;
      },
    );
    if (!head) return;
    const follows = known !== undefined && head.parentHash === known.hash;
    const jumped = known !== undefined && !follows;
    last = head;
    const excluded = blooms.excludes(head);
    if (follows && excluded && !again && head.number < next + BELIEVED_BLOCKS) {
      yield { head, logs: [], caughtUp: true, jumped };
      continue;
    }
    // A machine that lags gives none of a new block's events and no error: they are asked for once more.
    again = !excluded;
    // Blocks near the last head again; a chain that is shorter now from where it ends.
    let start = Math.max(fromBlock, Math.min(next, head.number + 1) - (known ? overlap : 0));
    while (start <= head.number && !signal.aborted) {
      const { found, to } = await span.read(
        start,
        head.number,
        (from, end) =>
          patiently(
            log,
            () => provider.getLogs({ address: [...addresses], fromBlock: from, toBlock: end }),
            signal,
          ),
        signal,
      );
      const newest = found.at(-1);
      if (newest && !blooms.known) {
        // Of another block by now, or one that the service does not keep: the next event tells.
        const block = await readHead(provider, newest.blockNumber).catch(() => undefined);
        if (block?.hash === newest.blockHash.toLowerCase()) blooms.learn(block, [newest.address]);
      }
      const logs = found.filter((event) => !announced.has(keyOf(event)));
      for (const event of found) announced.set(keyOf(event), event.blockNumber);
      start = to + 1;
      yield { head, logs, caughtUp: to === head.number, jumped };
    }
    for (const [key, block] of announced) if (block < head.number - 4 * overlap) announced.delete(key);
    next = head.number + 1;
  }
}

function keyOf(event: ChainLog): string {
  return `${event.blockHash}:${event.index}`;
}
