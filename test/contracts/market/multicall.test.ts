import { expect } from 'chai';
import { ethers } from '../support/chain.ts';
import { JobState, OFFER, PROOFS_ESCROW, TRACE_HASH, UNIT, createWorld, world } from '../support/world.ts';

describe('SliceMarket: multicall', () => {
  it('posts a job with its deposit, for an account that has nothing in the market yet', async () => {
    const w = await createWorld();
    const [, , , , , , , , stranger] = await ethers.getSigners();
    await w.token.mint(stranger.address, PROOFS_ESCROW);
    await w.token.connect(stranger).approve(w.addresses.market, PROOFS_ESCROW);
    const execution = { minPrice: 0n, maxPrice: 0n, rampSeconds: 0, commitSeconds: 30 };
    const request = w.request({ requester: stranger.address, execution });
    const abi = w.market.interface;
    const calls = [
      abi.encodeFunctionData('deposit', [stranger.address, PROOFS_ESCROW]),
      abi.encodeFunctionData('post', [request, '0x']),
    ];
    const market = w.market.connect(stranger);
    const [, posted] = await market.multicall.staticCall(calls);
    expect(posted).to.equal(await w.market.jobIdOf(request));
    await market.multicall(calls);
    expect((await w.market.jobOf(posted)).state).to.equal(JobState.Posted);
    expect(await w.balanceOf(stranger)).to.equal(0);
  });

  it('settles, finalizes and withdraws at once, as the caller', async () => {
    const w = await world();
    const jobId = await w.postTraced({ required: 1n, offer: { ...OFFER, bidWindow: 0 } });
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT);
    const args = await w.settlement([{ jobId, slice: 0, prover: w.alice, bid: 0 }], w.alice);
    const abi = w.market.interface;
    const price = 3n * UNIT;
    const earned = price - (price * 200n) / 10_000n + OFFER.settleTip;
    const all = 100n * 10n ** 18n + earned;
    const wallet = await w.token.balanceOf(w.alice.address);
    await w.market.connect(w.alice).multicall([
      abi.encodeFunctionData('settle', [...args]),
      abi.encodeFunctionData('finalize', [jobId]),
      // All that there is then, whatever the settlement paid.
      abi.encodeFunctionData('withdraw', [ethers.MaxUint256, w.alice.address, false]),
    ]);
    expect((await w.market.jobOf(jobId)).state).to.equal(JobState.Finalized);
    expect((await w.token.balanceOf(w.alice.address)) - wallet).to.equal(all);
    expect(await w.market.accountOf(w.alice.address)).to.deep.equal([0n, 0n]);
  });

  it('does all or nothing, with the reason of what was refused, also one inside the other', async () => {
    const w = await world();
    const abi = w.market.interface;
    const start = await w.balanceOf(w.alice);
    const market = w.market.connect(w.alice);
    const deposit = abi.encodeFunctionData('deposit', [w.alice.address, 5n]);
    const tooMuch = abi.encodeFunctionData('withdraw', [start + 6n, w.alice.address, false]);
    for (const calls of [[deposit, tooMuch], [abi.encodeFunctionData('multicall', [[deposit, tooMuch]])]]) {
      await expect(market.multicall(calls))
        .to.be.revertedWithCustomError(w.market, 'InsufficientBalance')
        .withArgs(w.alice.address, start + 5n, start + 6n);
      expect(await w.balanceOf(w.alice)).to.equal(start);
    }
    // Nobody acts for another by it.
    const others = w.owned.interface.encodeFunctionData('setTreasury', [w.alice.address]);
    await expect(market.multicall([others])).to.be.revertedWithCustomError(
      w.owned,
      'OwnableUnauthorizedAccount',
    );
    expect(await market.multicall.staticCall([])).to.deep.equal([]);
  });
});

describe('SliceMarket: what it does not know by itself', () => {
  it('is answered by the views beside it, or refused', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const abi = w.market.interface;
    const [told] = await w.market.multicall.staticCall([abi.encodeFunctionData('jobOf', [jobId])]);
    expect(abi.decodeFunctionResult('jobOf', told)[0]).to.deep.equal(await w.market.jobOf(jobId));
    for (const data of ['0x', '0x00', ethers.id('nothing()').slice(0, 10)]) {
      await expect(w.outsider.sendTransaction({ to: w.addresses.market, data })).to.revert(ethers);
    }
  });

  it('takes no coins by themselves, or with a call that is none of its own', async () => {
    const w = await world();
    await expect(
      w.outsider.sendTransaction({ to: w.addresses.market, value: 1n }),
    ).to.be.revertedWithCustomError(w.market, 'CoinsNotTaken');
    const jobOf = w.market.interface.encodeFunctionData('jobOf', [await w.postTraced()]);
    await expect(w.outsider.sendTransaction({ to: w.addresses.market, data: jobOf, value: 1n })).to.revert(
      ethers,
    );
    expect(await ethers.provider.getBalance(w.addresses.market)).to.equal(0);
  });
});
