import { expect } from 'chai';
import { networkHelpers } from '../support/chain.ts';
import { NO_EXECUTION, OFFER, TRACE, TRACE_DIGEST, TRACE_HASH, world } from '../support/world.ts';

describe('attack: a stolen operator key', () => {
  it('takes no more of a balance by lapsing against itself than the account let it stake', async () => {
    const w = await world();
    const thief = w.outsider;
    const most = 10n ** 18n;
    await w.market.connect(w.alice).setOperator(w.bob.address, most, most);
    const before = await w.balanceOf(w.alice);
    const start = await w.balanceOf(thief);
    // Slice 3 has weight 7. The thief's own job asks for 600% of a price as collateral: so much that it is what `wanted` says.
    const post = async (wanted: bigint): Promise<string> => {
      const request = w.request({
        requester: thief.address,
        required: 8n,
        execution: { ...NO_EXECUTION },
        offer: {
          ...OFFER,
          minUnitPrice: 1n,
          maxUnitPrice: (wanted * 10_000n) / 60_000n / 7n,
          collateralBps: 60_000,
          bidWindow: 0,
          rampSeconds: 0,
          proveSeconds: 30,
          settleTip: 0n,
        },
        jobSeconds: 200,
      });
      await w.market.connect(thief).postWithTrace(request, TRACE, TRACE_DIGEST);
      return w.market.jobIdOf(request);
    };
    const bid = (jobId: string) => w.market.connect(w.bob).bid(w.alice.address, jobId, TRACE_HASH, 8n, 1n);
    await expect(bid(await post(before))).to.be.revertedWithCustomError(w.market, 'OperatorReservesTooMuch');
    const jobId = await post(most);
    await bid(jobId);
    await networkHelpers.time.increase(40);
    await w.settle(jobId, [{ slice: 3, prover: thief }], thief);
    await w.market.connect(thief).finalize(jobId);
    // The half that wasn't burned is the thief's. Nothing is reserved any more, but the day's stake is gone.
    expect(before - (await w.balanceOf(w.alice))).to.be.at.most(most);
    expect((await w.balanceOf(thief)) - start).to.be.at.most(most / 2n);
    await expect(bid(await post(most))).to.be.revertedWithCustomError(w.market, 'OperatorStakesTooMuch');
  });
});
