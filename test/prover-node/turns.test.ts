import { id, makeError, type Log } from 'ethers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ISliceMarket__factory } from '../../protocol/contracts/generated/factories/interfaces/ISliceMarket__factory.ts';
import { bidsInTurn } from '../../prover-node/bid/in-turn.ts';
import type { Candidate, Means } from '../../prover-node/bid/decide.ts';
import { Rehearsal } from '../../prover-node/bid/rehearsal.ts';
import type { ReasonCode } from '../../prover-node/reasons.ts';
import { placesFor, TURN_SECONDS } from '../../prover-node/turns/rank.ts';
import { Rivals, RivalsHeard } from '../../prover-node/turns/rivals.ts';
import { inOrder, isItsTurn, Turns, type Race } from '../../prover-node/turns/turns.ts';

const NOW = 1_700_000_000;
const DAY = 86_400;

const addressOf = (i: number): string => `0x${id(`node ${i}`).slice(26)}`;
const raceOf = (i: number, led?: string): Race => ({
  jobId: id(`job ${i}`),
  what: '0 first',
  until: NOW + 3_600,
  led,
});
const moment = { now: NOW, lookSeconds: 2 };

/** Nodes that all know of one another. */
function crowd(count: number): Turns[] {
  const rivals = new Rivals();
  const addresses = Array.from({ length: count }, (_, i) => addressOf(i));
  for (const address of addresses) rivals.saw(address, NOW);
  return addresses.map((address) => new Turns(address, rivals));
}

const acting = (nodes: readonly Turns[], race: Race, now = NOW): number =>
  nodes.filter((node) => isItsTurn(node.placeIn(race, { ...moment, now }))).length;

