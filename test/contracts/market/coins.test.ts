import { expect } from 'chai';
import {
  CircuitRegistry__factory,
  ISliceMarket__factory,
  ModelRegistry__factory,
  WrappedCoin__factory,
} from '../../../protocol/contracts/generated/index.ts';
import { packSliceSpec, packTensorSpec } from '../../../protocol/contracts/words.ts';
import { deploy } from '../../../scripts/deploy.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { sign } from '../support/signing.ts';
import {
  JobState,
  mutable,
  NO_EXECUTION,
  PROOFS_ESCROW,
  SETUP_DIGEST,
  SLICES,
  TENSOR,
  TRACE,
  TRACE_DIGEST,
  world,
} from '../support/world.ts';

/** A market of coins, and who has nothing in it. */
async function coins() {
  const w = await world();
  const coin = await new WrappedCoin__factory(w.owner).deploy();
  const { addresses } = await deploy({
    signer: w.owner,
    asset: await coin.getAddress(),
    minProveSeconds: 30,
    minCommitSeconds: 1,
    minJobSeconds: 1,
    maxJobSeconds: 100_000,
  });
  return { w, coin, market: ISliceMarket__factory.connect(addresses.market, w.requester), addresses };
}

/** The standard world's model, in the registries of another market. */
async function register({ w, addresses }: Awaited<ReturnType<typeof coins>>): Promise<string> {
  const circuits = CircuitRegistry__factory.connect(addresses.circuitRegistry, w.owner);
  for (const { vk } of w.keys) await circuits.registerCircuit(vk, SETUP_DIGEST);
  const models = ModelRegistry__factory.connect(addresses.modelRegistry, w.owner);
  const model = [
    ethers.id('manifest'),
    TRACE.map(() => packTensorSpec(TENSOR)),
    1,
    [4],
    SLICES.map(packSliceSpec),
  ] as const;
  await models.registerModel(...mutable(model));
  return models.registerModel.staticCall(...mutable(model));
}

describe('SliceMarket: the chain’s coins', () => {
  it('are wrapped into the ledger, and come out as coins or as the asset', async () => {
    const { w, coin, market, addresses } = await coins();
    const alice = market.connect(w.alice);
    await expect(alice.deposit(w.alice, 70n, { value: 70n }))
      .to.emit(market, 'Deposited')
      .withArgs(w.alice.address, w.alice.address, 70n)
      .and.to.emit(coin, 'Transfer')
      .withArgs(ethers.ZeroAddress, addresses.market, 70n);
    const before = await ethers.provider.getBalance(w.outsider.address);
    expect(await alice.withdraw.staticCall(30n, w.outsider.address, true)).to.equal(30n);
    await expect(alice.withdraw(30n, w.outsider.address, true))
      .to.emit(market, 'Withdrawn')
      .withArgs(w.alice.address, w.outsider.address, 30n);
    expect((await ethers.provider.getBalance(w.outsider.address)) - before).to.equal(30n);
    await alice.withdraw(15n, w.bob.address, false);
    expect(await coin.balanceOf(w.bob.address)).to.equal(15n);
    await alice.withdraw(ethers.MaxUint256, w.outsider.address, true);
    expect((await ethers.provider.getBalance(w.outsider.address)) - before).to.equal(55n);
    expect(await market.accountOf(w.alice.address)).to.deep.equal([0n, 0n]);
    expect(await coin.balanceOf(addresses.market)).to.equal(0n);
    expect(await ethers.provider.getBalance(addresses.market)).to.equal(0n);
  });

  it('pay for a job in the transaction that posts it, with and without a trace', async () => {
    const given = await coins();
    const { w, market, addresses } = given;
    const modelId = await register(given);
    // The requester has none of the asset, gave no allowance, and has nothing in the ledger.
    const execution = { ...NO_EXECUTION, commitSeconds: 30 };
    const posted = w.request({ modelId, execution });
    await market.post(posted, '0x', { value: PROOFS_ESCROW });
    const traced = w.request({ modelId, execution: { ...NO_EXECUTION } });
    await market.postWithTrace(traced, TRACE, TRACE_DIGEST, { value: PROOFS_ESCROW + 5n });
    const states = [];
    for (const request of [posted, traced]) {
      states.push((await market.jobOf(await market.jobIdOf(request))).state);
    }
    expect(states).to.deep.equal([JobState.Posted, JobState.Traced]);
    expect(await market.accountOf(w.requester.address)).to.deep.equal([5n, 0n]);
    // Somebody else may bring a signed request, and the coins for it: they are the requester's.
    const brought = w.request({ modelId, execution, nonce: 77n });
    const signature = await sign(w, brought, w.requester, { verifyingContract: addresses.market });
    await expect(market.connect(w.bob).post(brought, signature, { value: PROOFS_ESCROW }))
      .to.emit(market, 'Deposited')
      .withArgs(w.requester.address, w.bob.address, PROOFS_ESCROW);
    expect(await market.accountOf(w.requester.address)).to.deep.equal([5n, 0n]);
    // All of it, or none.
    const short = w.request({ modelId, execution });
    await expect(market.post(short, '0x', { value: PROOFS_ESCROW - 6n }))
      .to.be.revertedWithCustomError(market, 'InsufficientBalance')
      .withArgs(w.requester.address, PROOFS_ESCROW - 1n, PROOFS_ESCROW);
    expect(await market.accountOf(w.requester.address)).to.deep.equal([5n, 0n]);
  });

  it('are refused where they can not be wrapped, by themselves, and after a sunset', async () => {
    const { w, market } = await coins();
    await expect(market.deposit(w.requester, 0n, { value: 0n })).to.be.revertedWithCustomError(
      market,
      'ZeroAmount',
    );
    await expect(market.withdraw(1n, ethers.ZeroAddress, true)).to.be.revertedWithCustomError(
      market,
      'ZeroAccount',
    );
    await expect(market.withdraw(1n, w.alice.address, true))
      .to.be.revertedWithCustomError(market, 'InsufficientBalance')
      .withArgs(w.requester.address, 0n, 1n);
    await expect(
      w.requester.sendTransaction({ to: await market.getAddress(), value: 1n }),
    ).to.be.revertedWithCustomError(market, 'CoinsNotTaken');
    // An asset that is no coin.
    await expect(w.market.connect(w.requester).deposit(w.requester, 1n, { value: 1n })).to.revert(ethers);
    await expect(w.market.connect(w.requester).post(w.request(), '0x', { value: 1n })).to.revert(ethers);
    const end = BigInt(await w.timeOf(market.connect(w.owner).announceSunset())) + 30n * 24n * 3600n;
    await networkHelpers.time.increaseTo(end);
    await expect(market.deposit(w.requester, 1n, { value: 1n }))
      .to.be.revertedWithCustomError(market, 'MarketClosing')
      .withArgs(end);
  });
});
