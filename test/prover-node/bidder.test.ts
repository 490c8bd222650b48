// A node's bids: what they wait for, and what becomes of one that others were faster than.
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { Attempts } from '../../prover-node/attempts.ts';
import { Bidder, type BidderOptions } from '../../prover-node/bid/bidder.ts';
import { Rivals } from '../../prover-node/turns/rivals.ts';
import { Turns } from '../../prover-node/turns/turns.ts';
import type { Standing } from '../../prover-node/attempts.ts';
import { createLog } from '../../protocol/log.ts';
import { job, ME, NOW } from './support/job-view.ts';

const log = createLog('test', 'silent');
const traced = { ...job, trace: { hash: job.traceHash, commitments: [], digest: '' } };

let statements: number;
let standing: Standing;
let rivals: Rivals;
/** What a bid would take. */
let taken: bigint;
/** Transactions that were signed. */
let sent: string[];
/** Ends what the account sent before. */
let goOn: () => void;
let failures: string[];

/** A node with a circuit that is ready, and a transaction of its own under way. */
function bidder(): Bidder {
  const nothing = (): void => undefined;
  const free = new Promise<void>((resolve) => (goOn = resolve));
  const circuit = { verifierGas: 0n };
  const options = {
    account: {
      address: ME,
      tryBid: () => Promise.resolve(taken),
      bid: () => Promise.resolve({}),
    },
    contracts: { market: { interface: { parseLog: () => null } } },
    sender: {
      send: async (what: string, build: () => Promise<unknown>) => {
        await free;
        await build();
        sent.push(what);
        return { blockNumber: 2, gasUsed: 1n, logs: [] };
      },
    },
    catalog: { ready: () => ({ registered: { slices: [{ weight: 100 }] } }) },
    readiness: {
      circuit: () => circuit,
      statement: () => (statements++, standing),
      isFalse: () => false,
      isPending: () => standing === 'running',
      whyNoStatement: () => ({ code: 'TENSORS_NOT_CHECKED', say: () => '' }),
    },
    attempts: new Attempts({ log, clock: () => 0, onFailure: (code) => failures.push(code) }),
    pricer: {
      policy: { marginBps: 0, minMarginBps: 0, minUnitPrice: 0n, minProfit: 0n, maxUnitPrice: undefined },
      gas: { bid: 1n, settle: 1n },
      slice: () => ({ seconds: 1, cost: 1n }),
    },
    gasUsed: { record: () => Promise.resolve() },
    stakes: {
      measured: () => ({
        ...{ blockSeconds: 1, pollSeconds: 1, lateSeconds: 0, safety: 1, workers: 1, gasPrice: 1n },
        ...{ mostGas: 10n ** 7n, gasUnderWay: 0n, native: undefined, diskFree: undefined },
        ...{ balance: 10n ** 18n, reserved: 0n },
      }),
      limits: { maxStakeShare: 1, minProfit: 0n },
      gasLeft: () => undefined,
      works: [],
      whyNotServed: () => undefined,
      promising: (_: unknown, send: () => Promise<unknown>) => send(),
    },
    signedBids: { whyOut: () => undefined, handOut: () => Promise.resolve(false) },
    takeUp: { pending: false },
    shelf: { find: () => undefined },
    begun: { has: () => false },
    backstopSeconds: 1,
    policy: 'eager',
    capacity: { workers: 1, safety: 1, stepSeconds: 1 },
    turns: new Turns(ME, rivals),
    metrics: { holding: nothing, bid: nothing },
    outlook: { slicesOf: () => nothing, stop: nothing },
    log,
    clock: () => 0,
  } as unknown as BidderOptions;
  return new Bidder(options);
}

const snapshotAt = (block: number, now = NOW): Parameters<Bidder['consider']>[0] => ({
  ...{ block, now, gasPrice: 1n, balance: 10n ** 18n, reserved: 0n },
  jobs: [traced],
});

beforeEach(() => {
  [statements, standing, taken, sent, failures] = [0, 'done', 1n, [], []];
  rivals = new Rivals();
});

describe('a bid', () => {
  test('is sent when what the account sent before is over', async () => {
    bidder().consider(snapshotAt(1));
    await turn();
    expect(sent).toEqual([]);
    goOn();
    await turn();
    expect(sent).toEqual(['bid']);
  });

  test('that came to be too dear while another transaction was waited for is not signed, and is no failure', async () => {
    bidder().consider(snapshotAt(1));
    await turn();
    taken = 0n;
    goOn();
    await turn();
    expect({ sent, failures }).toEqual({ sent: [], failures: [] });
  });

  test('on a slice that isn’t checked waits for that', async () => {
    standing = 'running';
    const node = bidder();
    goOn();
    node.consider(snapshotAt(1));
    await turn();
    expect({ statements, sent }).toEqual({ statements: 1, sent: [] });
    standing = 'done';
    node.consider(snapshotAt(2));
    await turn();
    expect(sent).toEqual(['bid']);
  });

  test('of nodes that all want a slice is made ready by few of them, and by each in time', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, '0')}`);
    for (const name of names) rivals.saw(name, NOW);
    const node = bidder();
    goOn();
    let now = NOW;
    for (; sent.length === 0; now += 2) {
      node.consider(snapshotAt(now - NOW, now));
      // The first looks come long before its turn.
      if (now === NOW) expect(statements).toBe(0);
      await turn();
    }
    expect(now - NOW).toBeLessThanOrEqual(22);
  });
});
