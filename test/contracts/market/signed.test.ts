import { expect } from 'chai';
import { SigningWallet__factory, TestToken__factory } from '../../../protocol/contracts/generated/index.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { listed } from '../support/lists.ts';
import { permit } from '../support/permit.ts';
import { sign, type Request } from '../support/signing.ts';
import {
  JobState,
  OFFER,
  OUTPUTS,
  PROOFS_ESCROW,
  TRACE,
  TRACE_DIGEST,
  TRACE_HASH,
  UNIT,
  world,
} from '../support/world.ts';
import type { World } from '../support/world.ts';

/** No limit. */
const ALL = 2n ** 112n - 1n;
const DAY = 24 * 3600;

describe('SliceMarket: postSigned', () => {
  it("posts what a requester signed, with the requester's balance, by anyone", async () => {
    const w = await world();
    const before = await w.balanceOf(w.requester);
    const request = w.request({
      required: 1n,
      audits: 1,
      admission: await listed(w, [w.bob], { excluded: true }),
    });
    const jobId = await w.market.jobIdOf(request);
    const sent = w.market.connect(w.outsider).post(request, await sign(w, request));
    await expect(sent).to.emit(w.market, 'NonceUsed').withArgs(w.requester.address, request.nonce);
    await expect(sent).to.emit(w.market, 'JobPosted');
    const { state, requester, initialEscrow } = await w.market.jobOf(jobId);
    expect([state, requester]).to.deep.equal([JobState.Posted, w.requester.address]);
    expect(before - (await w.balanceOf(w.requester))).to.equal(initialEscrow);
  });

  it('knows its domain, which a wallet can ask for', async () => {
    const w = await world();
    const { name, version, chainId, verifyingContract } = await w.owned.eip712Domain();
    expect([name, version, chainId, verifyingContract]).to.deep.equal([
      'sliceproof SliceMarket',
      '1',
      w.chainId,
      w.addresses.market,
    ]);
  });

  it('takes nonces in any order, each once, and none that was cancelled', async () => {
    const w = await world();
    const [first, second] = [w.request({ nonce: 2n ** 255n }), w.request({ nonce: 7n })];
    await w.market.post(first, await sign(w, first));
    await w.market.post(second, await sign(w, second));
    const again = w.request({ nonce: 7n, jobSeconds: 500 });
    await expect(w.market.post(again, await sign(w, again)))
      .to.be.revertedWithCustomError(w.market, 'NonceAlreadyUsed')
      .withArgs(w.requester.address, 7);
    await expect(w.market.connect(w.requester).cancelNonce(8))
      .to.emit(w.market, 'NonceUsed')
      .withArgs(w.requester.address, 8);
    expect(await w.market.isNonceUsed(w.requester.address, 8)).to.equal(true);
    expect(await w.market.isNonceUsed(w.alice.address, 8)).to.equal(false);
    const cancelled = w.request({ nonce: 8n });
    await expect(w.market.post(cancelled, await sign(w, cancelled)))
      .to.be.revertedWithCustomError(w.market, 'NonceAlreadyUsed')
      .withArgs(w.requester.address, 8);
    await expect(w.market.connect(w.requester).cancelNonce(8)).to.be.revertedWithCustomError(
      w.market,
      'NonceAlreadyUsed',
    );
    // The requester itself may still post with it.
    await w.market.connect(w.requester).post(cancelled, '0x');
  });

  it('refuses a request that was changed in any field after it was signed', async () => {
    const w = await world();
    const admission = await listed(w, [w.bob]);
    const request = w.request({ required: 1n, admission });
    const signature = await sign(w, request);
    const changes: Partial<Request>[] = [
      { requester: w.alice.address },
      { nonce: 99n },
      { modelId: ethers.id('other') },
      { inputs: [TRACE[1]] },
      { inputDigest: ethers.id('other') },
      { required: 0b1001n },
      { audits: 1 },
      { contestable: 0b1001n },
      { offer: { ...OFFER, maxUnitPrice: OFFER.maxUnitPrice + 1n } },
      { execution: { ...request.execution, maxPrice: 11n * UNIT } },
      { jobSeconds: 401 },
      { challengeSeconds: 0 },
      { maxFeeBps: 499 },
      { validUntil: 2 ** 40 - 2 },
      { outputCommitmentOnly: true },
      { admission: { hook: w.addresses.market, data: ethers.ZeroHash } },
      { admission: { hook: w.addresses.admissionLists, data: ethers.id('other') } },
      { admission: { hook: ethers.ZeroAddress, data: ethers.ZeroHash } },
    ];
    for (const change of changes) {
      const changed = { ...request, ...change };
      await expect(w.market.post(changed, signature), Object.keys(change).join())
        .to.be.revertedWithCustomError(w.market, 'InvalidSignature')
        .withArgs(changed.requester);
    }
    await w.market.post(request, signature);
  });

  it("takes a contract's word by ERC-1271", async () => {
    const w = await world();
    const wallet = await new SigningWallet__factory(w.owner).deploy(w.alice.address);
    const requester = await wallet.getAddress();
    await w.market.connect(w.alice).deposit(requester, 10n * PROOFS_ESCROW);
    const request = w.request({ requester });
    await expect(w.market.post(request, await sign(w, request, w.bob)))
      .to.be.revertedWithCustomError(w.market, 'InvalidSignature')
      .withArgs(requester);
    await w.market.post(request, await sign(w, request, w.alice));
    expect((await w.market.jobOf(await w.market.jobIdOf(request))).requester).to.equal(requester);
  });
});

