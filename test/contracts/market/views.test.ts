import { expect } from 'chai';
import type { Result } from 'ethers';
import { ethers, networkHelpers } from '../support/chain.ts';
import { listed } from '../support/lists.ts';
import {
  CHALLENGE_SECONDS,
  EXECUTION,
  JOB_SECONDS,
  JobState,
  NO_EXECUTION,
  OFFER,
  PROOFS_ESCROW,
  SliceState,
  TRACE,
  TRACE_DIGEST,
  TRACE_HASH,
  UNIT,
  world,
} from '../support/world.ts';
import type { World } from '../support/world.ts';

const { bidWindow, proveSeconds, maxUnitPrice, collateralBps } = OFFER;

const offerOf = (offer: object): object =>
  Object.fromEntries(Object.entries(offer).map(([name, value]) => [name, BigInt(value as bigint)]));

/** The time of the newest block. */
const now = async (): Promise<bigint> => BigInt(await networkHelpers.time.latest());

/** A job that nobody but one slice was asked of, drawn from the others. */
async function drawnOf(w: World, jobId: string): Promise<bigint> {
  await networkHelpers.mine(1);
  await w.market.draw(jobId);
  return (await w.market.jobOf(jobId)).audited;
}

describe('SliceMarket: jobOf', () => {
  it('shows every term as it was posted, and what can be reckoned from them', async () => {
    const w = await world();
    const admission = await listed(w, [w.alice], { excluded: true, minRecord: 2 });
    const wanted = w.request({ required: 0b1000n, audits: 1, admission });
    await w.market.connect(w.requester).post(wanted, '0x');
    const jobId = await w.market.jobIdOf(wanted);
    const job = await w.market.jobOf(jobId);
    const postedAt = await now();
    expect([job.state, job.requester, job.modelId, job.due, job.dueCount, job.settledCount]).to.deep.equal([
      JobState.Posted,
      w.requester.address,
      w.modelId,
      0b1000n,
      1n,
      0n,
    ]);
    expect((job.offer as unknown as Result).toObject()).to.deep.equal(offerOf(OFFER));
    expect((job.execution as unknown as Result).toObject()).to.deep.equal(offerOf(EXECUTION));
    expect([job.postedAt, job.commitBy]).to.deep.equal([
      postedAt,
      postedAt + BigInt(EXECUTION.rampSeconds + 2 * EXECUTION.commitSeconds),
    ]);
    expect([job.jobSeconds, job.challengeSeconds, job.audits]).to.deep.equal([
      BigInt(JOB_SECONDS),
      BigInt(CHALLENGE_SECONDS),
      1n,
    ]);
    expect([job.cancelled, job.outputCommitmentOnly, job.drawPending]).to.deep.equal([false, false, true]);
    expect((job.admission as unknown as Result).toObject()).to.deep.equal(admission);
    expect([job.highUnitPrice, job.feeBps]).to.deep.equal([maxUnitPrice, 200n]);
    const escrow = (7n + 5n) * maxUnitPrice + 2n * OFFER.settleTip + EXECUTION.maxPrice;
    expect([job.initialEscrow, job.escrow, job.raises, job.bond]).to.deep.equal([escrow, escrow, 0n, 0n]);
    // Nothing of a trace before there is one.
    expect([job.executor, job.traceHash, job.outputDigest]).to.deep.equal([
      ethers.ZeroAddress,
      ethers.ZeroHash,
      ethers.ZeroHash,
    ]);
    expect([
      job.tracedAt,
      job.deadline,
      job.closing,
      job.cancelEnd,
      job.claimEnd,
      job.drawAnchor,
    ]).to.deep.equal([0n, 0n, 0n, 0n, 0n, 0n]);
  });

  it('shows a claim while it runs, and the trace after it', async () => {
    const w = await world();
    const jobId = await w.post({ outputCommitmentOnly: true });
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    const claimed = await w.market.jobOf(jobId);
    const claimEnd = (await now()) + BigInt(EXECUTION.commitSeconds);
    const bond = PROOFS_ESCROW + EXECUTION.maxPrice;
    expect([claimed.executor, claimed.claimEnd, claimed.bond]).to.deep.equal([
      w.executor.address,
      claimEnd,
      bond,
    ]);
    expect([claimed.deadline, claimed.closing, claimed.traceHash, claimed.admission.hook]).to.deep.equal([
      0n,
      0n,
      ethers.ZeroHash,
      ethers.ZeroAddress,
    ]);
    expect(claimed.executionPrice).to.be.within(EXECUTION.minPrice, EXECUTION.maxPrice);
    await w.market.connect(w.executor).commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, []);
    const traced = await w.market.jobOf(jobId);
    // What the offer for the execution was is nobody's concern any more.
    expect(Object.values((traced.execution as unknown as Result).toObject())).to.deep.equal([0n, 0n, 0n, 0n]);
    expect([traced.commitBy, await w.market.executionPriceNow(jobId)]).to.deep.equal([0n, 0n]);
    const tracedAt = await now();
    expect([traced.tracedAt, traced.deadline, traced.closing, traced.claimEnd]).to.deep.equal([
      tracedAt,
      tracedAt + BigInt(JOB_SECONDS),
      tracedAt + BigInt(JOB_SECONDS),
      0n,
    ]);
    expect([traced.drawAnchor, traced.drawnAt]).to.deep.equal([0n, 0n]);
    expect([traced.traceHash, traced.executor, traced.bond, traced.outputCommitmentOnly]).to.deep.equal([
      TRACE_HASH,
      w.executor.address,
      bond,
      true,
    ]);
  });

  it('shows raises while they wait for provers, spent escrow, and nothing at stake after the end', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 0b11n, UNIT);
    await networkHelpers.time.increase(bidWindow + proveSeconds + 1);
    await w.market.slash(jobId, 0b11n);
    const raise = (weight: bigint): bigint => (weight * maxUnitPrice * 2n * 4n) / 10n;
    expect((await w.market.jobOf(jobId)).raises).to.equal(raise(3n) + raise(5n));
    await w.settle(jobId, [{ slice: 0, prover: w.bob }]);
    const job = await w.market.jobOf(jobId);
    const spent = 3n * UNIT + OFFER.settleTip;
    expect([job.raises, job.settledCount, job.initialEscrow, job.escrow]).to.deep.equal([
      raise(5n),
      1n,
      PROOFS_ESCROW,
      PROOFS_ESCROW - spent,
    ]);
    await w.at(job.closing + 1n);
    await w.market.expire(jobId);
    const closed = await w.market.jobOf(jobId);
    expect([closed.state, closed.escrow, closed.raises, closed.initialEscrow]).to.deep.equal([
      JobState.Closed,
      0n,
      0n,
      PROOFS_ESCROW,
    ]);
  });
});

