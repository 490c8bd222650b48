import { expect } from 'chai';
import { unchanged, wealthOf } from '../support/wealth.ts';
import { OFFER, Skip, TRACE_HASH, UNIT, world } from '../support/world.ts';

describe('attack: a settlement of an open slice that is overtaken by a bid', () => {
  it('pays nobody, and the bidder has collateral up until it proves by itself, or loses it', async () => {
    const w = await world();
    const jobId = await w.postTraced({ required: 1n });
    const args = await w.settlement([{ jobId, slice: 0, prover: w.alice }]);
    await w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 1n, UNIT);
    await unchanged(w, async () => {
      await expect(w.market.connect(w.settler).settle(...args))
        .to.emit(w.market, 'SlicesSkipped')
        .withArgs(jobId, w.alice.address, 1, Skip.HeldByOther);
    });
    // The same proof is good once the time that the bid took is over, and earns what that cost the bidder besides.
    const { lockEnd, collateral } = await w.market.sliceOf(jobId, 0);
    const [alice, bob] = [await wealthOf(w, [w.alice]), await wealthOf(w, [w.bob])];
    await w.at(lockEnd + 1n);
    await w.market.connect(w.settler).settle(...args);
    const raise = collateral - collateral / 2n - collateral / 10n;
    const price = 3n * UNIT;
    expect((await wealthOf(w, [w.alice])) - alice).to.equal(price - (price * 200n) / 10_000n + raise);
    expect(bob - (await wealthOf(w, [w.bob]))).to.equal(collateral);
  });

  it('is none of who bids before it proves: another only takes it for less, in the open window', async () => {
    const w = await world();
    const jobId = await w.postTraced({ required: 1n, offer: { ...OFFER, bidWindow: 0 } });
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT);
    expect(await w.market.connect(w.bob).bid.staticCall(w.bob, jobId, TRACE_HASH, 1n, 1n)).to.equal(0);
    await expect(w.settle(jobId, [{ slice: 0, prover: w.alice }])).to.emit(w.market, 'SlicesSettled');
  });
});
