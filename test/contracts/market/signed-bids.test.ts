import { expect } from 'chai';
import { signBid } from '../../../protocol/contracts/signed-bid.ts';
import { SigningWallet__factory } from '../../../protocol/contracts/generated/index.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import { listed } from '../support/lists.ts';
import {
  BidRefusal,
  bidOf,
  deploymentOf,
  FREE_LIMITS,
  signedBid,
  type SignedBid,
} from '../support/signing.ts';
import {
  EXECUTION,
  OFFER,
  OUTPUTS,
  PROVABLE,
  TRACE,
  TRACE_DIGEST,
  UNIT,
  world,
  type World,
} from '../support/world.ts';

const { bidWindow, proveSeconds, maxUnitPrice } = OFFER;
/** Collateral of a slice of weight one. */
const EACH = 2n * maxUnitPrice;

/** Brings bids as somebody who has no part in them. */
function bring(w: World, ...bids: readonly SignedBid[]) {
  return w.market.connect(w.outsider).bidSigned([...bids]);
}

/** That a bid alone takes nothing, and why it is told. */
async function refuses(w: World, bid: SignedBid, reason: bigint): Promise<void> {
  expect(await w.market.bidSigned.staticCall([bid])).to.deep.equal([0n]);
  await expect(bring(w, bid))
    .to.emit(w.market, 'SignedBidRefused')
    .withArgs(bid.jobId, bid.prover, bid.signer, bid.nonce, reason);
}

