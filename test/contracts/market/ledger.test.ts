import { expect } from 'chai';
import { linksOf } from '../../../scripts/deployment/steps.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { permit } from '../support/permit.ts';
import { BURN, createWorld, TRACE_HASH, UNIT, world } from '../support/world.ts';

const START = 100n * 10n ** 18n;

describe('SliceMarket: ledger', () => {
  it('takes deposits for the caller and for others', async () => {
    const w = await world();
    await expect(w.market.connect(w.alice).deposit(5n))
      .to.emit(w.market, 'Deposited')
      .withArgs(w.alice.address, w.alice.address, 5);
    await expect(w.market.connect(w.alice).depositFor(w.bob.address, 7n))
      .to.emit(w.market, 'Deposited')
      .withArgs(w.bob.address, w.alice.address, 7);
    expect(await w.market.accountOf(w.alice.address)).to.deep.equal([START + 5n, 0n]);
    expect(await w.market.accountOf(w.bob.address)).to.deep.equal([START + 7n, 0n]);
    expect(await w.token.balanceOf(w.addresses.market)).to.equal(6n * START + 12n);
  });

  it('refuses to move nothing, to nobody, or more than there is', async () => {
    const w = await world();
    const market = w.market.connect(w.alice);
    await expect(market.deposit(0)).to.be.revertedWithCustomError(market, 'ZeroAmount');
    await expect(market.depositFor(ethers.ZeroAddress, 1)).to.be.revertedWithCustomError(
      market,
      'ZeroAccount',
    );
    await expect(market.withdraw(0, w.alice.address)).to.be.revertedWithCustomError(market, 'ZeroAmount');
    await expect(market.withdraw(1, ethers.ZeroAddress)).to.be.revertedWithCustomError(market, 'ZeroAccount');
    await expect(market.withdraw(START + 1n, w.alice.address))
      .to.be.revertedWithCustomError(market, 'InsufficientBalance')
      .withArgs(w.alice.address, START, START + 1n);
  });

  it('sends withdrawals where the account wants them', async () => {
    const w = await world();
    await expect(w.market.connect(w.alice).withdraw(START, w.outsider.address))
      .to.emit(w.market, 'Withdrawn')
      .withArgs(w.alice.address, w.outsider.address, START);
    expect(await w.token.balanceOf(w.outsider.address)).to.equal(1000n * 10n ** 18n);
    expect(await w.balanceOf(w.alice)).to.equal(0);
  });

  it('does not pay out what is reserved', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.market.connect(w.alice).bid(jobId, TRACE_HASH, 1n, UNIT);
    const [balance, reserved] = await w.market.accountOf(w.alice.address);
    expect(balance + reserved).to.equal(START);
    await expect(w.market.connect(w.alice).withdraw(balance + 1n, w.alice.address))
      .to.be.revertedWithCustomError(w.market, 'InsufficientBalance')
      .withArgs(w.alice.address, balance, balance + 1n);
  });

  it('deposits with a permit, also when somebody has used it before', async () => {
    const w = await world();
    await w.token.connect(w.alice).approve(w.addresses.market, 0);
    const deadline = (await networkHelpers.time.latest()) + 1000;
    const first = await permit(w, 10n, deadline);
    await w.market.connect(w.alice).depositWithPermit(10n, deadline, first.v, first.r, first.s);
    const second = await permit(w, 20n, deadline);
    await w.token.permit(w.alice.address, w.addresses.market, 20n, deadline, second.v, second.r, second.s);
    await w.market.connect(w.alice).depositWithPermit(20n, deadline, second.v, second.r, second.s);
    expect(await w.balanceOf(w.alice)).to.equal(START + 30n);
  });

  it("does not deposit with another's permit, or with one that is too old", async () => {
    const w = await world();
    await w.token.connect(w.alice).approve(w.addresses.market, 0);
    await w.token.connect(w.bob).approve(w.addresses.market, 0);
    const old = (await networkHelpers.time.latest()) - 1;
    const { v, r, s } = await permit(w, 10n, old);
    for (const signer of [w.alice, w.bob]) {
      await expect(w.market.connect(signer).depositWithPermit(10n, old, v, r, s))
        .to.be.revertedWithCustomError(w.token, 'ERC20InsufficientAllowance')
        .withArgs(w.addresses.market, 0, 10);
    }
  });

  it('refuses amounts that a ledger entry cannot hold', async () => {
    const w = await world();
    const most = 2n ** 112n - 1n;
    const room = most - 6n * START;
    await w.token.mint(w.alice.address, most);
    await expect(w.market.connect(w.alice).deposit(room + 1n))
      .to.be.revertedWithCustomError(w.market, 'AmountTooLarge')
      .withArgs(most + 1n);
    await w.market.connect(w.alice).deposit(room);
    expect(await w.token.balanceOf(w.addresses.market)).to.equal(most);
  });

  it('books what is burned and lets anyone push it out', async () => {
    const w = await world();
    await expect(w.market.pushBurned()).to.be.revertedWithCustomError(w.market, 'ZeroAmount');
    await w.market.connect(w.alice).depositFor(BURN, 42n);
    expect(await w.market.connect(w.outsider).pushBurned.staticCall()).to.equal(42);
    await expect(w.market.connect(w.outsider).pushBurned()).to.emit(w.market, 'BurnPushed').withArgs(42);
    expect(await w.token.balanceOf(BURN)).to.equal(42);
    expect(await w.balanceOf(BURN)).to.equal(0);
  });

  it('is deployed over contracts that fit together only', async () => {
    const w = await createWorld();
    const { SliceMarket__factory } = await import('../../../protocol/contracts/generated/index.ts');
    const links = linksOf(() => w.outsider.address);
    const factory = new SliceMarket__factory(links, w.owner);
    const otherRegistry = await ethers.deployContract('CircuitRegistry');
    const otherVerifier = await ethers.deployContract('Groth16BatchVerifier', [
      await otherRegistry.getAddress(),
    ]);
    const good = [
      w.addresses.asset,
      w.addresses.modelRegistry,
      w.addresses.verifier,
      await w.market.tensorHasher(),
      w.owner.address,
      w.treasury.address,
      100,
      { minProveSeconds: 30, maxJobSeconds: 1000 },
    ] as Parameters<typeof factory.deploy>;
    await factory.deploy(...good);
    // The bounds of the limits themselves are taken.
    for (const limits of [
      { minProveSeconds: 500, maxJobSeconds: 1000 },
      { minProveSeconds: 1, maxJobSeconds: 2 ** 23 - 1 },
    ]) {
      await factory.deploy(...(good.with(7, limits) as typeof good));
    }
    const changes: [number, unknown][] = [
      [0, w.outsider.address],
      [1, w.outsider.address],
      [2, w.outsider.address],
      [2, await otherVerifier.getAddress()],
      [7, { minProveSeconds: 0, maxJobSeconds: 1000 }],
      [7, { minProveSeconds: 501, maxJobSeconds: 1000 }],
      [7, { minProveSeconds: 30, maxJobSeconds: 2 ** 23 }],
      [3, w.outsider.address],
    ];
    for (const [position, value] of changes) {
      const bad = good.with(position, value as never) as typeof good;
      await expect(factory.deploy(...bad), `argument ${position}`).to.be.revertedWithCustomError(
        w.market,
        'InvalidDeployment',
      );
    }
    await expect(factory.deploy(...(good.with(6, 501) as typeof good))).to.be.revertedWithCustomError(
      w.market,
      'FeeTooHigh',
    );
    await expect(
      factory.deploy(...(good.with(5, ethers.ZeroAddress) as typeof good)),
    ).to.be.revertedWithCustomError(w.market, 'ZeroAccount');
  });
});

