import { expect } from 'chai';
import { ethers, networkHelpers } from '../support/chain.ts';
import {
  BURN,
  CHALLENGE_SECONDS,
  CloseReason,
  EXECUTION,
  JobState,
  OFFER,
  OUTPUTS,
  SliceState,
  TRACE,
  TRACE_DIGEST,
  TRACE_HASH,
  UNIT,
  createWorld,
  world,
} from '../support/world.ts';
import type { World } from '../support/world.ts';

const { bidWindow, proveSeconds, maxUnitPrice, settleTip } = OFFER;
/** Slice 0 is required, one of 1 and 3 is drawn. */
const AUDITED = { required: 1n, audits: 1 };
/** What the escrow of such a job is: slice 0, the dearer of the others, two tips. */
const PROOFS = (3n + 7n) * maxUnitPrice + 2n * settleTip;
const BOND = PROOFS + EXECUTION.maxPrice;

/** EIP-2935's contract, which answers with the hashes of the last 8,191 blocks. */
const HISTORY = '0x0000F90827F1C53a10cb7A02335B175320002935';
const HISTORY_CODE =
  '0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257' +
  '611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500';

/** Draws a job's audits; which slice it was. */
async function drawn(w: World, jobId: string): Promise<number> {
  await networkHelpers.mine(1);
  await w.market.connect(w.outsider).draw(jobId);
  const { audited } = await w.market.jobOf(jobId);
  return [1, 3].find((slice) => audited === 1n << BigInt(slice)) ?? -1;
}

async function proveOn(w: World, jobId: string, slices: readonly number[]): Promise<void> {
  await w.settle(
    jobId,
    slices.map((slice) => ({ slice, prover: w.bob })),
  );
}

