import { expect } from 'chai';
import { unchanged, wealthOf } from '../support/wealth.ts';
import { world } from '../support/world.ts';

describe('attack: paid twice', () => {
  it('a slice is paid once, whoever brings it again, in one settlement or several', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const claims = [w.bob, w.alice, w.bob].map((prover) => ({ jobId, slice: 0, prover }));
    const before = await Promise.all([w.alice, w.bob, w.settler].map((one) => wealthOf(w, [one])));
    await w.settle(jobId, claims);
    await unchanged(w, () => w.settle(jobId, claims));
    await unchanged(w, () => w.settle(jobId, [claims[0]], w.bob));
    const settled = await w.market.queryFilter(w.market.filters.SlicesSettled(jobId));
    expect(settled).to.have.length(1);
    const { price, fee, tip } = settled[0].args;
    const after = await Promise.all([w.alice, w.bob, w.settler].map((one) => wealthOf(w, [one])));
    expect(after.map((value, i) => value - before[i])).to.deep.equal([0n, price - fee, tip]);
    // And once out of the escrow, too.
    const { initialEscrow, escrow } = await w.market.jobOf(jobId);
    expect(initialEscrow - escrow).to.equal(price + tip);
  });
});
