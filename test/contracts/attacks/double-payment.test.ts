import { expect } from 'chai';
import { wealthOf } from '../support/wealth.ts';
import { world } from '../support/world.ts';

describe('attack: paid twice', () => {
  it('a slice is paid once, whoever brings it again, in one settlement or several', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const claims = [w.bob, w.alice, w.bob].map((prover) => ({ jobId, slice: 0, prover }));
    const before = await wealthOf(w, [w.alice]);
    await w.settle(jobId, claims);
    await w.settle(jobId, claims);
    expect(await w.market.queryFilter(w.market.filters.SliceSettled(jobId))).to.have.length(1);
    expect(await wealthOf(w, [w.alice])).to.equal(before);
  });
});
