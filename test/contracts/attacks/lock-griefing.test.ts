import { expect } from 'chai';
import { wealthOf } from '../support/wealth.ts';
import { OFFER, TRACE_HASH, UNIT, world } from '../support/world.ts';

const { maxUnitPrice } = OFFER;

describe('attack: locks that nobody means to honour', () => {
  it('cost, for each slice and the only time, twice what the slice could have cost, and delay it by one hold', async () => {
    const w = await world();
    const jobId = await w.postTraced({ jobSeconds: 2_000 });
    const before = await wealthOf(w, [w.alice, w.bob]);
    // Two accounts of one griefer: the second can't lock what the first let lapse.
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 0b1011n, UNIT);
    const { lockEnd } = await w.market.sliceOf(jobId, 0);
    await w.at(lockEnd + 1n);
    await w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 0b1011n, UNIT);
    await w.market.connect(w.outsider).slash(jobId, 0b1011n);
    await w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 0b1011n, UNIT);
    expect(before - (await wealthOf(w, [w.alice, w.bob]))).to.equal(2n * 15n * maxUnitPrice);
    // Whoever comes first is paid, and well.
    const honest = await wealthOf(w, [w.executor]);
    await w.settle(
      jobId,
      [0, 1, 3].map((slice) => ({ slice, prover: w.executor })),
    );
    expect((await wealthOf(w, [w.executor])) - honest).to.be.greaterThan(15n * UNIT);
  });

  it("on a claim, cost 90% of a bond that is as large as the job's escrow, each time, and the requester nothing", async () => {
    const w = await world();
    const before = await w.balanceOf(w.requester);
    const jobId = await w.post();
    const griefers = [w.alice, w.bob];
    const wealth = await wealthOf(w, griefers);
    const { commitBy } = await w.market.jobOf(jobId);
    let claims = 0n;
    let bond = 0n;
    for (;;) {
      const claimed = await w.market
        .connect(griefers[Number(claims % 2n)])
        .claimExecution(griefers[Number(claims % 2n)], jobId)
        .catch((error: unknown) => String(error));
      if (typeof claimed === 'string') {
        expect(claimed).to.include('ClaimTooLate');
        break;
      }
      claims++;
      const job = await w.market.jobOf(jobId);
      ({ bond } = job);
      await w.at(job.claimEnd + 1n);
    }
    // The ramp of 80 seconds and two claims of 50 have room for three.
    expect(claims).to.equal(3);
    await w.at(commitBy + 1n);
    await w.market.connect(w.outsider).expire(jobId);
    // They had the tenths of those that they booked themselves, and outsiders that of the last.
    expect(wealth - (await wealthOf(w, griefers))).to.equal(claims * bond - ((claims - 1n) * bond) / 10n);
    expect(await w.balanceOf(w.requester)).to.equal(before);
  });

  it('a lock griefer pays for every slice it locks, and never twice', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const before = await w.balanceOf(w.bob);
    await w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 1n, 1n);
    const { lockEnd, collateral } = await w.market.sliceOf(jobId, 0);
    await w.at(lockEnd + 1n);
    expect(await w.market.connect(w.bob).bid.staticCall(w.bob, jobId, TRACE_HASH, 1n, 1n)).to.equal(0);
    // The griefer books its own lapse and proves the slice late with a second account: it gets back the caller's tenth
    // and the raise, and loses the half that is burned.
    await w.market.connect(w.bob).slash(jobId, 1n);
    const args = await w.settlement([{ jobId, slice: 0, prover: w.bob }], w.bob);
    await w.market.connect(w.bob).settle(...args);
    const price = 3n * 1n;
    const most = price + OFFER.settleTip - collateral / 2n;
    expect((await w.balanceOf(w.bob)) - before).to.be.at.most(most);
    expect(most).to.be.lessThan(0n);
    expect(collateral).to.be.at.least(2n * 3n * UNIT);
  });
});
