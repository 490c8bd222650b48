import { expect } from 'chai';
import { wealthOf } from '../support/wealth.ts';
import { OFFER, TRACE_HASH, world } from '../support/world.ts';

const { maxUnitPrice } = OFFER;

describe('attack: dust', () => {
  it('bids at zero or a unit pay their collateral all the same, and undercuts of nothing are none', async () => {
    const w = await world();
    const jobId = await w.postTraced({ offer: { ...OFFER, minUnitPrice: 1, minUndercutBps: 0 } });
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, 1n);
    expect(await w.reservedOf(w.alice)).to.equal(6n * maxUnitPrice);
    expect(await w.market.connect(w.bob).bid.staticCall(w.bob, jobId, TRACE_HASH, 1n, 1n)).to.equal(0);
    await w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 1n, 0n);
    expect(await w.market.connect(w.alice).bid.staticCall(w.alice, jobId, TRACE_HASH, 1n, 0n)).to.equal(0);
    expect(await w.reservedOf(w.alice)).to.equal(0);
    expect(await w.reservedOf(w.bob)).to.equal(6n * maxUnitPrice);
  });

  it('prices of single units lose nothing in rounding: what is paid, kept and refunded is the escrow', async () => {
    const w = await world();
    const offer = { ...OFFER, minUnitPrice: 1, maxUnitPrice: 3, settleTip: 1, collateralBps: 20_001 };
    const before = await wealthOf(w, [...w.everyone, w.treasury]);
    const jobId = await w.postTraced({ offer, required: 0b1000n });
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 0b1000n, 1n);
    // 3 · 200.01%, rounded up for each of seven units of weight.
    expect(await w.reservedOf(w.alice)).to.equal(49);
    const { lockEnd } = await w.market.sliceOf(jobId, 3);
    const args = await w.settlement([{ jobId, slice: 3, prover: w.bob }]);
    await w.at(lockEnd + 1n);
    await w.market.connect(w.settler).settle(...args);
    await w.market.finalize(jobId);
    expect(before - (await wealthOf(w, [...w.everyone, w.treasury]))).to.equal(49n / 2n);
  });
});
