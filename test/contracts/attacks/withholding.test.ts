import { expect } from 'chai';
import { networkHelpers } from '../support/chain.ts';
import { wealthOf } from '../support/wealth.ts';
import { world } from '../support/world.ts';

describe('attack: withholding', () => {
  it("of a trace's data, to be the only one who can prove, costs the executor what nobody proves in time", async () => {
    const w = await world();
    const before = await w.balanceOf(w.requester);
    const jobId = await w.postExecuted();
    const { closing, bond } = await w.market.jobOf(jobId);
    await w.at(closing + 1n);
    await expect(w.market.connect(w.outsider).expire(jobId))
      .to.emit(w.market, 'BondForfeited')
      .withArgs(jobId, w.executor.address, 0, bond / 10n, bond - bond / 10n, w.outsider.address);
    expect(await w.balanceOf(w.requester)).to.equal(before);
  });

  it('of the draw costs the executor its bond, and makes the requester whole', async () => {
    const w = await world();
    const before = await w.balanceOf(w.requester);
    const jobId = await w.postExecuted({ required: 1n, audits: 1 });
    await w.settle(jobId, [{ slice: 0, prover: w.bob }]);
    const { closing } = await w.market.jobOf(jobId);
    await w.at(closing + 1n);
    await w.market.connect(w.outsider).expire(jobId);
    expect(await w.balanceOf(w.requester)).to.equal(before);
    expect(await w.reservedOf(w.executor)).to.equal(0);
  });

  it('by a requester who cancels to have a drawn slice refunded instead of proved, does not work', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n, audits: 1, challengeSeconds: 0 });
    await networkHelpers.mine(1);
    await w.market.draw(jobId);
    const slice = (await w.market.jobOf(jobId)).audited === 0b10n ? 1 : 3;
    await w.market.connect(w.requester).cancel(jobId);
    const { cancelEnd } = await w.market.jobOf(jobId);
    const args = await w.settlement([
      { jobId, slice, prover: w.bob },
      { jobId, slice: 0, prover: w.bob },
    ]);
    await w.at(cancelEnd + 1n);
    const sent = w.market.connect(w.settler).settle(...args);
    await expect(sent).to.emit(w.market, 'SlicesSettled');
    await expect(sent)
      .to.emit(w.market, 'SlicesSkipped')
      .withArgs(jobId, w.bob.address, 1n << BigInt(0), 4);
    const before = await wealthOf(w, [w.executor]);
    await w.market.expire(jobId);
    const { executionPrice } = await w.market.jobOf(jobId);
    expect((await wealthOf(w, [w.executor])) - before).to.equal(executionPrice);
  });
});