describe('SliceMarket: bidSigned', () => {
  it('takes what bid takes, with the balance of who signed, whoever brings it', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const { tracedAt } = await w.market.jobOf(jobId);
    const bid = await signedBid(w, w.alice, { jobId, slices: 0b1001n, nonce: 7n });
    expect(await w.market.bidSigned.staticCall([bid])).to.deep.equal([0b1001n]);
    const before = await w.balanceOf(w.outsider);
    const time = tracedAt + 10n;
    const windowEnd = time + BigInt(bidWindow);
    await w.at(time);
    const sent = bring(w, bid);
    await expect(sent)
      .to.emit(w.market, 'BidPlaced')
      .withArgs(
        jobId,
        w.alice.address,
        0,
        0b1001n,
        UNIT,
        10n * EACH,
        windowEnd,
        windowEnd + BigInt(proveSeconds),
        ethers.ZeroAddress,
      );
    await expect(sent).to.emit(w.market, 'NonceUsed').withArgs(w.alice.address, 7);
    expect(await w.reservedOf(w.alice)).to.equal(10n * EACH);
    expect(await w.balanceOf(w.outsider)).to.equal(before);
    expect(await w.market.isNonceUsed(w.alice.address, 7)).to.equal(true);
    // The hold is alice's in every way: her proofs settle it.
    await networkHelpers.time.increase(bidWindow + 1);
    await w.settle(
      jobId,
      [
        { slice: 0, prover: w.alice },
        { slice: 3, prover: w.alice },
      ],
      w.settler,
    );
    expect(await w.reservedOf(w.alice)).to.equal(0);
    expect(await w.market.recordOf(w.alice.address)).to.equal(2);
  });

  it('brings bids of several provers on several jobs, each after the one before', async () => {
    const w = await world();
    const first = await w.postTraced();
    const second = await w.postTraced();
    const bids = [
      await signedBid(w, w.alice, { jobId: first, slices: PROVABLE }),
      await signedBid(w, w.bob, { jobId: first, slices: 0b10n, unitPrice: UNIT / 2n }),
      await signedBid(w, w.bob, { jobId: second, slices: 0b1n, nonce: 1n }),
    ];
    expect(await w.market.bidSigned.staticCall(bids)).to.deep.equal([PROVABLE, 0b10n, 0b1n]);
    await expect(bring(w, ...bids))
      .to.emit(w.market, 'BidPlaced')
      .withArgs(first, w.bob.address, 1, 0b10n, UNIT / 2n, 5n * EACH, anything, anything, w.alice.address);
    expect(await w.reservedOf(w.alice)).to.equal(10n * EACH);
    expect(await w.reservedOf(w.bob)).to.equal(8n * EACH);
  });

  it('tells of one that takes nothing, and why, and brings the others all the same', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const time = (await w.market.jobOf(jobId)).tracedAt + 10n;
    const forged = { ...(await signedBid(w, w.alice, { jobId, slices: 1n })), unitPrice: 1n };
    const good = await signedBid(w, w.bob, { jobId, slices: 1n });
    const late = await signedBid(w, w.settler, { jobId, slices: 0b10n, validUntil: time - 1n });
    await w.at(time);
    const sent = bring(w, forged, good, late);
    await expect(sent)
      .to.emit(w.market, 'SignedBidRefused')
      .withArgs(jobId, w.alice.address, w.alice.address, 0, BidRefusal.InvalidSignature);
    await expect(sent)
      .to.emit(w.market, 'SignedBidRefused')
      .withArgs(jobId, w.settler.address, w.settler.address, 0, BidRefusal.Outdated);
    expect((await w.market.sliceOf(jobId, 0)).holder).to.equal(w.bob.address);
    await expect(w.market.bidSigned([])).to.be.revertedWithCustomError(w.market, 'NothingNamed');
  });

  it('counts to the last second of its validity, and no longer', async () => {
    const w = await world();
    for (const late of [0n, 1n]) {
      const jobId = await w.postTraced();
      const validUntil = (await w.market.jobOf(jobId)).tracedAt + 10n;
      const bid = await signedBid(w, w.alice, { jobId, nonce: late, validUntil });
      await w.at(validUntil + late);
      await expect(bring(w, bid)).to.emit(w.market, late === 0n ? 'BidPlaced' : 'SignedBidRefused');
    }
  });

  it('leaves the nonce of a bid that took nothing as it was: it may be brought when its price has come', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const bid = await signedBid(w, w.alice, { jobId, slices: 1n, unitPrice: 2n * UNIT });
    await refuses(w, bid, BidRefusal.NothingToTake);
    expect(await w.market.isNonceUsed(w.alice.address, 0)).to.equal(false);
    await networkHelpers.time.increase(OFFER.rampSeconds);
    await expect(bring(w, bid)).to.emit(w.market, 'BidPlaced');
    await refuses(w, bid, BidRefusal.NonceUsed);
  });

  it('has nothing to take of a job that there is not, has no trace, or another, and is not let into one that does not admit the prover', async () => {
    const w = await world();
    const posted = await w.post();
    const traced = await w.postTraced();
    const closed = await w.postTraced({ admission: await listed(w, [w.alice], { excluded: true }) });
    for (const change of [
      { jobId: ethers.id('none') },
      { jobId: posted },
      { jobId: traced, traceHash: ethers.id('another') },
      { jobId: traced, slices: 0b100n },
      { jobId: traced, slices: 0n },
    ]) {
      await refuses(w, await signedBid(w, w.alice, change), BidRefusal.NothingToTake);
    }
    await refuses(w, await signedBid(w, w.alice, { jobId: closed }), BidRefusal.NotAdmitted);
  });

  it('counts only with the collateral of all that it names and that is due and unproved', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const { balance } = await w.market.accountOf(w.alice.address);
    await w.market.connect(w.alice).withdraw(balance - 15n * EACH + 1n, w.alice.address, false);
    await refuses(w, await signedBid(w, w.alice, { jobId, slices: PROVABLE }), BidRefusal.TooLittleFree);
    // What has no circuit, or isn't due, costs nothing.
    const some = await signedBid(w, w.alice, { jobId, slices: 0b1101n });
    await expect(bring(w, some)).to.emit(w.market, 'BidPlaced');
    expect(await w.reservedOf(w.alice)).to.equal(10n * EACH);
    // The next one counts with what the last has left.
    const other = await signedBid(w, w.alice, { jobId, slices: 0b10n, nonce: 1n });
    await refuses(w, other, BidRefusal.TooLittleFree);
    await w.market.connect(w.bob).deposit(w.alice.address, 1n);
    await expect(bring(w, other)).to.emit(w.market, 'BidPlaced');
  });

  it("is an operator's within the limits that its account set it, and nobody else's", async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const bid = (slices: bigint, nonce: bigint) =>
      signedBid(w, w.outsider, { jobId, slices, nonce, prover: w.alice.address });
    await refuses(w, await bid(1n, 0n), BidRefusal.NotOperator);
    // The sums of what is reserved and staked may come up to their limits, and not above.
    for (const [maxReserved, maxDaily] of [
      [3n * EACH, 3n * EACH - 1n],
      [3n * EACH - 1n, 3n * EACH],
    ]) {
      await w.market.connect(w.alice).setOperator(w.outsider.address, maxReserved, maxDaily);
      await refuses(w, await bid(1n, 0n), BidRefusal.TooLittleFree);
    }
    await w.market.connect(w.alice).setOperator(w.outsider.address, 3n * EACH, 3n * EACH);
    const sent = bring(w, await bid(1n, 0n));
    await expect(sent).to.emit(w.market, 'NonceUsed').withArgs(w.outsider.address, 0);
    expect((await w.market.operatorOf(w.alice.address, w.outsider.address)).stakedToday).to.equal(3n * EACH);
    expect(await w.reservedOf(w.alice)).to.equal(3n * EACH);
    await refuses(w, await bid(0b10n, 1n), BidRefusal.TooLittleFree);
    await w.market.connect(w.alice).setOperator(w.outsider.address, 0, 0);
    await refuses(w, await bid(0b10n, 1n), BidRefusal.NotOperator);
  });

  it('takes the word of a contract by ERC-1271, for itself and as an operator', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const wallet = await new SigningWallet__factory(w.owner).deploy(w.bob.address);
    const prover = await wallet.getAddress();
    await w.market.connect(w.bob).deposit(prover, 10n * EACH);
    const own = await signedBid(w, w.bob, { jobId, slices: 1n, prover, signer: prover });
    await refuses(
      w,
      await signedBid(w, w.alice, { jobId, slices: 1n, prover, signer: prover }),
      BidRefusal.InvalidSignature,
    );
    await bring(w, own);
    expect((await w.market.sliceOf(jobId, 0)).holder).to.equal(prover);
    await w.market.connect(w.alice).setOperator(prover, ...FREE_LIMITS);
    await bring(
      w,
      await signedBid(w, w.bob, { jobId, slices: 2n, nonce: 1n, prover: w.alice.address, signer: prover }),
    );
    expect((await w.market.sliceOf(jobId, 1)).holder).to.equal(w.alice.address);
  });

  it('is stopped by its signer, whose requests have the same nonces', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    // Neighbours of one word, and of the next: none stops another.
    for (const nonce of [255n, 256n, 2n ** 256n - 1n]) await w.market.connect(w.alice).cancelNonce(nonce);
    for (const nonce of [255n, 256n, 2n ** 256n - 1n]) {
      await refuses(w, await signedBid(w, w.alice, { jobId, nonce }), BidRefusal.NonceUsed);
    }
    await expect(bring(w, await signedBid(w, w.alice, { jobId, nonce: 254n }))).to.emit(
      w.market,
      'BidPlaced',
    );
    expect(await w.market.isNonceUsed(w.alice.address, 257)).to.equal(false);
    expect(await w.market.isNonceUsed(w.bob.address, 255)).to.equal(false);
  });

  it('is what the library signs', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const bid = await signBid(w.alice, deploymentOf(w), bidOf(w.alice, { jobId }));
    expect(bid).to.deep.equal(await signedBid(w, w.alice, { jobId }));
    await expect(bring(w, bid)).to.emit(w.market, 'BidPlaced');
  });

  it('and settling take two transactions of a job of one slice, for who brings its trace', async () => {
    const w = await world();
    const jobId = await w.post({ required: 1n, challengeSeconds: 0, offer: { ...OFFER, bidWindow: 0 } });
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    const bid = await signedBid(w, w.executor, { jobId, slices: 1n });
    const { market } = w;
    const traced = market.interface.encodeFunctionData('commitTrace', [
      jobId,
      await w.requestId(jobId),
      TRACE,
      TRACE_DIGEST,
      OUTPUTS,
    ]);
    const bids = market.interface.encodeFunctionData('bidSigned', [[bid]]);
    await market.connect(w.executor).multicall([traced, bids]);
    const held = await market.sliceOf(jobId, 0);
    expect(held.holder).to.equal(w.executor.address);
    const proofs = await w.settlement([{ jobId, slice: 0, prover: w.executor, bid: 0 }], w.executor);
    const settled = market.interface.encodeFunctionData('settle', [...proofs]);
    const ended = market.interface.encodeFunctionData('finalize', [jobId]);
    await expect(market.connect(w.executor).multicall([settled, ended])).to.emit(market, 'JobFinalized');
    expect((await market.jobOf(jobId)).executionPrice).to.be.within(EXECUTION.minPrice, EXECUTION.maxPrice);
  });
});

/** For arguments that another test looks at. */
function anything(): boolean {
  return true;
}
