import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { SLICE_STATES } from '../../../protocol/contracts/states.ts';
import type { Aggregator } from '../../../verifier/aggregator/service.ts';
import { proofsAt, settlementsAt, startTestAggregator, submit } from '../support/aggregator.ts';
import { openWorld, ROLES, type PostedJob, type World } from '../support/world.ts';

const [A, B, C] = ROLES.provers;
const soon = { timeout: 30_000, interval: 100 };

describe('an aggregator', () => {
  let world: World;
  let aggregator: Aggregator;
  let count = 0;

  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    aggregator = await startTestAggregator(world, `aggregator-${count++}`, { maxBatch: 4 });
  });
  afterEach(() => aggregator.close());

  const stateOf = async ({ jobId }: PostedJob, slice: number): Promise<string> =>
    SLICE_STATES[Number((await world.contracts.market.sliceOf(jobId, slice)).state)];

  test('settles proofs of many provers, jobs and circuits in one transaction', async () => {
    const [first, second] = [await world.post(), await world.post()];
    await world.bid(first, A, [0]);
    await world.bid(first, B, [1]);
    await world.bid(second, B, [0]);
    await world.bid(second, C, [1]);
    const proofs = [
      await world.prove(first, 0, A),
      await world.prove(first, 1, B),
      await world.prove(second, 0, B),
      await world.prove(second, 1, C),
    ];
    for (const [i, proof] of proofs.entries()) {
      expect(await submit(aggregator.url, proof)).toEqual({
        status: 202,
        answer: { accepted: true, position: i },
      });
    }
    await vi.waitUntil(async () => (await settlementsAt(aggregator.url))[0]?.state === 'mined', soon);
    const [settlement, ...others] = await settlementsAt(aggregator.url);
    expect(others).toEqual([]);
    expect(settlement).toMatchObject({ proofs: 4, paid: 4, reason: 'size' });
    expect(settlement.gasUsed).toBeGreaterThan(200_000);
    for (const job of [first, second]) {
      for (const slice of [0, 1]) expect(await stateOf(job, slice)).toBe('settled');
    }
    expect(await proofsAt(aggregator.url, first.jobId, 0)).toMatchObject([
      { state: 'settled', reason: null, transaction: settlement.transaction },
    ]);
    console.log(settlement);
  });
});
