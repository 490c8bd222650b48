import { expect } from 'chai';
import { MarketLedger__factory, SliceMarket__factory } from '../../../protocol/contracts/generated/index.ts';
import { linksOf } from '../../../scripts/deployment/steps.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { permit } from '../support/permit.ts';
import { sign } from '../support/signing.ts';
import {
  BURN,
  CHALLENGE_SECONDS,
  OUTPUTS,
  TRACE,
  TRACE_DIGEST,
  TRACE_HASH,
  UNIT,
  createWorld,
  world,
} from '../support/world.ts';

const START = 100n * 10n ** 18n;
const DAY = 24 * 3600;
const FEE_DELAY = 2 * DAY;
const SUNSET_DELAY = 30 * DAY;
const LIMITS = { minProveSeconds: 30, minCommitSeconds: 30, minJobSeconds: 60, maxJobSeconds: 1000 };

describe('SliceMarket: ledger', () => {
  it('takes deposits for the caller and for others', async () => {
    const w = await world();
    await expect(w.market.connect(w.alice).deposit(w.alice, 5n))
      .to.emit(w.market, 'Deposited')
      .withArgs(w.alice.address, w.alice.address, 5);
    await expect(w.market.connect(w.alice).deposit(w.bob.address, 7n))
      .to.emit(w.market, 'Deposited')
      .withArgs(w.bob.address, w.alice.address, 7);
    expect(await w.market.accountOf(w.alice.address)).to.deep.equal([START + 5n, 0n]);
    expect(await w.market.accountOf(w.bob.address)).to.deep.equal([START + 7n, 0n]);
    expect(await w.token.balanceOf(w.addresses.market)).to.equal(6n * START + 12n);
  });

  it('refuses to move nothing, to nobody, or more than there is', async () => {
    const w = await world();
    const market = w.market.connect(w.alice);
    await expect(market.deposit(w.alice, 0)).to.be.revertedWithCustomError(market, 'ZeroAmount');
    await expect(market.deposit(ethers.ZeroAddress, 1)).to.be.revertedWithCustomError(market, 'ZeroAccount');
    await expect(market.withdraw(0, w.alice.address, false)).to.be.revertedWithCustomError(
      market,
      'ZeroAmount',
    );
    await expect(market.withdraw(1, ethers.ZeroAddress, false)).to.be.revertedWithCustomError(
      market,
      'ZeroAccount',
    );
    await expect(market.withdraw(START + 1n, w.alice.address, false))
      .to.be.revertedWithCustomError(market, 'InsufficientBalance')
      .withArgs(w.alice.address, START, START + 1n);
  });

  it('sends withdrawals where the account wants them', async () => {
    const w = await world();
    await expect(w.market.connect(w.alice).withdraw(START, w.outsider.address, false))
      .to.emit(w.market, 'Withdrawn')
      .withArgs(w.alice.address, w.outsider.address, START);
    expect(await w.token.balanceOf(w.outsider.address)).to.equal(1000n * 10n ** 18n);
    expect(await w.balanceOf(w.alice)).to.equal(0);
  });

  it('does not pay out what is reserved', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT);
    const [balance, reserved] = await w.market.accountOf(w.alice.address);
    expect(balance + reserved).to.equal(START);
    await expect(w.market.connect(w.alice).withdraw(balance + 1n, w.alice.address, false))
      .to.be.revertedWithCustomError(w.market, 'InsufficientBalance')
      .withArgs(w.alice.address, balance, balance + 1n);
  });

  it('deposits with a permit, also when somebody has used it before', async () => {
    const w = await world();
    await w.token.connect(w.alice).approve(w.addresses.market, 0);
    const deadline = (await networkHelpers.time.latest()) + 1000;
    const first = await permit(w, 10n, deadline);
    await w.market.connect(w.alice).depositWithPermit(w.alice, 10n, deadline, first.v, first.r, first.s);
    const second = await permit(w, 20n, deadline);
    await w.token.permit(w.alice.address, w.addresses.market, 20n, deadline, second.v, second.r, second.s);
    await w.market.connect(w.alice).depositWithPermit(w.alice, 20n, deadline, second.v, second.r, second.s);
    expect(await w.balanceOf(w.alice)).to.equal(START + 30n);
  });

  it("does not deposit with another's permit, or with one that is too old", async () => {
    const w = await world();
    await w.token.connect(w.alice).approve(w.addresses.market, 0);
    await w.token.connect(w.bob).approve(w.addresses.market, 0);
    const old = (await networkHelpers.time.latest()) - 1;
    const { v, r, s } = await permit(w, 10n, old);
    for (const signer of [w.alice, w.bob]) {
      await expect(w.market.connect(signer).depositWithPermit(signer, 10n, old, v, r, s))
        .to.be.revertedWithCustomError(w.token, 'ERC20InsufficientAllowance')
        .withArgs(w.addresses.market, 0, 10);
    }
  });

  it('refuses amounts that a ledger entry cannot hold', async () => {
    const w = await world();
    const most = 2n ** 112n - 1n;
    const room = most - 6n * START;
    await w.token.mint(w.alice.address, most);
    await expect(w.market.connect(w.alice).deposit(w.alice, room + 1n))
      .to.be.revertedWithCustomError(w.market, 'AmountTooLarge')
      .withArgs(most + 1n);
    await w.market.connect(w.alice).deposit(w.alice, room);
    expect(await w.token.balanceOf(w.addresses.market)).to.equal(most);
  });

  it('books what is burned and lets anyone push it out', async () => {
    const w = await world();
    await expect(w.market.pushBurned()).to.be.revertedWithCustomError(w.market, 'ZeroAmount');
    await w.market.connect(w.alice).deposit(BURN, 42n);
    expect(await w.market.connect(w.outsider).pushBurned.staticCall()).to.equal(42);
    await expect(w.market.connect(w.outsider).pushBurned()).to.emit(w.market, 'BurnPushed').withArgs(42);
    expect(await w.token.balanceOf(BURN)).to.equal(42);
    expect(await w.balanceOf(BURN)).to.equal(0);
  });

  it('is deployed over contracts that fit together only', async () => {
    const w = await createWorld();
    const links = linksOf(() => w.outsider.address);
    const factory = new SliceMarket__factory(links, w.owner);
    const otherRegistry = await ethers.deployContract('CircuitRegistry');
    const otherVerifier = await ethers.deployContract('Groth16BatchVerifier', [
      await otherRegistry.getAddress(),
    ]);
    const good = [
      w.addresses.modelRegistry,
      w.addresses.verifier,
      await w.market.tensorHasher(),
      w.addresses.lens,
      w.owner.address,
      w.treasury.address,
      100,
      LIMITS,
    ] as Parameters<typeof factory.deploy>;
    await factory.deploy(...good);
    // The bounds of the limits themselves are taken.
    for (const limits of [
      { ...LIMITS, minProveSeconds: 500 },
      { ...LIMITS, minCommitSeconds: 1000, minJobSeconds: 1000 },
      { minProveSeconds: 1, minCommitSeconds: 1, minJobSeconds: 0, maxJobSeconds: 2 ** 23 - 1 },
    ]) {
      await factory.deploy(...(good.with(7, limits) as typeof good));
    }
    const changes: [number, unknown][] = [
      [0, w.outsider.address],
      [1, w.outsider.address],
      [1, await otherVerifier.getAddress()],
      [7, { ...LIMITS, minProveSeconds: 0 }],
      [7, { ...LIMITS, minProveSeconds: 501 }],
      [7, { ...LIMITS, minCommitSeconds: 0 }],
      [7, { ...LIMITS, minCommitSeconds: 1001 }],
      [7, { ...LIMITS, minJobSeconds: 1001 }],
      [7, { ...LIMITS, maxJobSeconds: 2 ** 23 }],
      [2, w.outsider.address],
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
    const Ledger = new MarketLedger__factory(links, w.owner);
    await Ledger.deploy(await (await ethers.deployContract('SmallToken', [18])).getAddress());
    for (const asset of [
      w.outsider.address,
      await (await ethers.deployContract('SmallToken', [19])).getAddress(),
    ]) {
      await expect(Ledger.deploy(asset)).to.be.revertedWithCustomError(w.market, 'InvalidDeployment');
    }
  });
});

