import { expect } from 'chai';
import { ISliceMarket__factory, SmallToken__factory } from '../../../protocol/contracts/generated/index.ts';
import { deploy } from '../../../scripts/deploy.ts';
import { ethers } from '../support/chain.ts';
import { BURN, OFFER, TRACE_HASH, createWorld, type World } from '../support/world.ts';

/** What one smallest unit of an asset of 6 decimals counts in the ledger. */
const SCALE = 10n ** 12n;
const START = 100n * 10n ** 18n * SCALE;

async function small(decimals = 6): Promise<World> {
  const [owner] = await ethers.getSigners();
  const token = await new SmallToken__factory(owner).deploy(decimals);
  return createWorld({ asset: await token.getAddress() });
}

/** All that is in the ledger, escrows and raises of these jobs included. */
async function booked(w: World, jobs: readonly string[]): Promise<bigint> {
  let sum = await w.balanceOf(BURN);
  for (const account of [...w.everyone, w.treasury]) {
    sum += (await w.balanceOf(account)) + (await w.reservedOf(account));
  }
  for (const jobId of jobs) {
    const { escrow, raises } = await w.market.jobOf(jobId);
    sum += escrow + raises;
  }
  return sum;
}

describe('SliceMarket: an asset of 6 decimals', () => {
  it('is counted in 10^-18 of it, in all but what moves the asset itself', async () => {
    const w = await small();
    await expect(w.market.connect(w.alice).deposit(w.alice, 5n))
      .to.emit(w.market, 'Deposited')
      .withArgs(w.alice.address, w.alice.address, 5n * SCALE);
    expect(await w.balanceOf(w.alice)).to.equal(START + 5n * SCALE);
    await expect(w.market.connect(w.alice).withdraw(3n, w.bob.address, false))
      .to.emit(w.market, 'Withdrawn')
      .withArgs(w.alice.address, w.bob.address, 3n * SCALE)
      .and.to.emit(w.token, 'Transfer')
      .withArgs(w.addresses.market, w.bob.address, 3n);
    const balance = START + 2n * SCALE;
    expect(await w.balanceOf(w.alice)).to.equal(balance);
    const most = balance / SCALE;
    await expect(w.market.connect(w.alice).withdraw(most + 1n, w.bob.address, false))
      .to.be.revertedWithCustomError(w.market, 'InsufficientBalance')
      .withArgs(w.alice.address, balance, balance + SCALE);
  });

  it('has prices and undercuts far below its smallest unit, of which nothing is lost', async () => {
    const w = await small();
    const offer = { ...OFFER, minUnitPrice: 7, maxUnitPrice: 1_000_003, settleTip: 1, minUndercutBps: 100 };
    const jobId = await w.postTraced({ offer, required: 0b1000n });
    const bid = (who: typeof w.alice, price: bigint) =>
      w.market.connect(who).bid(who, jobId, TRACE_HASH, 0b1000n, price);
    await bid(w.alice, 7n);
    // 1% of 7 is less than a unit of price: one less is enough.
    await bid(w.bob, 6n);
    expect((await w.market.sliceOf(jobId, 3)).holder).to.equal(w.bob.address);
    expect(await w.reservedOf(w.bob)).to.equal(7n * 2n * 1_000_003n);
    const { lockEnd } = await w.market.sliceOf(jobId, 3);
    const args = await w.settlement([{ jobId, slice: 3, prover: w.alice }]);
    await w.at(lockEnd + 1n);
    await w.market.connect(w.settler).settle(...args);
    await w.market.finalize(jobId);
    const held = (await w.token.balanceOf(w.addresses.market)) * SCALE;
    expect(await booked(w, [jobId])).to.equal(held);
    // Half of the collateral is burned, and less than the asset can move: it waits for more.
    expect(await w.balanceOf(BURN)).to.equal(7n * 1_000_003n);
    await expect(w.market.pushBurned()).to.be.revertedWithCustomError(w.market, 'ZeroAmount');
    await w.market.connect(w.bob).deposit(BURN, 2n);
    await expect(w.market.pushBurned())
      .to.emit(w.market, 'BurnPushed')
      .withArgs(2n * SCALE);
    expect(await w.token.balanceOf(BURN)).to.equal(2n);
    expect(await w.balanceOf(BURN)).to.equal(7n * 1_000_003n);
  });

  it('is withdrawn whole when nothing else is named; what it can not move stays', async () => {
    const w = await small();
    const jobId = await w.postTraced({ required: 1n, offer: { ...OFFER, bidWindow: 0, minUnitPrice: 11 } });
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, 11n);
    await w.settle(jobId, [{ slice: 0, prover: w.alice, bid: 0 }]);
    // Three constraints at 11, of which 2% are the fee: nothing, rounded down.
    const balance = START + 33n;
    expect(await w.balanceOf(w.alice)).to.equal(balance);
    const market = w.market.connect(w.alice);
    expect(await market.withdraw.staticCall(ethers.MaxUint256, w.alice.address, false)).to.equal(
      START / SCALE,
    );
    await expect(market.withdraw(ethers.MaxUint256, w.alice.address, false))
      .to.emit(w.market, 'Withdrawn')
      .withArgs(w.alice.address, w.alice.address, START);
    expect(await w.balanceOf(w.alice)).to.equal(33n);
    await expect(market.withdraw(ethers.MaxUint256, w.alice.address, false)).to.be.revertedWithCustomError(
      w.market,
      'ZeroAmount',
    );
  });

  it('comes and goes in amounts that the ledger can hold', async () => {
    const w = await small();
    const room = 2n ** 112n - 1n - 6n * START;
    const most = room / SCALE;
    await w.token.mint(w.alice.address, 2n ** 112n);
    const market = w.market.connect(w.alice);
    await expect(market.deposit(w.alice, most + 1n))
      .to.be.revertedWithCustomError(w.market, 'AmountTooLarge')
      .withArgs(6n * START + (most + 1n) * SCALE);
    for (const amount of [2n ** 112n, ethers.MaxUint256]) {
      await expect(market.deposit(w.alice, amount))
        .to.be.revertedWithCustomError(w.market, 'AmountTooLarge')
        .withArgs(amount);
    }
    await expect(market.withdraw(2n ** 112n, w.alice.address, false))
      .to.be.revertedWithCustomError(w.market, 'AmountTooLarge')
      .withArgs(2n ** 112n);
    await market.deposit(w.alice, most);
    expect(await w.balanceOf(w.alice)).to.equal(START + most * SCALE);
  });

  it('may have any decimals up to 18', async () => {
    const [owner] = await ethers.getSigners();
    const token = await new SmallToken__factory(owner).deploy(0);
    const { addresses } = await deploy({ signer: owner, asset: await token.getAddress() });
    const market = ISliceMarket__factory.connect(addresses.market, owner);
    await token.mint(owner.address, 1n);
    await token.approve(addresses.market, 1n);
    await market.deposit(owner, 1n);
    expect((await market.accountOf(owner.address)).balance).to.equal(10n ** 18n);
  });
});