describe('a turn', () => {
  test('is always its own for a node that sees no others', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.boolean(), fc.nat(4_000), (node, job, led, later) => {
        const rivals = new Rivals();
        rivals.saw(addressOf(node), NOW);
        const race = raceOf(job, led ? addressOf(node + 1) : undefined);
        // Of others it has seen the one that leads, whom it is to undercut, and one that was there yesterday.
        if (led) rivals.saw(addressOf(node + 1), NOW);
        rivals.saw(addressOf(node + 2), NOW - DAY - 1);
        return isItsTurn(new Turns(addressOf(node), rivals).placeIn(race, { ...moment, now: NOW + later }));
      }),
    );
  });

  test('is one node’s of all that know of one another, another’s in another race and turn', () => {
    const nodes = crowd(20);
    const firsts = Array.from({ length: 200 }, (_, job) => {
      expect(acting(nodes, raceOf(job))).toBe(1);
      return nodes.findIndex((node) => isItsTurn(node.placeIn(raceOf(job), moment)));
    });
    expect(new Set(firsts).size).toBe(20);
    const later = Array.from({ length: 100 }, (_, turn) =>
      nodes.findIndex((node) =>
        isItsTurn(node.placeIn(raceOf(0), { ...moment, now: NOW + TURN_SECONDS * turn })),
      ),
    );
    expect(new Set(later).size).toBeGreaterThan(15);
  });

  test('is the same however often it is asked for, and however addresses are written', () => {
    const rivals = new Rivals();
    for (let i = 0; i < 9; i++) rivals.saw(addressOf(i).toUpperCase().replace('0X', '0x'), NOW);
    const places = [addressOf(3), addressOf(3).toUpperCase().replace('0X', '0x')].map((me) =>
      new Turns(me, rivals).placeIn(raceOf(1), moment),
    );
    expect(places[0]).toEqual(places[1]);
  });

  test('comes within twenty seconds, and a quarter of what is left, whoever else there is and whatever they do', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 2_000 }),
        fc.integer({ min: 0, max: 600 }),
        fc.constantFrom(2, 3, 12),
        (count, seconds, lookSeconds) => {
          const [node] = crowd(count);
          const race = { ...raceOf(1), until: NOW + seconds };
          for (let now = NOW; ; now += lookSeconds) {
            expect(now - NOW).toBeLessThanOrEqual(Math.min(20, seconds / 4));
            if (isItsTurn(node.placeIn(race, { now, lookSeconds }))) return;
            node.stoodBack([race], now);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('to undercut comes in the window, whoever else there is', () => {
    for (let count = 2; count < 100; count += 7) {
      const [node] = crowd(count);
      const race = { ...raceOf(count, addressOf(1)), until: NOW + 10 };
      let now = NOW;
      for (; !isItsTurn(node.placeIn(race, { ...moment, now })); now += 2) node.stoodBack([race], now);
      expect(now + 2).toBeLessThanOrEqual(race.until);
    }
  });

  test('is told of before it comes, and of no more nodes than it comes to', () => {
    const nodes = crowd(20);
    const places = (race: Race, turn: number): number[] =>
      nodes.flatMap((node, i) =>
        isItsTurn(node.placeIn(race, { ...moment, now: NOW + TURN_SECONDS * turn })) ? [i] : [],
      );
    for (let job = 0; job < 100; job++) {
      const race = raceOf(job);
      for (const seconds of [0, 1, 2, 5]) {
        const turns = 1 + Math.ceil(seconds / TURN_SECONDS);
        const soon = nodes.flatMap((node, i) =>
          node.comesWithin(race, node.placeIn(race, moment), moment, seconds) ? [i] : [],
        );
        const acting = Array.from({ length: turns + 1 }, (_, turn) => places(race, turn)).flat();
        expect(soon).toEqual([...new Set(acting)].toSorted((a, b) => a - b));
      }
    }
  });

  test('leaves one to act in a window’s last block when another was just in time', () => {
    expect(acting(crowd(20), { ...raceOf(1, addressOf(3)), until: NOW + 2 })).toBeLessThanOrEqual(2);
  });

  test('to undercut is left to few of those whom no other knows', () => {
    const rivals = new Rivals();
    rivals.saw(addressOf(100), NOW);
    const strangers = Array.from({ length: 20 }, (_, i) => new Turns(addressOf(i), rivals));
    const race = { ...raceOf(1, addressOf(100)), until: NOW + 10 };
    expect(acting(strangers, race)).toBeLessThan(10);
  });

  test('that was looked at twice counts once', () => {
    const nodes = crowd(50);
    const node = nodes.find((one) => !isItsTurn(one.placeIn(raceOf(1), moment)));
    for (let i = 0; i < 20; i++) node?.stoodBack([raceOf(1), raceOf(1)], NOW);
    expect(node?.placeIn(raceOf(1), moment).places).toBe(placesFor(50, 1, 7));
  });

  test('has more places the more were left, all in the end, never none', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.nat(20), fc.nat(20), (count, stood, left) => {
        const places = placesFor(count, stood, left);
        expect(places).toBeGreaterThanOrEqual(1);
        expect(places).toBeLessThanOrEqual(count);
        expect(placesFor(count, stood + 1, left)).toBeGreaterThanOrEqual(places);
        expect(placesFor(count, stood, 0)).toBe(count);
      }),
    );
  });

  test('of many open jobs is another node’s first, also where nodes don’t know of one another', () => {
    const jobs = Array.from({ length: 200 }, (_, i) => raceOf(i));
    const chosen = (nodes: readonly Turns[]): Set<string> =>
      new Set(
        nodes.map((node) => {
          const places = jobs.map((race) => ({ race, place: node.placeIn(race, moment) }));
          return inOrder(places.filter(({ place }) => isItsTurn(place)))[0].race.jobId;
        }),
      );
    expect(chosen(crowd(20)).size).toBe(20);
    const strangers = Array.from({ length: 20 }, (_, i) => new Turns(addressOf(i), new Rivals()));
    expect(chosen(strangers).size).toBeGreaterThan(16);
  });
});

describe('rivals', () => {
  const market = ISliceMarket__factory.createInterface();
  const logOf = (name: 'BidPlaced' | 'ExecutionClaimed', values: readonly unknown[]): Log =>
    market.encodeEventLog(name, values) as unknown as Log;

  test('are whoever had a bid taken, or a claim', () => {
    const rivals = new RivalsHeard(market);
    const bid = [id('job'), addressOf(1), 0, 1, 1, 1, NOW + 10, NOW + 20, addressOf(2)];
    rivals.hear([
      logOf('BidPlaced', bid),
      logOf('BidPlaced', bid),
      logOf('ExecutionClaimed', [id('job'), addressOf(3), 1, 1, NOW + 10]),
    ]);
    expect(rivals.bidders.others(NOW)).toHaveLength(1);
    expect(rivals.executors.others(NOW)).toHaveLength(1);
    expect(rivals.bidders.others(NOW, addressOf(1))).toEqual([]);
    expect(rivals.bidders.others(NOW + DAY + 11)).toEqual([]);
  });
});