describe('SliceMarket: draw', () => {
  it('escrows the dearest candidates, and pays back what was not drawn', async () => {
    const w = await world();
    const before = await w.balanceOf(w.requester);
    const jobId = await w.postTraced(AUDITED);
    expect(before - (await w.balanceOf(w.requester))).to.equal(PROOFS);
    const slice = await drawn(w, jobId);
    await proveOn(w, jobId, [0, slice]);
    await w.market.finalize(jobId);
    const job = await w.market.jobOf(jobId);
    expect([job.state, job.settledCount, job.dueCount]).to.deep.equal([JobState.Finalized, 2n, 2n]);
    const paid = await w.market.queryFilter(w.market.filters.SlicesSettled(jobId));
    const spent = paid.reduce((sum, { args }) => sum + args.price + args.tip, 0n);
    expect(before - (await w.balanceOf(w.requester))).to.equal(spent);
  });

  it('draws by the hash of the block after the trace, and not before that block is over', async () => {
    const w = await world();
    const jobId = await w.postExecuted(AUDITED);
    const anchor = BigInt(await ethers.provider.getBlockNumber()) + 1n;
    expect((await w.market.jobOf(jobId)).drawAnchor).to.equal(anchor);
    await expect(w.market.draw(jobId))
      .to.be.revertedWithCustomError(w.market, 'DrawTooEarly')
      .withArgs(jobId, anchor);
    await networkHelpers.mine(1);
    const block = await ethers.provider.getBlock(Number(anchor));
    const seed = ethers.keccak256(ethers.concat([block?.hash ?? '', jobId]));
    const word = BigInt(ethers.keccak256(ethers.concat([seed, ethers.toBeHex(0, 32)])));
    const slice = [1, 3][Number(word % 2n)];
    await expect(w.market.connect(w.outsider).draw(jobId))
      .to.emit(w.market, 'AuditsDrawn')
      .withArgs(jobId, 1n << BigInt(slice), anchor, block?.hash);
    await expect(w.market.draw(jobId))
      .to.be.revertedWithCustomError(w.market, 'NothingToDraw')
      .withArgs(jobId);
  });

  it('draws every candidate sooner or later, and only candidates', async () => {
    const w = await world();
    const seen = new Set<number>();
    for (let i = 0; i < 12; i++) {
      await networkHelpers.mine(1 + i);
      seen.add(await drawn(w, await w.postTraced(AUDITED)));
    }
    expect([...seen].sort()).to.deep.equal([1, 3]);
    const both = await w.postTraced({ required: 1n, audits: 2 });
    await networkHelpers.mine(1);
    await w.market.draw(both);
    expect((await w.market.jobOf(both)).audited).to.equal(0b1010n);
  });

  it('is for jobs with a trace that ask for it', async () => {
    const w = await world();
    const plain = await w.postTraced();
    await expect(w.market.draw(plain))
      .to.be.revertedWithCustomError(w.market, 'NothingToDraw')
      .withArgs(plain);
    const posted = await w.post(AUDITED);
    await expect(w.market.draw(posted))
      .to.be.revertedWithCustomError(w.market, 'WrongJobState')
      .withArgs(posted, JobState.Posted);
  });

  it("starts the drawn slice's price at the draw, and takes bids on it from then on", async () => {
    const w = await world();
    const jobId = await w.postTraced(AUDITED);
    const { tracedAt } = await w.market.jobOf(jobId);
    expect(
      await w.market.connect(w.alice).bid.staticCall(w.alice, jobId, TRACE_HASH, 0b1010n, UNIT),
    ).to.equal(0);
    await w.at(tracedAt + 150n);
    const slice = await drawn(w, jobId);
    const mask = 1n << BigInt(slice);
    const { drawnAt } = await w.market.jobOf(jobId);
    await w.at(drawnAt + 50n);
    const most = 2n * UNIT;
    await w.market.connect(w.bob).deposit(w.bob, 1);
    expect((await w.market.sliceOf(jobId, slice)).price).to.equal((slice === 1 ? 5n : 7n) * most);
    const { alice } = w;
    await w.at(drawnAt + 51n);
    await expect(w.market.connect(alice).bid(alice, jobId, TRACE_HASH, mask, most + UNIT)).not.to.emit(
      w.market,
      'BidPlaced',
    );
    await w.at(drawnAt + 52n);
    await expect(w.market.connect(alice).bid(alice, jobId, TRACE_HASH, mask, most)).to.emit(
      w.market,
      'BidPlaced',
    );
  });

  it('holds a job up until it happened: finalize needs the draw', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ ...AUDITED, challengeSeconds: 0 });
    await proveOn(w, jobId, [0]);
    await expect(w.market.finalize(jobId))
      .to.be.revertedWithCustomError(w.market, 'AuditsNotDrawn')
      .withArgs(jobId);
    const slice = await drawn(w, jobId);
    await expect(w.market.finalize(jobId))
      .to.be.revertedWithCustomError(w.market, 'SlicesUnproved')
      .withArgs(jobId, 1, 2);
    await proveOn(w, jobId, [slice]);
    await expect(w.market.finalize(jobId)).to.emit(w.market, 'JobFinalized');
  });

  it('can be made for 256 blocks, for 8,191 where the chain has their hashes, and no longer', async () => {
    const w = await world();
    const jobId = await w.postTraced(AUDITED);
    const { drawAnchor } = await w.market.jobOf(jobId);
    await networkHelpers.mineUpTo(drawAnchor + 256n);
    await expect(w.market.draw.staticCall(jobId)).not.to.revert(ethers);
    await networkHelpers.mineUpTo(drawAnchor + 257n);
    const missed = () =>
      expect(w.market.draw.staticCall(jobId))
        .to.be.revertedWithCustomError(w.market, 'DrawMissed')
        .withArgs(jobId, drawAnchor);
    await missed();
    // Hardhat's chain has no EIP-2935; this is its contract, with what it keeps of the block.
    await networkHelpers.setCode(HISTORY, HISTORY_CODE);
    await networkHelpers.setStorageAt(HISTORY, drawAnchor % 8_191n, ethers.id('hash of the block'));
    await networkHelpers.mineUpTo(drawAnchor + 8_191n);
    await expect(w.market.draw.staticCall(jobId)).not.to.revert(ethers);
    await networkHelpers.mineUpTo(drawAnchor + 8_192n);
    await missed();
  });

  it('leaves the executor in default when nobody made it, though all that was required is proved', async () => {
    const w = await world();
    const jobId = await w.postExecuted(AUDITED);
    await proveOn(w, jobId, [0]);
    const { closing, initialEscrow, escrow } = await w.market.jobOf(jobId);
    await w.at(closing);
    await expect(w.market.expire(jobId))
      .to.be.revertedWithCustomError(w.market, 'JobStillOpen')
      .withArgs(jobId, closing);
    const spent = initialEscrow - escrow;
    const rest = BOND - spent;
    await w.at(closing + 1n);
    await expect(w.market.connect(w.outsider).expire(jobId))
      .to.emit(w.market, 'BondForfeited')
      .withArgs(jobId, w.executor.address, spent, rest / 10n, rest - rest / 10n, w.outsider.address);
    expect(await w.reservedOf(w.executor)).to.equal(0);
  });

  it('only refunds a requester that brought the trace itself', async () => {
    const w = await world();
    const jobId = await w.postTraced(AUDITED);
    const { closing } = await w.market.jobOf(jobId);
    await w.at(closing + 1n);
    await expect(w.market.expire(jobId))
      .to.emit(w.market, 'JobClosed')
      .withArgs(jobId, CloseReason.Expired, PROOFS, 0, 0, 0);
  });

  it('binds an executor after a cancel too: drawn slices keep their time, and unproved they cost the bond', async () => {
    const w = await world();
    const jobId = await w.postExecuted(AUDITED);
    await w.market.connect(w.requester).cancel(jobId);
    const slice = await drawn(w, jobId);
    const { cancelEnd, deadline } = await w.market.jobOf(jobId);
    expect(cancelEnd).to.be.lessThan(deadline);
    const mask = 1n << BigInt(slice);
    expect(
      await w.market.connect(w.alice).bid.staticCall(w.alice, jobId, TRACE_HASH, mask | 1n, UNIT),
    ).to.equal(mask);
    await w.at(cancelEnd + 1n);
    await expect(w.market.expire(jobId))
      .to.be.revertedWithCustomError(w.market, 'JobStillOpen')
      .withArgs(jobId, deadline);
    await w.at(deadline + 1n);
    await expect(w.market.expire(jobId)).to.emit(w.market, 'BondForfeited');
  });
});

