import { expect } from 'chai';
import { CHALLENGE_SECONDS, OFFER, TRACE_HASH, UNIT, world } from '../support/world.ts';

const { bidWindow, proveSeconds } = OFFER;

describe('attack: requester, executor, prover and caller in one hand', () => {
  it('lose half of a lapsed collateral and the fees, and get back no more than the rest', async () => {
    const w = await world();
    const hand = [w.requester, w.executor, w.alice, w.bob, w.settler];
    const wealth = async (): Promise<bigint> => {
      const parts = await Promise.all(
        hand.flatMap((account) => [w.balanceOf(account), w.reservedOf(account)]),
      );
      return parts.reduce((sum, part) => sum + part, 0n);
    };
    const before = await wealth();
    const jobId = await w.postExecuted();
    const time = await w.timeOf(w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, 0n));
    const args = await w.settlement([0, 1, 3].map((slice) => ({ jobId, slice, prover: w.bob })));
    await w.at(time + bidWindow + proveSeconds + 1);
    await w.market.connect(w.settler).slash(jobId, 1n);
    await w.market.connect(w.settler).settle(...args);
    const { tracedAt } = await w.market.jobOf(jobId);
    await w.at(tracedAt + BigInt(CHALLENGE_SECONDS + 200));
    await w.market.finalize(jobId);
    const { collateral } = await w.market.sliceOf(jobId, 0);
    const fees = await w.balanceOf(w.treasury);
    expect(fees).to.be.greaterThan(0n);
    expect(before - (await wealth())).to.equal(collateral / 2n + fees);
  });
});

describe('attack: a cancel that moves the deadline before the end of a bid window', () => {
  it('takes no time from the holder, who is paid to the end of its lock', async () => {
    const w = await world();
    const jobId = await w.postTraced({ offer: { ...OFFER, bidWindow: 200 }, jobSeconds: 600 });
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT);
    await w.market.connect(w.requester).cancel(jobId);
    const { closing } = await w.market.jobOf(jobId);
    const { windowEnd, lockEnd } = await w.market.sliceOf(jobId, 0);
    expect(closing).to.be.lessThan(windowEnd);
    const args = await w.settlement([{ jobId, slice: 0, prover: w.alice }]);
    await w.at(lockEnd);
    await expect(w.market.connect(w.settler).settle(...args)).to.emit(w.market, 'SlicesSettled');
    expect(await w.reservedOf(w.alice)).to.equal(0);
  });
});