describe('SliceMarket: owner', () => {
  it('sets fee and treasury within bounds, and nobody else does', async () => {
    const w = await world();
    const now = await networkHelpers.time.latest();
    const from = now + 10 + FEE_DELAY;
    await w.at(now + 10);
    await expect(w.market.setFee(500)).to.emit(w.market, 'FeeSet').withArgs(500, from);
    await expect(w.market.setTreasury(w.bob.address))
      .to.emit(w.market, 'TreasurySet')
      .withArgs(w.bob.address);
    expect([await w.market.feeBps(), await w.market.treasury()]).to.deep.equal([200n, w.bob.address]);
    await expect(w.market.setFee(501))
      .to.be.revertedWithCustomError(w.market, 'FeeTooHigh')
      .withArgs(501, 500);
    await expect(w.market.setTreasury(ethers.ZeroAddress)).to.be.revertedWithCustomError(
      w.market,
      'ZeroAccount',
    );
    const alice = w.market.connect(w.alice);
    for (const call of [
      () => alice.setFee(1),
      () => alice.setTreasury(w.alice.address),
      () => alice.announceSunset(),
      () => w.owned.connect(w.alice).transferOwnership(w.alice.address),
    ]) {
      await expect(call())
        .to.be.revertedWithCustomError(w.owned, 'OwnableUnauthorizedAccount')
        .withArgs(w.alice.address);
    }
  });

  it('has another fee two days after it was announced, to the second, whatever is announced meanwhile', async () => {
    const w = await world();
    const first = BigInt(await w.timeOf(w.market.setFee(500))) + BigInt(FEE_DELAY);
    await networkHelpers.time.increaseTo(first - 1n);
    expect(await w.market.feeBps()).to.equal(200);
    await networkHelpers.time.increaseTo(first);
    expect(await w.market.feeBps()).to.equal(500);
    // One that comes before the other counts takes its place.
    await w.market.setFee(0);
    expect(await w.market.feeBps()).to.equal(500);
    const last = BigInt(await w.timeOf(w.market.setFee(300))) + BigInt(FEE_DELAY);
    await networkHelpers.time.increaseTo(last - 1n);
    expect(await w.market.feeBps()).to.equal(500);
    await networkHelpers.time.increaseTo(last);
    expect(await w.market.feeBps()).to.equal(300);
  });

  it('may announce a sunset, after which nothing new comes in and all else goes on', async () => {
    const w = await world();
    const running = await w.postExecuted({ jobSeconds: 90_000 });
    const now = await networkHelpers.time.latest();
    const end = BigInt(now + 5 + SUNSET_DELAY);
    await w.at(now + 5);
    await expect(w.market.announceSunset()).to.emit(w.market, 'SunsetAnnounced').withArgs(end);
    await expect(w.market.announceSunset())
      .to.be.revertedWithCustomError(w.market, 'SunsetAnnouncedBefore')
      .withArgs(end);
    expect(await w.market.sunsetAt()).to.equal(end);
    await w.at(end - 1n);
    const late = await w.post({ validUntil: 2 ** 40 - 1 });
    await w.at(end);
    await w.market.connect(w.alice).deposit(w.alice, 7);
    const request = w.request();
    const calls = [
      () => w.market.connect(w.alice).deposit(w.alice, 1),
      () => w.market.connect(w.alice).deposit(w.bob.address, 1),
      () => w.market.connect(w.requester).post(request, '0x'),
      async () => w.market.post(request, await sign(w, request)),
    ];
    for (const call of calls) {
      await expect(call()).to.be.revertedWithCustomError(w.market, 'MarketClosing').withArgs(end);
    }
    // What was posted goes its way, and what is anybody's can be had.
    await w.market.connect(w.executor).claimExecution(w.executor, late);
    await w.market
      .connect(w.executor)
      .commitTrace(late, await w.requestId(late), TRACE, TRACE_DIGEST, OUTPUTS);
    await w.settle(
      late,
      [0, 1, 3].map((slice) => ({ slice, prover: w.alice })),
    );
    await w.market.expire(running);
    await networkHelpers.time.increase(CHALLENGE_SECONDS);
    await w.market.finalize(late);
    for (const account of w.everyone) {
      expect(await w.reservedOf(account)).to.equal(0);
      await w.market.connect(account).withdraw(await w.balanceOf(account), account.address, false);
    }
  });

  it('does not change the fee of a posted job', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.market.setFee(500);
    await networkHelpers.time.increase(FEE_DELAY);
    expect((await w.market.jobOf(jobId)).feeBps).to.equal(200);
  });

  it('answers what never changes', async () => {
    const w = await world();
    expect(await w.market.asset()).to.equal(w.addresses.asset);
    expect(await w.market.modelRegistry()).to.equal(w.addresses.modelRegistry);
    expect(await w.market.verifier()).to.equal(w.addresses.verifier);
    expect(await w.market.limits()).to.deep.equal([30n, 1n, 1n, 100_000n]);
  });
});
