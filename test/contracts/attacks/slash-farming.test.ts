import { expect } from 'chai';
import { wealthOf } from '../support/wealth.ts';
import { OFFER, TRACE_HASH, UNIT, world } from '../support/world.ts';

const { proveSeconds, settleTip, maxUnitPrice } = OFFER;

describe('attack: farming slashes', () => {
  it('a prover that lapses on purpose and proves with a second account pays half of the collateral for it', async () => {
    const w = await world();
    const hand = [w.alice, w.bob, w.settler];
    const before = await wealthOf(w, hand);
    const jobId = await w.postTraced({ required: 0b1000n });
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 0b1000n, UNIT);
    const { lockEnd, collateral } = await w.market.sliceOf(jobId, 3);
    const args = await w.settlement([{ jobId, slice: 3, prover: w.bob }]);
    await w.at(lockEnd + 1n);
    await w.market.connect(w.settler).settle(...args);
    const price = 7n * UNIT;
    const honest = price - (price * 200n) / 10_000n + settleTip;
    // The raise (40%) and the caller's tenth come back, half is burned: less than nothing, at any price it could have had.
    expect((await wealthOf(w, hand)) - before).to.equal(honest - collateral / 2n);
    expect(collateral / 2n).to.be.at.least(7n * maxUnitPrice);
  });

  it('a requester that takes the raise by itself gets 50% of what another lost, and pays price and fee like anyone', async () => {
    const w = await world();
    const hand = [w.requester, w.settler];
    const before = await wealthOf(w, hand);
    const victim = await wealthOf(w, [w.alice]);
    const jobId = await w.postTraced({ required: 0b1000n });
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 0b1000n, UNIT);
    const { lockEnd, collateral } = await w.market.sliceOf(jobId, 3);
    const args = await w.settlement([{ jobId, slice: 3, prover: w.requester }]);
    await w.at(lockEnd + 1n);
    await w.market.connect(w.settler).settle(...args);
    await w.market.finalize(jobId);
    const fee = (7n * UNIT * 200n) / 10_000n;
    // Why a prover bids only on what it has checked: whoever defaults pays, whoever proves has the raise.
    expect((await wealthOf(w, hand)) - before).to.equal(collateral / 2n - fee);
    expect(victim - (await wealthOf(w, [w.alice]))).to.equal(collateral);
  });

  it("a requester that withholds nothing can't make an executor default: it proves the slice by itself, and is paid", async () => {
    const w = await world();
    // A friend of the requester's locks the one slice and lets it lapse in the last moment.
    const jobId = await w.postExecuted({ required: 0b1000n });
    const { deadline } = await w.market.jobOf(jobId);
    await w.at(deadline - BigInt(OFFER.bidWindow + proveSeconds));
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 0b1000n, UNIT);
    const before = await wealthOf(w, [w.executor]);
    const { lockEnd, collateral } = await w.market.sliceOf(jobId, 3);
    const args = await w.settlement([{ jobId, slice: 3, prover: w.executor }]);
    await w.at(lockEnd + BigInt(proveSeconds));
    await w.market.connect(w.settler).settle(...args);
    await w.market.finalize(jobId);
    const raise = collateral - collateral / 2n - collateral / 10n;
    const { executionPrice } = await w.market.jobOf(jobId);
    const price = 7n * UNIT;
    expect((await wealthOf(w, [w.executor])) - before).to.equal(
      price - (price * 200n) / 10_000n + raise + executionPrice,
    );
  });

  it('a challenger that is the requester too gains 30% of the rest of a bond, and only from one that cannot prove', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n });
    await w.market.connect(w.alice).challenge(jobId, 3);
    const before = await wealthOf(w, [w.alice, w.outsider]);
    const args = await w.settlement([{ jobId, slice: 3, prover: w.executor }]);
    const { deadline } = await w.market.jobOf(jobId);
    await w.at(deadline);
    await w.market.connect(w.settler).settle(...args);
    // An executor that can prove is paid by the challenger, the dearer the later, and for its bond's time.
    expect(before - (await wealthOf(w, [w.alice, w.outsider]))).to.equal(2n * 7n * maxUnitPrice + settleTip);
  });
});
