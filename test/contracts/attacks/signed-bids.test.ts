import { expect } from 'chai';
import { SIGNED_BID_TYPES } from '../../../protocol/contracts/signed-bid.ts';
import { SigningWallet__factory } from '../../../protocol/contracts/generated/index.ts';
import { ethers, networkHelpers } from '../support/chain.ts';
import {
  BidRefusal,
  bidOf,
  domainOf,
  FREE_LIMITS,
  sign,
  signedBid,
  type SignedBid,
} from '../support/signing.ts';
import { unchanged } from '../support/wealth.ts';
import { createWorld, OFFER, PROVABLE, TRACE_HASH, UNIT, world, type World } from '../support/world.ts';

/** Enough for whatever a signer does; of some, gas can't be estimated. */
const GAS = 2_000_000n;

async function gasOf(w: World, bids: SignedBid[]): Promise<bigint> {
  const sent = await w.market.connect(w.outsider).bidSigned(bids, { gasLimit: GAS });
  return (await sent.wait())?.gasUsed ?? 0n;
}

/** Brought by anybody, it takes nothing and moves nothing. */
async function useless(
  w: World,
  bid: SignedBid,
  reason: bigint = BidRefusal.InvalidSignature,
): Promise<void> {
  await unchanged(w, () =>
    expect(w.market.connect(w.outsider).bidSigned([bid], { gasLimit: GAS }))
      .to.emit(w.market, 'SignedBidRefused')
      .withArgs(bid.jobId, bid.prover, bid.signer, bid.nonce, reason),
  );
}

describe('attack: a signed bid brought to where it was not signed for', () => {
  it('another chain, market, version or name', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const other = await createWorld();
    for (const change of [
      { chainId: w.chainId + 1n },
      { verifyingContract: other.addresses.market },
      { version: '2' },
      { name: 'sliceproof' },
    ]) {
      await useless(w, await signedBid(w, w.alice, { jobId }, change));
    }
    await w.market.bidSigned([await signedBid(w, w.alice, { jobId })]);
  });

  it('another job, trace, prover, signer, or on other slices, at another price, nonce or time', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const another = await w.postTraced();
    await w.market.connect(w.bob).setOperator(w.alice.address, ...FREE_LIMITS);
    const bid = await signedBid(w, w.alice, { jobId, slices: 1n });
    for (const change of [
      { jobId: another },
      { traceHash: ethers.id('another') },
      { slices: PROVABLE },
      { unitPrice: UNIT - 1n },
      { nonce: 1n },
      { validUntil: bid.validUntil - 1n },
      { prover: w.bob.address },
      { signer: w.bob.address, prover: w.bob.address },
    ]) {
      await useless(w, { ...bid, ...change });
    }
    await expect(w.market.bidSigned([bid])).to.emit(w.market, 'BidPlaced');
  });

  it('twice: in one batch, after it was undercut, and after it lapsed', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const bid = await signedBid(w, w.alice, { jobId, slices: 1n });
    const market = w.market.connect(w.outsider);
    expect(await market.bidSigned.staticCall([bid, bid])).to.deep.equal([1n, 0n]);
    await market.bidSigned([bid, bid]);
    await w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 1n, UNIT / 2n);
    await useless(w, bid, BidRefusal.NonceUsed);
    await networkHelpers.time.increase(OFFER.bidWindow + OFFER.proveSeconds + 1);
    await w.market.slash(jobId, 1n);
    await useless(w, bid, BidRefusal.NonceUsed);
  });

  it('after its prover cancelled it, or posted a request with its nonce', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.market.connect(w.alice).cancelNonce(3);
    await useless(w, await signedBid(w, w.alice, { jobId, nonce: 3n }), BidRefusal.NonceUsed);
    const request = w.request({ nonce: 40n });
    await w.market.post(request, await sign(w, request));
    const bid = await signedBid(w, w.requester, { jobId, nonce: 40n });
    await useless(w, bid, BidRefusal.NonceUsed);
  });

  it('late: with no time left for its window and proof, or when others may not bid any more', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const bid = await signedBid(w, w.alice, { jobId });
    const { deadline } = await w.market.jobOf(jobId);
    await w.at(deadline - BigInt(OFFER.bidWindow + OFFER.proveSeconds) + 1n);
    await useless(w, bid, BidRefusal.NothingToTake);
    const cancelled = await w.postTraced();
    await w.market.connect(w.requester).cancel(cancelled);
    await useless(w, await signedBid(w, w.alice, { jobId: cancelled }), BidRefusal.NothingToTake);
  });
});