describe('SliceMarket: closing of a cancelled job, as it is shown and as it is', () => {
  /** The job can be expired one second after what the view says, and not in that second. */
  async function expectCloses(w: World, jobId: string, closing: bigint): Promise<void> {
    expect((await w.market.jobOf(jobId)).closing).to.equal(closing);
    await w.at(closing);
    await expect(w.market.expire(jobId))
      .to.be.revertedWithCustomError(w.market, 'JobStillOpen')
      .withArgs(jobId, closing);
    await w.at(closing + 1n);
    await w.market.expire(jobId);
  }
  const cancel = async (w: World, jobId: string): Promise<bigint> => {
    await w.market.connect(w.requester).cancel(jobId);
    const { cancelled, outputCommitmentOnly } = await w.market.jobOf(jobId);
    expect([cancelled, outputCommitmentOnly]).to.deep.equal([true, false]);
    const end = (await now()) + BigInt(proveSeconds);
    expect((await w.market.jobOf(jobId)).cancelEnd).to.equal(end);
    return end;
  };

  it('is the end of the cancel where no slice is bound', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await expectCloses(w, jobId, await cancel(w, jobId));
  });

  it('is the end of the time for challenges if that is later', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ challengeSeconds: 200 });
    await cancel(w, jobId);
    await expectCloses(w, jobId, (await w.market.jobOf(jobId)).tracedAt + 200n);
    const none = await w.postExecuted({ challengeSeconds: 0 });
    await expectCloses(w, none, await cancel(w, none));
    // A shorter one changes nothing, nor does a long one where nobody may challenge: the trace is the requester's.
    for (const job of [
      await w.postExecuted({ challengeSeconds: 1 }),
      await w.postTraced({ challengeSeconds: 200 }),
    ]) {
      await expectCloses(w, job, await cancel(w, job));
    }
  });

  it('is the end of a booked lapse if that is later', async () => {
    const w = await world();
    const jobId = await w.postTraced({ jobSeconds: 1000 });
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT);
    const { lockEnd } = await w.market.sliceOf(jobId, 0);
    const cancelled = await cancel(w, jobId);
    await w.at(lockEnd + 1n);
    await w.market.slash(jobId, 1n);
    expect(lockEnd + BigInt(proveSeconds)).to.be.greaterThan(cancelled);
    await expectCloses(w, jobId, lockEnd + BigInt(proveSeconds));
  });

  it('stays the deadline while a draw is pending, for a drawn slice, and for a challenged one', async () => {
    const w = await world();
    const pending = await w.postTraced({ required: 1n, audits: 1 });
    await cancel(w, pending);
    await expectCloses(w, pending, (await w.market.jobOf(pending)).deadline);

    const drawn = await w.postTraced({ required: 1n, audits: 1 });
    expect(await drawnOf(w, drawn)).to.be.oneOf([0b10n, 0b1000n]);
    await cancel(w, drawn);
    await expectCloses(w, drawn, (await w.market.jobOf(drawn)).deadline);

    const challenged = await w.postExecuted({ required: 1n });
    await w.market.connect(w.alice).challenge(challenged, 1);
    await cancel(w, challenged);
    await expectCloses(w, challenged, (await w.market.jobOf(challenged)).deadline);
  });
});

