import { expect } from 'chai';
import { wealthOf } from '../support/wealth.ts';
import { CHALLENGE_SECONDS, OFFER, TRACE_HASH, UNIT, world } from '../support/world.ts';

describe('attack: holding a result up', () => {
  it("by a challenge in the last second, held and proved by one's own hand, costs the slice's highest price", async () => {
    const w = await world();
    const hand = [w.alice, w.bob, w.settler];
    const jobId = await w.postExecuted({ required: 1n });
    await w.settle(jobId, [{ slice: 0, prover: w.bob }]);
    const before = await wealthOf(w, hand);
    const waiting = await wealthOf(w, [w.executor, w.requester]);
    const { tracedAt } = await w.market.jobOf(jobId);
    await w.at(tracedAt + BigInt(CHALLENGE_SECONDS));
    await w.market.connect(w.alice).challenge(jobId, 3);
    await w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 8n, UNIT);
    const { windowEnd, lockEnd } = await w.market.sliceOf(jobId, 3);
    const args = await w.settlement([{ jobId, slice: 3, prover: w.bob }]);
    await w.at(lockEnd);
    await w.market.connect(w.settler).settle(...args);
    const fee = (7n * UNIT * 200n) / 10_000n;
    const highest = 7n * OFFER.maxUnitPrice;
    expect(before - (await wealthOf(w, hand))).to.equal(fee + highest);
    expect((await wealthOf(w, [w.executor, w.requester])) - waiting).to.equal(highest);
    expect(lockEnd - windowEnd).to.equal(BigInt(OFFER.proveSeconds));
  });
});