describe('SliceMarket: depositWithPermitFor', () => {
  async function permitted(w: World, value: bigint) {
    const deadline = 2n ** 40n;
    const { v, r, s } = await permit(w, value, deadline);
    return [deadline, v, r, s] as const;
  }

  it("takes an account's asset by its permit, brought by anyone, and by none that was used already", async () => {
    const w = await world();
    await w.token.connect(w.alice).approve(w.addresses.market, 0);
    const before = await w.balanceOf(w.alice);
    const deposit = async (value: bigint) =>
      w.market.connect(w.outsider).depositWithPermit(w.alice.address, value, ...(await permitted(w, value)));
    await expect(deposit(5n)).to.emit(w.market, 'Deposited').withArgs(w.alice.address, w.alice.address, 5);
    const [deadline, v, r, s] = await permitted(w, 6n);
    const token = TestToken__factory.connect(w.addresses.asset, w.bob);
    await token.permit(w.alice.address, w.addresses.market, 6n, deadline, v, r, s);
    // Its allowance is the account's to use now.
    await expect(w.market.connect(w.outsider).depositWithPermit(w.alice.address, 6n, deadline, v, r, s))
      .to.be.revertedWithCustomError(w.market, 'PermitRefused')
      .withArgs(w.alice.address);
    await w.market.connect(w.alice).depositWithPermit(w.alice, 6n, deadline, v, r, s);
    expect((await w.balanceOf(w.alice)) - before).to.equal(11);
  });

  it('takes nothing by an allowance that no permit gave', async () => {
    const w = await world();
    const { v, r, s } = ethers.Signature.from(await w.bob.signMessage('no permit'));
    await expect(w.market.connect(w.bob).depositWithPermit(w.alice.address, 5n, 2n ** 40n, v, r, s))
      .to.be.revertedWithCustomError(w.market, 'PermitRefused')
      .withArgs(w.alice.address);
  });
});