describe('SliceMarket: sliceOf and unitPriceNow', () => {
  it('show what a slice can cost, by the raised offer where that counts', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n });
    await w.market.connect(w.alice).challenge(jobId, 1);
    const challengedAt = await now();
    await w.market.connect(w.requester).raiseOffer(jobId, 2n * maxUnitPrice);
    const [required, challenged, other] = await Promise.all([0, 1, 3].map((i) => w.market.sliceOf(jobId, i)));
    expect([required.due, required.maxPrice, required.challenger]).to.deep.equal([
      true,
      3n * 2n * maxUnitPrice,
      ethers.ZeroAddress,
    ]);
    expect([
      challenged.due,
      challenged.maxPrice,
      challenged.challenger,
      challenged.challengedAt,
    ]).to.deep.equal([true, 5n * maxUnitPrice, w.alice.address, challengedAt]);
    expect([other.due, other.audited, other.price]).to.deep.equal([false, false, 0n]);
    for (const [view, weight] of [
      [required, 3n],
      [challenged, 5n],
      [other, 7n],
    ] as const) {
      expect(view.collateral).to.equal((weight * maxUnitPrice * BigInt(collateralBps)) / 10_000n);
    }
  });

  it('show drawn slices as such: by the raised offer, and to the deadline of a cancelled job', async () => {
    const w = await world();
    const jobId = await w.postExecuted({ required: 1n, audits: 2 });
    await w.market.connect(w.requester).raiseOffer(jobId, 2n * maxUnitPrice);
    expect(await drawnOf(w, jobId)).to.equal(0b1010n);
    const views = async () => Promise.all([0, 1, 3].map((slice) => w.market.sliceOf(jobId, slice)));
    const drawn = await views();
    expect(drawn.map(({ audited }) => audited)).to.deep.equal([false, true, true]);
    expect(drawn.map(({ maxPrice }) => maxPrice)).to.deep.equal(
      [3n, 5n, 7n].map((n) => n * 2n * maxUnitPrice),
    );
    await w.market.connect(w.requester).cancel(jobId);
    const { cancelEnd, deadline } = await w.market.jobOf(jobId);
    for (const [time, payable] of [
      [cancelEnd, [true, true, true]],
      [cancelEnd + 1n, [false, true, true]],
      [deadline, [false, true, true]],
      [deadline + 1n, [false, false, false]],
    ] as const) {
      await w.at(time);
      await w.market.connect(w.bob).deposit(w.bob, 1);
      expect((await views()).map(({ price }) => price > 0n)).to.deep.equal(payable);
    }
  });

  it('show windows of held and lapsed slices, and a lapse that nobody booked', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT);
    const windowEnd = (await now()) + BigInt(bidWindow);
    const lockEnd = windowEnd + BigInt(proveSeconds);
    const look = async () => {
      const view = await w.market.sliceOf(jobId, 0);
      return [view.state, view.booked, view.holder, view.unitPrice, view.windowEnd, view.lockEnd];
    };
    const held = [w.alice.address, UNIT, windowEnd, lockEnd];
    expect(await look()).to.deep.equal([SliceState.Held, false, ...held]);
    await networkHelpers.time.increaseTo(lockEnd);
    expect(await look()).to.deep.equal([SliceState.Held, false, ...held]);
    await networkHelpers.time.increaseTo(lockEnd + 1n);
    expect(await look()).to.deep.equal([SliceState.Lapsed, false, ...held]);
    await w.market.slash(jobId, 1n);
    expect(await look()).to.deep.equal([SliceState.Lapsed, true, ...held]);
    const open = await w.market.sliceOf(jobId, 1);
    expect([open.state, open.holder, open.windowEnd, open.lockEnd]).to.deep.equal([
      SliceState.Open,
      ethers.ZeroAddress,
      0n,
      0n,
    ]);
  });

  it('show the lowest price before a trace', async () => {
    const w = await world();
    expect(await w.market.unitPriceNow(await w.post())).to.equal(OFFER.minUnitPrice);
  });

  it('end with the slices of the model', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.market.sliceOf(jobId, 3);
    await expect(w.market.sliceOf(jobId, 4))
      .to.be.revertedWithCustomError(w.market, 'UnknownSlice')
      .withArgs(jobId, 4);
  });
});