describe('attack: who signs what', () => {
  it('a malleated signature, a compact one, a message over the digest, and none', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const bid = await signedBid(w, w.alice, { jobId });
    const { r, s, v, yParityAndS } = ethers.Signature.from(bid.signature);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const high = ethers.toBeHex(order - BigInt(s), 32);
    const digest = ethers.TypedDataEncoder.hash(domainOf(w), SIGNED_BID_TYPES, bidOf(w.alice, { jobId }));
    for (const signature of [
      ethers.concat([r, high, v === 27 ? '0x1c' : '0x1b']),
      ethers.concat([r, yParityAndS]),
      await w.alice.signMessage(ethers.getBytes(digest)),
      '0x',
      ethers.concat([ethers.ZeroHash, ethers.ZeroHash, '0x1b']),
    ]) {
      await useless(w, { ...bid, signature });
      // Nobody is the address that a signature of nothing recovers to.
      await useless(w, { ...bid, signature, prover: ethers.ZeroAddress, signer: ethers.ZeroAddress });
    }
  });

  it("an operator of an operator, and the owner of a wallet in another's name", async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.market.connect(w.alice).setOperator(w.bob.address, ...FREE_LIMITS);
    await w.market.connect(w.bob).setOperator(w.outsider.address, ...FREE_LIMITS);
    const chained = await signedBid(w, w.outsider, { jobId, prover: w.alice.address });
    await useless(w, chained, BidRefusal.NotOperator);
    // Two wallets of one owner, both operators: what is signed for the one is nothing for the other.
    const wallets = await Promise.all(
      [0, 1].map(async () => (await new SigningWallet__factory(w.owner).deploy(w.bob.address)).getAddress()),
    );
    for (const wallet of wallets) await w.market.connect(w.alice).setOperator(wallet, ...FREE_LIMITS);
    const [signer, other] = wallets;
    const bid = await signedBid(w, w.bob, { jobId, slices: 1n, prover: w.alice.address, signer });
    await useless(w, { ...bid, signer: other });
    await expect(w.market.bidSigned([bid])).to.emit(w.market, 'BidPlaced');
  });

  it('a hostile contract among the signers makes nothing of the others fail, and costs little', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const good = await signedBid(w, w.alice, { jobId });
    for (const [code, most] of [
      // Runs for ever; answers 100,000 bytes; too few; another word; reverts with as much.
      ['0x5b600056', 420_000n],
      ['0x620186a06000f3', 420_000n],
      ['0x60046000f3', 250_000n],
      ['0x60206000f3', 250_000n],
      ['0x620186a06000fd', 420_000n],
    ] as const) {
      const signer = ethers.Wallet.createRandom().address;
      await networkHelpers.setCode(signer, code);
      const bad = { ...good, prover: signer, signer };
      await useless(w, bad);
      const before = await networkHelpers.takeSnapshot();
      const alone = await gasOf(w, [good]);
      await before.restore();
      expect((await gasOf(w, [bad, good])) - alone, code).to.be.below(most);
      expect((await w.market.sliceOf(jobId, 0)).holder).to.equal(w.alice.address);
      await before.restore();
    }
  });

  it('a prover that has nothing keeps nobody from a slice', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const { balance } = await w.market.accountOf(w.bob.address);
    await w.market.connect(w.bob).withdraw(balance, w.bob.address, false);
    const poor = await signedBid(w, w.bob, { jobId, unitPrice: 1n });
    const good = await signedBid(w, w.alice, { jobId });
    expect(await w.market.bidSigned.staticCall([poor, good])).to.deep.equal([0n, PROVABLE]);
    await w.market.bidSigned([poor, good]);
    // Nor does it undercut.
    await useless(w, poor, BidRefusal.TooLittleFree);
    expect((await w.market.sliceOf(jobId, 0)).holder).to.equal(w.alice.address);
  });
});