describe('bids in turn', () => {
  const terms = { now: NOW, bidWindow: 10, proveSeconds: 60, deadline: NOW + 600, minUndercutBps: 200 };
  const means: Means = {
    policy: 'patient',
    capacity: { workers: 4, safety: 1.5, stepSeconds: 8 },
    bound: [],
    balance: 1_000_000n,
    gas: undefined,
  };
  const candidates = Array.from({ length: 40 }, (_, slice): Candidate => ({
    slice,
    weight: 10n,
    price: { floor: 80n, ask: 100n },
    seconds: 0.1,
    collateral: 10n,
    gas: 1n,
    ramp: 150n,
  }));
  const slicesOf = (node: Turns, leave?: (slice: number, code: ReasonCode) => unknown): number[] =>
    bidsInTurn(id('job'), terms, candidates, means, {
      turns: node,
      lookSeconds: 2,
      leave: (slice, { code }) => leave?.(slice, code),
    }).bids.flatMap(({ slices }) => [...slices]);

  test('are all that a node wants, when it sees no others', () => {
    expect(slicesOf(new Turns(addressOf(0), new Rivals()))).toHaveLength(40);
  });

  test('of all nodes together take each slice once, in pieces', () => {
    const nodes = crowd(12);
    const bids = nodes.map((node) => slicesOf(node));
    expect(bids.flat().toSorted((a, b) => a - b)).toEqual(candidates.map(({ slice }) => slice));
  });

  test('are made ready only where the node’s turn is, or comes next, and are not made before', () => {
    const nodes = crowd(12);
    const asked = nodes.map((node) => {
      const slices: number[] = [];
      const take = (ready: boolean): ReturnType<typeof bidsInTurn> =>
        bidsInTurn(id('job'), terms, candidates, means, {
          turns: node,
          lookSeconds: 2,
          isReady: (slice) => (slices.push(slice), ready),
        });
      const { bids, unready } = take(false);
      expect(bids).toEqual([]);
      expect(unready).toEqual(slicesOf(node));
      expect(take(true).bids.flatMap((bid) => [...bid.slices])).toEqual(slicesOf(node));
      return slices.length;
    });
    // Forty slices in two races, each with a turn now and two that come: of twelve nodes six at most have anything to check.
    expect(asked.filter((count) => count > 0).length).toBeLessThanOrEqual(6);
  });

  test('say of what is left that it is not the node’s turn', () => {
    const left = new Set<ReasonCode>();
    for (const node of crowd(12)) slicesOf(node, (_, code) => left.add(code));
    expect([...left]).toEqual(['TURN']);
  });
});

describe('a rehearsal', () => {
  const call = [id('job'), id('trace'), 1n, 1n] as const;

  test('believes what waits for its block twice in a row, and then what is in blocks', async () => {
    const asked: string[] = [];
    const rehearsal = new Rehearsal(
      {
        tryBid: (_, tag) => {
          asked.push(tag);
          return Promise.resolve(tag === 'pending' ? 0n : 1n);
        },
      },
      () => 0,
    );
    const taken = [];
    for (let i = 0; i < 4; i++) taken.push(await rehearsal.taken(call));
    expect(taken).toEqual([0n, 0n, 1n, 0n]);
    expect(asked).toEqual(['pending', 'pending', 'latest', 'pending']);
  });

  test('asks for what is in blocks where nothing else is answered', async () => {
    const asked: string[] = [];
    let now = 0;
    const rehearsal = new Rehearsal(
      {
        tryBid: (_, tag) => {
          asked.push(tag);
          return tag === 'pending'
            ? Promise.reject(new Error('pending block is not available'))
            : Promise.resolve(1n);
        },
      },
      () => now,
    );
    expect([await rehearsal.taken(call), await rehearsal.taken(call)]).toEqual([1n, 1n]);
    expect(asked).toEqual(['pending', 'latest', 'latest']);
    // Whatever it was, it may be over.
    now += 300_000;
    await rehearsal.taken(call);
    expect(asked.slice(3)).toEqual(['pending', 'latest']);
  });

  test('is kept back by a refusal with what waits for its block no more often than by a bid', async () => {
    const asked: string[] = [];
    const refused = makeError('execution reverted', 'CALL_EXCEPTION', {
      action: 'call',
      data: '0x',
      reason: null,
      transaction: { to: null, data: '0x' },
      invocation: null,
      revert: null,
    });
    const rehearsal = new Rehearsal(
      {
        tryBid: (_, tag) => {
          asked.push(tag);
          return tag === 'pending' ? Promise.reject(refused) : Promise.resolve(1n);
        },
      },
      () => 0,
    );
    for (let i = 0; i < 2; i++) await expect(rehearsal.taken(call)).rejects.toBe(refused);
    expect(await rehearsal.taken(call)).toBe(1n);
    expect(asked).toEqual(['pending', 'pending', 'latest']);
  });
});