describe('SliceMarket: operators', () => {
  it("bid, claim and commit with the account's balance, and the account is paid", async () => {
    const w = await world();
    const hot = w.market.connect(w.outsider);
    await expect(w.market.connect(w.executor).setOperator(w.outsider.address, ALL, ALL))
      .to.emit(w.market, 'OperatorSet')
      .withArgs(w.executor.address, w.outsider.address, ALL, ALL);
    expect(await w.market.operatorOf(w.executor.address, w.outsider.address)).to.deep.equal([ALL, ALL, 0n]);
    const jobId = await w.post();
    await hot.claimExecution(w.executor.address, jobId);
    const { bond } = await w.market.jobOf(jobId);
    await expect(hot.commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS))
      .to.emit(w.market, 'TraceCommitted')
      .withArgs(
        jobId,
        w.executor.address,
        TRACE_HASH,
        TRACE_DIGEST,
        (deadline: bigint) => deadline > 0n,
        TRACE,
      );
    const { collateral } = await w.market.sliceOf(jobId, 0);
    await hot.bid(w.executor.address, jobId, TRACE_HASH, 1n, UNIT);
    expect((await w.market.sliceOf(jobId, 0)).holder).to.equal(w.executor.address);
    expect(await w.reservedOf(w.executor)).to.equal(bond + collateral);
    expect(await w.reservedOf(w.outsider)).to.equal(0);
    expect((await w.market.operatorOf(w.executor.address, w.outsider.address)).stakedToday).to.equal(
      bond + collateral,
    );
  });

  it('are nobody who was not named, and no longer who was taken back', async () => {
    const w = await world();
    const jobId = await w.post();
    const traced = await w.postTraced();
    await w.market.connect(w.executor).setOperator(w.outsider.address, ALL, ALL);
    await w.market.connect(w.executor).setOperator(w.outsider.address, ALL, 0);
    for (const [caller, account] of [
      [w.outsider, w.executor],
      [w.alice, w.executor],
      [w.executor, w.alice],
    ]) {
      const market = w.market.connect(caller);
      for (const call of [
        market.claimExecution(account.address, jobId),
        market.bid(account.address, traced, TRACE_HASH, 1n, UNIT),
      ]) {
        await expect(call)
          .to.be.revertedWithCustomError(w.market, 'NotOperator')
          .withArgs(account.address, caller.address);
      }
    }
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    await expect(
      w.market.connect(w.outsider).commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS),
    )
      .to.be.revertedWithCustomError(w.market, 'NotExecutor')
      .withArgs(jobId, w.outsider.address, w.executor.address);
    await expect(w.market.setOperator(ethers.ZeroAddress, 1, 1)).to.be.revertedWithCustomError(
      w.market,
      'ZeroAccount',
    );
  });

  it('stake no more than the account lets them, of what it has reserved and in a day', async () => {
    const w = await world();
    const hot = w.market.connect(w.outsider);
    const jobId = await w.postTraced();
    const { collateral: first } = await w.market.sliceOf(jobId, 0);
    const { collateral: second } = await w.market.sliceOf(jobId, 1);
    const bid = (slices: bigint) => hot.bid(w.alice.address, jobId, TRACE_HASH, slices, UNIT);
    const account = w.market.connect(w.alice);

    await account.setOperator(w.outsider.address, first - 1n, ALL);
    await expect(bid(1n))
      .to.be.revertedWithCustomError(w.market, 'OperatorReservesTooMuch')
      .withArgs(w.alice.address, w.outsider.address, first, first - 1n);
    await account.setOperator(w.outsider.address, ALL, first + second - 1n);
    // A day begins, and with it what may be staked.
    const day = Math.floor((await networkHelpers.time.latest()) / DAY) + 1;
    const other = await w.postTraced({ jobSeconds: 99_000 });
    await w.at(day * DAY - 1);
    const late = (slices: bigint) => hot.bid(w.alice.address, other, TRACE_HASH, slices, UNIT);
    await late(1n);
    await w.at(day * DAY);
    await late(2n);
    await expect(late(8n)).to.be.revertedWithCustomError(w.market, 'OperatorStakesTooMuch');
    const { stakedToday } = await w.market.operatorOf(w.alice.address, w.outsider.address);
    expect(stakedToday).to.equal(second);
    // The account's own bids count for neither, though they are reserved.
    await account.bid(w.alice, other, TRACE_HASH, 8n, UNIT);
    expect((await w.market.operatorOf(w.alice.address, w.outsider.address)).stakedToday).to.equal(second);
  });

  it("can't withdraw, cancel or raise what is the account's", async () => {
    const w = await world();
    await w.market.connect(w.requester).setOperator(w.outsider.address, ALL, ALL);
    const jobId = await w.postTraced();
    const hot = w.market.connect(w.outsider);
    const own = await w.balanceOf(w.outsider);
    await expect(hot.withdraw(own + 1n, w.outsider.address, false))
      .to.be.revertedWithCustomError(w.market, 'InsufficientBalance')
      .withArgs(w.outsider.address, own, own + 1n);
    for (const call of [hot.cancel(jobId), hot.raiseOffer(jobId, 100n * UNIT)]) {
      await expect(call)
        .to.be.revertedWithCustomError(w.market, 'NotRequester')
        .withArgs(w.outsider.address, w.requester.address);
    }
    await expect(hot.post(w.request(), '0x'))
      .to.be.revertedWithCustomError(w.market, 'InvalidSignature')
      .withArgs(w.requester.address);
  });
});