describe('SliceMarket: calls that take nothing', () => {
  it('are bids, which say so: too dear, too late, by the holder itself, or not low enough', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const { deadline } = await w.market.jobOf(jobId);
    const tried = (who: World['alice'], price: bigint): Promise<bigint> =>
      w.market.connect(who).bid.staticCall(who, jobId, TRACE_HASH, 1n, price);
    expect(await tried(w.alice, 3n * maxUnitPrice)).to.equal(0n);
    expect(await tried(w.alice, UNIT)).to.equal(1n);
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT);
    expect(await tried(w.alice, UNIT / 2n)).to.equal(0n);
    expect(await tried(w.bob, UNIT)).to.equal(0n);
    expect(await tried(w.bob, UNIT / 2n)).to.equal(1n);
    await networkHelpers.time.increaseTo(deadline);
    expect(await w.market.connect(w.bob).bid.staticCall(w.bob, jobId, TRACE_HASH, 0b10n, UNIT)).to.equal(0n);
  });

  it('are cancels after the deadline, not in its last second', async () => {
    const w = await world();
    for (const [late, cancelled] of [
      [-1n, true],
      [0n, true],
      [1n, false],
    ] as const) {
      const jobId = await w.postTraced({ execution: { ...NO_EXECUTION } });
      const { deadline } = await w.market.jobOf(jobId);
      await w.at(deadline + late);
      const call = w.market.connect(w.requester).cancel(jobId);
      if (cancelled) await expect(call).to.emit(w.market, 'CancelAnnounced').withArgs(jobId, deadline);
      else
        await expect(call).to.be.revertedWithCustomError(w.market, 'CancelTooLate').withArgs(jobId, deadline);
    }
  });
});
