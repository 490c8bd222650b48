import { expect } from 'chai';
import { listed } from '../support/lists.ts';
import { BidRefusal, signedBid } from '../support/signing.ts';
import { OUTPUTS, Skip, TRACE, TRACE_DIGEST, TRACE_HASH, UNIT, world } from '../support/world.ts';

describe('SliceMarket: admission', () => {
  it('asks who claims, bids and settles what nobody holds, and lets only the admitted', async () => {
    const w = await world();
    const { market } = w;
    const jobId = await w.post({ admission: await listed(w, [w.executor, w.alice]) });
    await expect(market.connect(w.bob).claimExecution(w.bob, jobId))
      .to.be.revertedWithCustomError(market, 'NotAdmitted')
      .withArgs(jobId, w.bob.address);
    await market.connect(w.executor).claimExecution(w.executor, jobId);
    await market
      .connect(w.executor)
      .commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS);
    await expect(market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 1n, UNIT))
      .to.be.revertedWithCustomError(market, 'NotAdmitted')
      .withArgs(jobId, w.bob.address);
    expect(await market.connect(w.alice).bid.staticCall(w.alice, jobId, TRACE_HASH, 1n, UNIT)).to.equal(1);
    const signed = await signedBid(w, w.bob, { jobId, slices: 1n });
    await expect(market.connect(w.alice).bidSigned([signed]))
      .to.emit(market, 'SignedBidRefused')
      .withArgs(jobId, w.bob.address, w.bob.address, 0, BidRefusal.NotAdmitted);
    await expect(w.settle(jobId, [{ slice: 0, prover: w.bob }]))
      .to.emit(market, 'SlicesSkipped')
      .withArgs(jobId, w.bob.address, 1n, Skip.NotAdmitted);
    await expect(w.settle(jobId, [{ slice: 0, prover: w.alice }])).to.emit(market, 'SlicesSettled');
    expect(await market.admits(jobId, w.alice.address)).to.equal(true);
    expect(await market.admits(jobId, w.bob.address)).to.equal(false);
  });

  it('asks for nobody where a job names none, and for nothing that could not be had', async () => {
    const w = await world();
    const { market } = w;
    const open = await w.postTraced();
    expect(await market.admits(open, w.outsider.address)).to.equal(true);
    // What takes nothing by itself says so, admitted or not.
    const jobId = await w.postTraced({ admission: await listed(w, [w.alice]) });
    expect(await market.connect(w.bob).bid.staticCall(w.bob, jobId, TRACE_HASH, 0b100n, UNIT)).to.equal(0);
    expect(await market.connect(w.bob).bid.staticCall(w.bob, jobId, TRACE_DIGEST, 1n, UNIT)).to.equal(0);
    await expect(market.admits(TRACE_HASH, w.alice.address))
      .to.be.revertedWithCustomError(market, 'UnknownJob')
      .withArgs(TRACE_HASH);
  });
});
