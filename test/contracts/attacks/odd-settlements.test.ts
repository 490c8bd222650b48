import { whole } from '../support/batch.ts';
import { expect } from 'chai';
import { ethers } from '../support/chain.ts';
import { SliceState, TRACE, world } from '../support/world.ts';

describe('attack: settlements of an odd form', () => {
  it('a prover with bits above its address, or slices above the model, are refused whole', async () => {
    const w = await world();
    const jobId = await w.postTraced({ required: 1n });
    const [batches, proofs] = await w.settlement([{ jobId, slice: 0, prover: w.alice }]);
    const data = w.market.interface.encodeFunctionData('settle', [batches, proofs]);
    const named = ethers.toBeHex(w.alice.address, 32).slice(2);
    expect(data.split(named)).to.have.length(2);
    for (const bit of [160n, 168n, 255n]) {
      const dirty = ethers.toBeHex(BigInt(w.alice.address) | (1n << bit), 32).slice(2);
      const sent = w.settler.sendTransaction({ to: w.addresses.market, data: data.replace(named, dirty) });
      await expect(sent).to.be.revert(ethers);
    }
    for (const slice of [2n, 4n, 255n]) {
      const groups = [{ ...batches[0].groups[0], slices: 1n << slice }];
      await expect(w.market.connect(w.settler).settle([{ ...batches[0], groups }], proofs))
        .to.be.revertedWithCustomError(w.market, 'UnknownSlice')
        .withArgs(jobId, slice);
    }
    expect((await w.market.sliceOf(jobId, 0)).state).to.equal(SliceState.Open);
  });

  it('batches without groups around a good one change nothing of it', async () => {
    const w = await world();
    const jobId = await w.postTraced({ required: 1n });
    const [batches, proofs] = await w.settlement([{ jobId, slice: 0, prover: w.alice }]);
    const empty = { jobId, ...whole(TRACE), groups: [] };
    await expect(w.market.connect(w.settler).settle([empty], proofs)).to.be.revertedWithCustomError(
      w.market,
      'NothingNamed',
    );
    await w.market.connect(w.settler).settle([empty, batches[0], empty], proofs);
    expect((await w.market.sliceOf(jobId, 0)).state).to.equal(SliceState.Settled);
  });

  it('slices in runs and with gaps, in groups of any order, are each proved as what they are', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const settlement = (slices: readonly number[]) =>
      w.settlement(slices.map((slice) => ({ jobId, slice, prover: w.alice })));
    // In one group slices come lowest first, whatever gap is between them.
    const [[batch], proofs] = await settlement([0, 1, 3]);
    const one = [{ ...batch.groups[0], slices: 0b1011n }];
    await w.market.connect(w.settler).settle.staticCall([{ ...batch, groups: one }], proofs);
    const [[odd], others] = await settlement([3, 0, 1]);
    await w.market.connect(w.settler).settle.staticCall([odd], others);
    // Proofs in another order than the groups say are proofs of something else.
    await expect(
      w.market.connect(w.settler).settle.staticCall([{ ...odd, groups: one }], others),
    ).to.be.revert(ethers);
    await expect(w.market.connect(w.settler).settle.staticCall([batch], others)).to.be.revert(ethers);
  });
});