describe('SliceMarket: owner', () => {
  it('sets fee and treasury within bounds, and nobody else does', async () => {
    const w = await world();
    await expect(w.market.setFee(500)).to.emit(w.market, 'FeeSet').withArgs(500);
    await expect(w.market.setTreasury(w.bob.address))
      .to.emit(w.market, 'TreasurySet')
      .withArgs(w.bob.address);
    expect([await w.market.feeBps(), await w.market.treasury()]).to.deep.equal([500n, w.bob.address]);
    await expect(w.market.setFee(501))
      .to.be.revertedWithCustomError(w.market, 'FeeTooHigh')
      .withArgs(501, 500);
    await expect(w.market.setTreasury(ethers.ZeroAddress)).to.be.revertedWithCustomError(
      w.market,
      'ZeroAccount',
    );
    for (const call of [
      w.market.connect(w.alice).setFee(1),
      w.market.connect(w.alice).setTreasury(w.alice.address),
      w.market.connect(w.alice).transferOwnership(w.alice.address),
    ]) {
      await expect(call)
        .to.be.revertedWithCustomError(w.market, 'OwnableUnauthorizedAccount')
        .withArgs(w.alice.address);
    }
  });

  it('does not change the fee of a posted job', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.market.setFee(500);
    expect((await w.market.jobOf(jobId)).feeBps).to.equal(200);
  });

  it('answers what never changes', async () => {
    const w = await world();
    expect(await w.market.asset()).to.equal(w.addresses.asset);
    expect(await w.market.modelRegistry()).to.equal(w.addresses.modelRegistry);
    expect(await w.market.verifier()).to.equal(w.addresses.verifier);
    expect(await w.market.limits()).to.deep.equal([30n, 100_000n]);
  });
});
