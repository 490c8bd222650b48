import { expect } from 'chai';
import { TRACE_HASH, UNIT, world } from '../support/world.ts';

describe('attack: draining between post and settle', () => {
  it('fails: what a job can cost was taken at post, and what a bid has at stake when it was made', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ challengeSeconds: 0 });
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT);
    for (const account of [w.requester, w.executor, w.alice]) {
      const balance = await w.balanceOf(account);
      await w.market.connect(account).withdraw(balance, account.address, false);
      await expect(w.market.connect(account).withdraw(1n, account.address, false))
        .to.be.revertedWithCustomError(w.market, 'InsufficientBalance')
        .withArgs(account.address, 0, 1);
    }
    const { lockEnd } = await w.market.sliceOf(jobId, 0);
    const args = await w.settlement([0, 1, 3].map((slice) => ({ jobId, slice, prover: w.bob })));
    const before = await w.balanceOf(w.bob);
    await w.at(lockEnd + 1n);
    await w.market.connect(w.settler).settle(...args);
    await w.market.finalize(jobId);
    expect((await w.balanceOf(w.bob)) - before).to.be.greaterThan(15n * UNIT);
    const { executionPrice } = await w.market.jobOf(jobId);
    // Its bond is free again, with the price on top.
    const [claimed] = await w.market.queryFilter(w.market.filters.ExecutionClaimed(jobId));
    expect(await w.balanceOf(w.executor)).to.equal(claimed.args.bond + executionPrice);
  });
});