describe('SliceMarket: challenge', () => {
  const delay = (weight: bigint) => weight * maxUnitPrice;
  /** What a challenger reserves: the slice's highest price, once for the proof and once for those who wait, and a tip. */
  const price = (weight: bigint) => 2n * delay(weight) + settleTip;

  /** A world whose keys the requester, or the model's publisher, registered. */
  async function worldOf(registrant: 'requester' | 'publisher'): Promise<World> {
    return createWorld({}, undefined, registrant);
  }

  it('makes a slice due, reserves its highest price twice and a tip, and gives it time', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n });
    const { tracedAt, deadline } = await w.market.jobOf(jobId);
    await w.at(tracedAt + BigInt(CHALLENGE_SECONDS));
    await expect(w.market.connect(w.alice).challenge(jobId, 3))
      .to.emit(w.market, 'SliceChallenged')
      .withArgs(jobId, 3, w.alice.address, price(7n), deadline);
    expect(await w.reservedOf(w.alice)).to.equal(price(7n));
    const job = await w.market.jobOf(jobId);
    expect([job.due, job.dueCount, job.challenged]).to.deep.equal([0b1001n, 2n, 0b1000n]);
    const slice = await w.market.sliceOf(jobId, 3);
    expect([slice.due, slice.challenger, slice.state]).to.deep.equal([
      true,
      w.alice.address,
      SliceState.Open,
    ]);
  });

  it('moves the deadline so that there is time for a bid and two proofs, and never earlier', async () => {
    const w = await world();
    const jobSeconds = OFFER.rampSeconds + bidWindow + 2 * proveSeconds;
    const jobId = await w.postExecuted({ required: 1n, jobSeconds, challengeSeconds: jobSeconds });
    const { tracedAt, deadline } = await w.market.jobOf(jobId);
    await w.at(tracedAt + 1n);
    await expect(w.market.challenge(jobId, 1)).to.be.revertedWithCustomError(w.market, 'InsufficientBalance');
    await w.at(tracedAt + 10n);
    await expect(w.market.connect(w.alice).challenge(jobId, 1))
      .to.emit(w.market, 'SliceChallenged')
      .withArgs(jobId, 1, w.alice.address, price(5n), deadline);
    await w.at(deadline);
    const later = deadline + BigInt(bidWindow + 2 * proveSeconds);
    await expect(w.market.connect(w.alice).challenge(jobId, 3))
      .to.emit(w.market, 'SliceChallenged')
      .withArgs(jobId, 3, w.alice.address, price(7n), later);
    expect((await w.market.jobOf(jobId)).deadline).to.equal(later);
  });

  it('is taken to the last second of its time, once a slice, for slices that can be proved and are not due', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n });
    const { tracedAt } = await w.market.jobOf(jobId);
    const end = tracedAt + BigInt(CHALLENGE_SECONDS);
    const alice = w.market.connect(w.alice);
    for (const slice of [0n, 2n, 4n, 255n, 256n, 2n ** 255n]) {
      await expect(alice.challenge(jobId, slice))
        .to.be.revertedWithCustomError(w.market, 'SliceNotChallengeable')
        .withArgs(jobId, slice);
    }
    await w.at(end - 1n);
    await alice.challenge(jobId, 1);
    await w.at(end);
    await expect(alice.challenge(jobId, 1))
      .to.be.revertedWithCustomError(w.market, 'SliceNotChallengeable')
      .withArgs(jobId, 1);
    await w.at(end + 1n);
    await expect(alice.challenge(jobId, 3))
      .to.be.revertedWithCustomError(w.market, 'ChallengeTooLate')
      .withArgs(jobId, end);
  });

  it('is for jobs that a node executed, while they run, and offer it', async () => {
    const w = await world();
    const alice = w.market.connect(w.alice);
    const own = await w.postTraced({ required: 1n });
    await expect(alice.challenge(own, 1))
      .to.be.revertedWithCustomError(w.market, 'NotChallengeable')
      .withArgs(own);
    const closed = await w.postExecuted({ required: 1n, challengeSeconds: 0 });
    const { tracedAt } = await w.market.jobOf(closed);
    await expect(alice.challenge(closed, 1))
      .to.be.revertedWithCustomError(w.market, 'ChallengeTooLate')
      .withArgs(closed, tracedAt);
    // A single second is one.
    const short = await w.postExecuted({ required: 1n, challengeSeconds: 1 });
    await w.at((await w.market.jobOf(short)).tracedAt + 1n);
    await alice.challenge(short, 1);
    const posted = await w.post({ required: 1n });
    await expect(alice.challenge(posted, 1))
      .to.be.revertedWithCustomError(w.market, 'WrongJobState')
      .withArgs(posted, JobState.Posted);
  });

  it('pays for a proof by its bond, at the ramp from the challenge on, and those who waited, and returns the rest', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n });
    const { tracedAt, escrow } = await w.market.jobOf(jobId);
    const before = await w.balanceOf(w.alice);
    await w.at(tracedAt + 20n);
    await w.market.connect(w.alice).challenge(jobId, 3);
    const args = await w.settlement([{ jobId, slice: 3, prover: w.bob }]);
    await w.at(tracedAt + 20n + 50n);
    const cost = 7n * 2n * UNIT + settleTip;
    const waited = await Promise.all([w.executor, w.requester].map(w.balanceOf));
    await expect(w.market.connect(w.settler).settle(...args))
      .to.emit(w.market, 'ChallengeProved')
      .withArgs(jobId, 3, w.alice.address, price(7n), price(7n) - cost - delay(7n), delay(7n));
    expect(before - (await w.balanceOf(w.alice))).to.equal(cost + delay(7n));
    for (const [i, account] of [w.executor, w.requester].entries()) {
      expect((await w.balanceOf(account)) - waited[i]).to.equal(delay(7n) / 2n);
    }
    expect(await w.reservedOf(w.alice)).to.equal(0);
    expect((await w.market.jobOf(jobId)).escrow).to.equal(escrow);
  });

  it('left unproved costs the executor its bond, of which the challenger has its share', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n });
    await w.market.connect(w.alice).challenge(jobId, 3);
    await w.market.connect(w.bob).challenge(jobId, 1);
    await proveOn(w, jobId, [0, 1]);
    const { initialEscrow, escrow, bond, closing } = await w.market.jobOf(jobId);
    const before = await w.balanceOf(w.alice);
    const spent = initialEscrow - escrow;
    const rest = bond - spent;
    await w.at(closing + 1n);
    const sent = w.market.connect(w.outsider).expire(jobId);
    await expect(sent)
      .to.emit(w.market, 'ChallengeUnproved')
      .withArgs(jobId, 3, w.alice.address, price(7n), rest / 5n);
    await expect(sent)
      .to.emit(w.market, 'BondForfeited')
      .withArgs(
        jobId,
        w.executor.address,
        spent,
        rest / 10n,
        rest - rest / 10n - rest / 5n,
        w.outsider.address,
      );
    expect((await w.balanceOf(w.alice)) - before).to.equal(price(7n) + rest / 5n);
    expect(await w.balanceOf(BURN)).to.equal(rest - rest / 10n - rest / 5n);
    for (const account of [w.alice, w.bob, w.executor]) expect(await w.reservedOf(account)).to.equal(0);
  });

  it('returns the bonds of all unproved slices, the first among them', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 0b10n });
    await w.market.connect(w.alice).challenge(jobId, 0);
    await w.market.connect(w.bob).challenge(jobId, 3);
    const { initialEscrow, escrow, bond, closing } = await w.market.jobOf(jobId);
    const share = (bond - (initialEscrow - escrow)) / 5n / 2n;
    await w.at(closing + 1n);
    const sent = w.market.expire(jobId);
    for (const [slice, challenger, weight] of [
      [0, w.alice, 3n],
      [3, w.bob, 7n],
    ] as const) {
      await expect(sent)
        .to.emit(w.market, 'ChallengeUnproved')
        .withArgs(jobId, slice, challenger.address, price(weight), share);
      expect(await w.reservedOf(challenger)).to.equal(0);
    }
  });

  it('waits for the draw, which may take the slice by itself', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n, audits: 1 });
    await expect(w.market.connect(w.alice).challenge(jobId, 1))
      .to.be.revertedWithCustomError(w.market, 'AuditsNotDrawn')
      .withArgs(jobId);
    const slice = await drawn(w, jobId);
    await expect(w.market.connect(w.alice).challenge(jobId, slice))
      .to.be.revertedWithCustomError(w.market, 'SliceNotChallengeable')
      .withArgs(jobId, slice);
    await w.market.connect(w.alice).challenge(jobId, slice === 1 ? 3 : 1);
    const { due, audited, challenged } = await w.market.jobOf(jobId);
    expect([due, audited | challenged]).to.deep.equal([0b1011n, 0b1010n]);
  });

  it('gives its share to nobody where requester or publisher registered the key', async () => {
    for (const registrant of ['requester', 'publisher'] as const) {
      const w = await worldOf(registrant);
      const jobId = await w.postExecuted({ required: 1n });
      await w.market.connect(w.alice).challenge(jobId, 3);
      const before = await w.balanceOf(w.alice);
      const { bond, closing } = await w.market.jobOf(jobId);
      await w.at(closing + 1n);
      const sent = w.market.connect(w.outsider).expire(jobId);
      await expect(sent)
        .to.emit(w.market, 'ChallengeUnproved')
        .withArgs(jobId, 3, w.alice.address, price(7n), 0);
      await expect(sent)
        .to.emit(w.market, 'BondForfeited')
        .withArgs(jobId, w.executor.address, 0, bond / 10n, bond - bond / 10n, w.outsider.address);
      expect((await w.balanceOf(w.alice)) - before).to.equal(price(7n));
    }
  });

  it('gives an executor that challenges itself, and ends its own job, nothing of its bond', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n });
    await w.market.connect(w.executor).challenge(jobId, 3);
    const before = await w.balanceOf(w.executor);
    const { bond, closing } = await w.market.jobOf(jobId);
    await w.at(closing + 1n);
    await expect(w.market.connect(w.executor).expire(jobId))
      .to.emit(w.market, 'BondForfeited')
      .withArgs(jobId, w.executor.address, 0, 0, bond, w.executor.address);
    expect((await w.balanceOf(w.executor)) - before).to.equal(price(7n));
    expect(await w.balanceOf(BURN)).to.equal(bond);
  });

  it('can be made on a cancelled job, which does not close before the time for it is over', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n, challengeSeconds: 200 });
    await w.market.connect(w.requester).cancel(jobId);
    const { tracedAt, cancelEnd, closing } = await w.market.jobOf(jobId);
    expect(closing).to.equal(tracedAt + 200n);
    await w.at(cancelEnd + 1n);
    await expect(w.market.expire(jobId))
      .to.be.revertedWithCustomError(w.market, 'JobStillOpen')
      .withArgs(jobId, closing);
    await w.market.connect(w.alice).challenge(jobId, 1);
    const { deadline } = await w.market.jobOf(jobId);
    await w.at(deadline + 1n);
    await expect(w.market.expire(jobId)).to.emit(w.market, 'ChallengeUnproved');
  });

  it('has its share of the bond of a requester that executed its own job, which keeps the rest', async () => {
    const w = await world();
    const jobId = await w.post({ required: 1n });
    await w.market.connect(w.requester).claimExecution(w.requester, jobId);
    await w.market
      .connect(w.requester)
      .commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS);
    const before = await w.balanceOf(w.alice);
    await w.market.connect(w.alice).challenge(jobId, 1);
    await proveOn(w, jobId, [0]);
    const { closing, bond } = await w.market.jobOf(jobId);
    await w.at(closing + 1n);
    const sent = w.market.connect(w.outsider).expire(jobId);
    await expect(sent)
      .to.emit(w.market, 'ChallengeUnproved')
      .withArgs(jobId, 1, w.alice.address, price(5n), bond / 5n);
    await expect(sent)
      .to.emit(w.market, 'BondForfeited')
      .withArgs(jobId, w.requester.address, bond - bond / 5n, 0, 0, w.outsider.address);
    expect((await w.balanceOf(w.alice)) - before).to.equal(bond / 5n);
    expect(await w.reservedOf(w.requester)).to.equal(0);
  });

  it('costs a requester that executed its own job nothing where nobody challenged', async () => {
    const w = await world();
    const before = await w.balanceOf(w.requester);
    const jobId = await w.post({ required: 1n });
    await w.market.connect(w.requester).claimExecution(w.requester, jobId);
    await w.market
      .connect(w.requester)
      .commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS);
    const { closing } = await w.market.jobOf(jobId);
    await w.at(closing + 1n);
    await expect(w.market.connect(w.outsider).expire(jobId)).not.to.emit(w.market, 'BondForfeited');
    expect(await w.balanceOf(w.requester)).to.equal(before);
  });

  it('has its slice held, lapsed and raised like any other, by what the first offer was', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n, jobSeconds: 2_000 });
    await w.market.connect(w.alice).challenge(jobId, 3);
    await w.market.connect(w.requester).raiseOffer(jobId, 100n * UNIT);
    await w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 0b1000n, UNIT);
    const { lockEnd, collateral, maxPrice } = await w.market.sliceOf(jobId, 3);
    expect([collateral, maxPrice]).to.deep.equal([14n * maxUnitPrice, 7n * maxUnitPrice]);
    await w.at(lockEnd + 1n);
    await w.market.connect(w.outsider).slash(jobId, 0b1000n);
    const before = await w.balanceOf(w.settler);
    await w.settle(jobId, [{ slice: 3, prover: w.settler }], w.settler);
    const raise = collateral - collateral / 2n - collateral / 10n;
    const gain = 7n * UNIT - (7n * UNIT * 200n) / 10_000n + raise + settleTip;
    expect((await w.balanceOf(w.settler)) - before).to.equal(gain);
    expect(await w.reservedOf(w.alice)).to.equal(0);
  });
});