describe('SliceMarket: raiseOffer', () => {
  it('moves the end of the ramp for open slices and candidates of the draw, and escrows the difference', async () => {
    const w = await world();
    const jobId = await w.postTraced({ required: 0b11n, audits: 1 });
    const { tracedAt, initialEscrow } = await w.market.jobOf(jobId);
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT);
    const added = (5n + 7n) * 2n * UNIT;
    const before = await w.balanceOf(w.requester);
    await expect(w.market.connect(w.requester).raiseOffer(jobId, 5n * UNIT))
      .to.emit(w.market, 'OfferRaised')
      .withArgs(jobId, 5n * UNIT, added);
    expect(before - (await w.balanceOf(w.requester))).to.equal(added);
    const job = await w.market.jobOf(jobId);
    expect([job.initialEscrow, job.highUnitPrice, job.offer.maxUnitPrice]).to.deep.equal([
      initialEscrow + added,
      5n * UNIT,
      3n * UNIT,
    ]);
    await w.at(tracedAt + 50n);
    await w.market.connect(w.bob).deposit(w.bob, 1);
    expect(await w.market.unitPriceNow(jobId)).to.equal(3n * UNIT);
    expect((await w.market.sliceOf(jobId, 1)).price).to.equal(15n * UNIT);
    expect((await w.market.sliceOf(jobId, 0)).unitPrice).to.equal(UNIT);
    expect((await w.market.sliceOf(jobId, 0)).collateral).to.equal(6n * OFFER.maxUnitPrice);
    // At the raised price everything can be paid still.
    await w.at(tracedAt + 100n);
    await w.market.draw(jobId);
    await w.at(tracedAt + 300n);
    await w.settle(jobId, [
      { slice: 1, prover: w.bob },
      { slice: 3, prover: w.bob },
    ]);
    expect((await w.market.jobOf(jobId)).escrow).to.be.greaterThan(0n);
  });

  it('is for the requester of a job that runs, and goes up only', async () => {
    const w = await world();
    const jobId = await w.post();
    const requester = w.market.connect(w.requester);
    for (const price of [OFFER.maxUnitPrice, OFFER.maxUnitPrice - 1n]) {
      await expect(requester.raiseOffer(jobId, price))
        .to.be.revertedWithCustomError(w.market, 'OfferNotRaised')
        .withArgs(price, OFFER.maxUnitPrice);
    }
    await expect(w.market.connect(w.alice).raiseOffer(jobId, 4n * UNIT))
      .to.be.revertedWithCustomError(w.market, 'NotRequester')
      .withArgs(w.alice.address, w.requester.address);
    await requester.raiseOffer(jobId, 4n * UNIT);
    await requester.cancel(jobId);
    await expect(requester.raiseOffer(jobId, 5n * UNIT))
      .to.be.revertedWithCustomError(w.market, 'WrongJobState')
      .withArgs(jobId, JobState.Closed);
    const traced = await w.postTraced();
    await requester.cancel(traced);
    await expect(requester.raiseOffer(traced, 5n * UNIT))
      .to.be.revertedWithCustomError(w.market, 'AlreadyCancelled')
      .withArgs(traced);
    const dear = await w.postTraced();
    await expect(requester.raiseOffer(dear, 2n ** 64n - 1n)).to.be.revertedWithCustomError(
      w.market,
      'InsufficientBalance',
    );
  });

  it('lets the bond follow where the execution is claimed after it', async () => {
    const w = await world();
    const jobId = await w.post();
    await w.market.connect(w.requester).raiseOffer(jobId, 6n * UNIT);
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    const { bond, initialEscrow } = await w.market.jobOf(jobId);
    expect(bond).to.equal(initialEscrow);
    expect(initialEscrow).to.equal(PROOFS_ESCROW + 15n * 3n * UNIT + 10n * UNIT);
  });
});
