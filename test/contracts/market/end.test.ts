import { expect } from 'chai';
import {
  BURN,
  CHALLENGE_SECONDS,
  CloseReason,
  EXECUTION,
  JobState,
  OFFER,
  PROOFS_ESCROW,
  PROVABLE,
  Skip,
  SliceState,
  TRACE,
  TRACE_DIGEST,
  TRACE_HASH,
  UNIT,
  world,
  OUTPUTS,
} from '../support/world.ts';
import type { World } from '../support/world.ts';

const { bidWindow, proveSeconds, maxUnitPrice, settleTip } = OFFER;
const BOND = PROOFS_ESCROW + EXECUTION.maxPrice;

async function proveAll(w: World, jobId: string): Promise<void> {
  await w.settle(
    jobId,
    [0, 1, 3].map((slice) => ({ slice, prover: w.bob })),
  );
}

/** What of the standard job's escrow was spent so far. */
async function spentOf(w: World, jobId: string): Promise<bigint> {
  const { initialEscrow, escrow } = await w.market.jobOf(jobId);
  return initialEscrow - escrow;
}

describe('SliceMarket: finalize', () => {
  it('pays the executor, releases its bond and gives back the rest', async () => {
    const w = await world();
    const requesterBefore = await w.balanceOf(w.requester);
    const executorBefore = await w.balanceOf(w.executor);
    const jobId = await w.postExecuted();
    await proveAll(w, jobId);
    const { tracedAt, executionPrice } = await w.market.jobOf(jobId);
    const spent = await spentOf(w, jobId);
    await w.at(tracedAt + BigInt(CHALLENGE_SECONDS) + 1n);
    const refund = BOND - spent - executionPrice;
    await expect(w.market.connect(w.outsider).finalize(jobId))
      .to.emit(w.market, 'JobFinalized')
      .withArgs(jobId, w.executor.address, executionPrice, refund, BOND);
    expect(requesterBefore - (await w.balanceOf(w.requester))).to.equal(spent + executionPrice);
    expect((await w.balanceOf(w.executor)) - executorBefore).to.equal(executionPrice);
    expect(await w.reservedOf(w.executor)).to.equal(0);
    const job = await w.market.jobOf(jobId);
    expect([job.state, job.escrow, job.raises, job.bond]).to.deep.equal([JobState.Finalized, 0n, 0n, 0n]);
    expect(job.initialEscrow).to.equal(BOND);
  });

  it('waits for the end of the time for challenges of jobs that a node executed', async () => {
    const w = await world();
    const jobId = await w.postExecuted();
    await proveAll(w, jobId);
    const end = (await w.market.jobOf(jobId)).tracedAt + BigInt(CHALLENGE_SECONDS);
    for (const time of [end - 1n, end]) {
      await w.at(time);
      await expect(w.market.finalize(jobId))
        .to.be.revertedWithCustomError(w.market, 'ChallengeTimeRunning')
        .withArgs(jobId, end);
    }
    await w.at(end + 1n);
    await w.market.finalize(jobId);
  });

  it("does not wait where there is none, or the trace is the requester's own", async () => {
    const w = await world();
    for (const jobId of [await w.postExecuted({ challengeSeconds: 0 }), await w.postTraced()]) {
      await proveAll(w, jobId);
      await expect(w.market.finalize(jobId)).to.emit(w.market, 'JobFinalized');
    }
  });

  it('names the requester as executor of its own trace, with nothing paid or released', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await proveAll(w, jobId);
    const refund = PROOFS_ESCROW - (await spentOf(w, jobId));
    await expect(w.market.finalize(jobId))
      .to.emit(w.market, 'JobFinalized')
      .withArgs(jobId, w.requester.address, 0, refund, 0);
  });

  it('works after the deadline too, once all is proved', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await proveAll(w, jobId);
    const { closing } = await w.market.jobOf(jobId);
    await w.at(closing + 1000n);
    await expect(w.market.expire(jobId))
      .to.be.revertedWithCustomError(w.market, 'AllSlicesProved')
      .withArgs(jobId);
    await w.market.finalize(jobId);
  });

  it('needs every due slice, and happens once', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.settle(jobId, [{ slice: 0, prover: w.bob }]);
    await expect(w.market.finalize(jobId))
      .to.be.revertedWithCustomError(w.market, 'SlicesUnproved')
      .withArgs(jobId, 1, 3);
    await w.settle(jobId, [
      { slice: 1, prover: w.bob },
      { slice: 3, prover: w.bob },
    ]);
    await w.market.finalize(jobId);
    for (const end of [w.market.finalize(jobId), w.market.expire(jobId)]) {
      await expect(end)
        .to.be.revertedWithCustomError(w.market, 'WrongJobState')
        .withArgs(jobId, JobState.Finalized);
    }
    await expect(w.market.connect(w.requester).cancel(jobId))
      .to.be.revertedWithCustomError(w.market, 'WrongJobState')
      .withArgs(jobId, JobState.Finalized);
    const untraced = await w.post();
    await expect(w.market.finalize(untraced))
      .to.be.revertedWithCustomError(w.market, 'WrongJobState')
      .withArgs(untraced, JobState.Posted);
  });
});

describe('SliceMarket: cancel', () => {
  it('ends a job without a trace at once', async () => {
    const w = await world();
    const before = await w.balanceOf(w.requester);
    const jobId = await w.post();
    await expect(w.market.connect(w.requester).cancel(jobId))
      .to.emit(w.market, 'JobClosed')
      .withArgs(jobId, CloseReason.Cancelled, BOND, 0, 0, 0);
    expect(await w.balanceOf(w.requester)).to.equal(before);
    expect((await w.market.jobOf(jobId)).state).to.equal(JobState.Closed);
    await expect(w.market.connect(w.executor).claimExecution(w.executor, jobId))
      .to.be.revertedWithCustomError(w.market, 'WrongJobState')
      .withArgs(jobId, JobState.Closed);
  });

  it('is for the requester alone', async () => {
    const w = await world();
    const jobId = await w.post();
    await expect(w.market.connect(w.alice).cancel(jobId))
      .to.be.revertedWithCustomError(w.market, 'NotRequester')
      .withArgs(w.alice.address, w.requester.address);
  });

  it('waits for a running claim, and books one that ran out', async () => {
    const w = await world();
    const jobId = await w.post();
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    const { claimEnd } = await w.market.jobOf(jobId);
    await w.at(claimEnd);
    await expect(w.market.connect(w.requester).cancel(jobId))
      .to.be.revertedWithCustomError(w.market, 'ClaimRunning')
      .withArgs(jobId, claimEnd);
    await w.at(claimEnd + 1n);
    const sent = w.market.connect(w.requester).cancel(jobId);
    await expect(sent).to.emit(w.market, 'ExecutionLapsed');
    await expect(sent).to.emit(w.market, 'JobClosed').withArgs(jobId, CloseReason.Cancelled, BOND, 0, 0, 0);
    expect(await w.reservedOf(w.executor)).to.equal(0);
  });

  it('announces after a trace: no new bids, open slices for proveSeconds more', async () => {
    const w = await world();
    const jobId = await w.postExecuted();
    const time = await w.timeOf(w.market.connect(w.requester).cancel(jobId));
    const deadline = time + proveSeconds;
    expect((await w.market.jobOf(jobId)).cancelEnd).to.equal(deadline);
    expect((await w.market.jobOf(jobId)).cancelled).to.equal(true);
    expect(
      await w.market.connect(w.alice).bid.staticCall(w.alice, jobId, TRACE_HASH, PROVABLE, UNIT),
    ).to.equal(0);
    await expect(w.market.connect(w.requester).cancel(jobId))
      .to.be.revertedWithCustomError(w.market, 'AlreadyCancelled')
      .withArgs(jobId);
    const first = await w.settlement([{ jobId, slice: 0, prover: w.bob }]);
    const second = await w.settlement([{ jobId, slice: 1, prover: w.bob }]);
    await w.at(deadline);
    await expect(w.market.connect(w.settler).settle(...first)).to.emit(w.market, 'SlicesSettled');
    await w.at(deadline + 1);
    await expect(w.market.connect(w.settler).settle(...second))
      .to.emit(w.market, 'SlicesSkipped')
      .withArgs(jobId, w.bob.address, 1n << BigInt(1), Skip.JobClosing);
    const { executionPrice } = await w.market.jobOf(jobId);
    const refund = BOND - (await spentOf(w, jobId)) - executionPrice;
    await expect(w.market.connect(w.outsider).expire(jobId))
      .to.emit(w.market, 'JobClosed')
      .withArgs(jobId, CloseReason.Cancelled, refund, 0, executionPrice, BOND);
    expect(await w.reservedOf(w.executor)).to.equal(0);
  });

  it('never makes a job longer', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const { deadline } = await w.market.jobOf(jobId);
    await w.at(deadline - 5n);
    await expect(w.market.connect(w.requester).cancel(jobId))
      .to.emit(w.market, 'CancelAnnounced')
      .withArgs(jobId, deadline);
  });

  it('does not keep a job from being finalized whose slices were all proved in that time', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.market.connect(w.requester).cancel(jobId);
    await proveAll(w, jobId);
    await expect(w.market.expire(jobId))
      .to.be.revertedWithCustomError(w.market, 'AllSlicesProved')
      .withArgs(jobId);
    await expect(w.market.finalize(jobId)).to.emit(w.market, 'JobFinalized');
  });

  it('leaves held slices their time', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT);
    await w.market.connect(w.requester).cancel(jobId);
    const { lockEnd } = await w.market.sliceOf(jobId, 0);
    const { cancelEnd } = await w.market.jobOf(jobId);
    expect(lockEnd).to.be.greaterThan(cancelEnd);
    await expect(w.market.expire(jobId))
      .to.be.revertedWithCustomError(w.market, 'JobStillOpen')
      .withArgs(jobId, lockEnd + BigInt(proveSeconds));
    const args = await w.settlement([{ jobId, slice: 0, prover: w.alice }]);
    await w.at(lockEnd);
    await expect(w.market.connect(w.settler).settle(...args)).to.emit(w.market, 'SlicesSettled');
    await expect(w.market.expire(jobId)).to.emit(w.market, 'JobClosed');
    expect(await w.reservedOf(w.alice)).to.equal(0);
  });

  it('does not free an executor when a slice lapsed: that one was not cancelled', async () => {
    const w = await world();
    const jobId = await w.postExecuted();
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT);
    await w.market.connect(w.requester).cancel(jobId);
    const { lockEnd } = await w.market.sliceOf(jobId, 0);
    const end = lockEnd + BigInt(proveSeconds);
    await w.at(end);
    await expect(w.market.expire(jobId))
      .to.be.revertedWithCustomError(w.market, 'JobStillOpen')
      .withArgs(jobId, end);
    await w.at(end + 1n);
    await expect(w.market.expire(jobId)).to.emit(w.market, 'BondForfeited');
  });

  it('is refused after the deadline, and when all is proved', async () => {
    const w = await world();
    const proved = await w.postTraced();
    await proveAll(w, proved);
    await expect(w.market.connect(w.requester).cancel(proved))
      .to.be.revertedWithCustomError(w.market, 'AllSlicesProved')
      .withArgs(proved);
    const jobId = await w.postTraced();
    const { deadline } = await w.market.jobOf(jobId);
    await w.at(deadline + 1n);
    await expect(w.market.connect(w.requester).cancel(jobId))
      .to.be.revertedWithCustomError(w.market, 'CancelTooLate')
      .withArgs(jobId, deadline);
  });
});

describe('SliceMarket: expire', () => {
  it('refunds a job that nobody executed, after the last second for a trace', async () => {
    const w = await world();
    const before = await w.balanceOf(w.requester);
    const jobId = await w.post();
    const { commitBy } = await w.market.jobOf(jobId);
    await w.at(commitBy);
    await expect(w.market.expire(jobId))
      .to.be.revertedWithCustomError(w.market, 'JobStillOpen')
      .withArgs(jobId, commitBy);
    await w.at(commitBy + 1n);
    await expect(w.market.connect(w.outsider).expire(jobId))
      .to.emit(w.market, 'JobClosed')
      .withArgs(jobId, CloseReason.Expired, BOND, 0, 0, 0);
    expect(await w.balanceOf(w.requester)).to.equal(before);
  });

  it('books the claim that ran out on the way', async () => {
    const w = await world();
    const jobId = await w.post();
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    const { commitBy } = await w.market.jobOf(jobId);
    await w.at(commitBy + 1n);
    await expect(w.market.connect(w.outsider).expire(jobId))
      .to.emit(w.market, 'ExecutionLapsed')
      .withArgs(jobId, w.executor.address, BOND - BOND / 10n, BOND / 10n, w.outsider.address);
    expect(await w.reservedOf(w.executor)).to.equal(0);
    expect((await w.market.jobOf(jobId)).state).to.equal(JobState.Closed);
  });

  it("refunds what is unspent of a requester's own trace, after the last second", async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.settle(jobId, [{ slice: 0, prover: w.bob }]);
    const { closing, escrow } = await w.market.jobOf(jobId);
    await w.at(closing);
    await expect(w.market.expire(jobId))
      .to.be.revertedWithCustomError(w.market, 'JobStillOpen')
      .withArgs(jobId, closing);
    await w.at(closing + 1n);
    await expect(w.market.expire(jobId))
      .to.emit(w.market, 'JobClosed')
      .withArgs(jobId, CloseReason.Expired, escrow, 0, 0, 0);
    await expect(w.market.expire(jobId))
      .to.be.revertedWithCustomError(w.market, 'WrongJobState')
      .withArgs(jobId, JobState.Closed);
  });

  it('makes the requester whole out of the bond of an executor that left a slice unproved', async () => {
    const w = await world();
    const before = await Promise.all([w.requester, w.outsider].map((account) => w.balanceOf(account)));
    const jobId = await w.postExecuted();
    await w.settle(jobId, [{ slice: 3, prover: w.bob }]);
    const spent = await spentOf(w, jobId);
    const reward = (BOND - spent) / 10n;
    const { closing } = await w.market.jobOf(jobId);
    await w.at(closing + 1n);
    const sent = w.market.connect(w.outsider).expire(jobId);
    await expect(sent)
      .to.emit(w.market, 'BondForfeited')
      .withArgs(jobId, w.executor.address, spent, reward, BOND - spent - reward, w.outsider.address);
    await expect(sent)
      .to.emit(w.market, 'JobClosed')
      .withArgs(jobId, CloseReason.Expired, BOND - spent, 0, 0, 0);
    const after = await Promise.all([w.requester, w.outsider].map((account) => w.balanceOf(account)));
    expect(after.map((value, i) => value - before[i])).to.deep.equal([0n, reward]);
    expect(await w.reservedOf(w.executor)).to.equal(0);
    expect(await w.balanceOf(BURN)).to.equal(BOND - spent - reward);
    await expect(w.market.expire(jobId))
      .to.be.revertedWithCustomError(w.market, 'WrongJobState')
      .withArgs(jobId, JobState.Closed);
  });

  it('gives a requester that claimed its own job everything back', async () => {
    const w = await world();
    const before = await w.balanceOf(w.requester);
    const jobId = await w.post();
    await w.market.connect(w.requester).claimExecution(w.requester, jobId);
    await w.market
      .connect(w.requester)
      .commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS);
    const { closing } = await w.market.jobOf(jobId);
    await w.at(closing + 1n);
    await expect(w.market.connect(w.outsider).expire(jobId)).not.to.emit(w.market, 'BondForfeited');
    expect(await w.market.accountOf(w.requester.address)).to.deep.equal([before, 0n]);
  });

  it('waits for the time after holds that nobody booked, books them, and burns their raises', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const { deadline } = await w.market.jobOf(jobId);
    await w.at(deadline - BigInt(bidWindow + proveSeconds));
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 0b11n, UNIT);
    const end = deadline + BigInt(proveSeconds);
    await w.at(end);
    await expect(w.market.expire(jobId))
      .to.be.revertedWithCustomError(w.market, 'JobStillOpen')
      .withArgs(jobId, end);
    await w.at(end + 1n);
    const collateral = 16n * maxUnitPrice;
    const before = await w.balanceOf(w.outsider);
    const sent = w.market.connect(w.outsider).expire(jobId);
    await expect(sent).to.emit(w.market, 'SlicesLapsed');
    await expect(sent)
      .to.emit(w.market, 'JobClosed')
      .withArgs(jobId, CloseReason.Expired, PROOFS_ESCROW, (collateral * 4n) / 10n, 0, 0);
    expect(await w.reservedOf(w.alice)).to.equal(0);
    expect((await w.balanceOf(w.outsider)) - before).to.equal(collateral / 10n);
    expect(await w.balanceOf(BURN)).to.equal((collateral * 9n) / 10n);
  });

  it('waits for the latest of several holds, whichever slice it is of', async () => {
    for (const [first, second] of [
      [0, 3],
      [3, 0],
    ]) {
      const w = await world();
      const jobId = await w.postTraced();
      const { deadline } = await w.market.jobOf(jobId);
      const bid = async (slice: number, time: bigint): Promise<void> => {
        await w.at(time);
        await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n << BigInt(slice), UNIT);
      };
      const last = deadline - BigInt(bidWindow + proveSeconds);
      await bid(first, last - 20n);
      await bid(second, last);
      const end = deadline + BigInt(proveSeconds);
      await w.at(end);
      await expect(w.market.expire(jobId))
        .to.be.revertedWithCustomError(w.market, 'JobStillOpen')
        .withArgs(jobId, end);
      await w.at(end + 1n);
      await expect(w.market.expire(jobId)).to.emit(w.market, 'JobClosed');
    }
  });

  it('returns every unit: the ledger holds what came in', async () => {
    const w = await world();
    const total = async () => {
      const accounts = [...w.everyone.map(({ address }) => address), w.treasury.address, BURN];
      const entries = await Promise.all(accounts.map((address) => w.market.accountOf(address)));
      return entries.reduce((sum, [balance, reserved]) => sum + balance + reserved, 0n);
    };
    const before = await total();
    const jobId = await w.postExecuted();
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 0b1001n, UNIT);
    const { lockEnd } = await w.market.sliceOf(jobId, 0);
    await w.at(lockEnd + 1n);
    await w.market.connect(w.outsider).slash(jobId, 1n);
    await w.settle(jobId, [{ slice: 0, prover: w.bob }]);
    await w.settle(jobId, [{ slice: 1, prover: w.bob }]);
    const job = await w.market.jobOf(jobId);
    expect((await total()) + job.escrow + job.raises).to.equal(before);
    await w.at(job.closing + 1n);
    await w.market.connect(w.outsider).expire(jobId);
    expect(await total()).to.equal(before);
    expect(await w.token.balanceOf(w.addresses.market)).to.equal(before);
    expect(settleTip).to.be.greaterThan(0);
  });
});

describe('SliceMarket: sliceOf', () => {
  it('shows what proving pays, to the last second in which it does', async () => {
    const w = await world();
    const jobId = await w.postTraced();
    const { deadline } = await w.market.jobOf(jobId);
    await w.at(deadline - BigInt(bidWindow + proveSeconds));
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT);
    const priceAt = async (time: bigint, slice: number) => {
      await w.at(time);
      await w.market.connect(w.bob).deposit(w.bob, 1);
      const { price, raise, state } = await w.market.sliceOf(jobId, slice);
      return [price, raise, state];
    };
    expect(await priceAt(deadline - 1n, 1)).to.deep.equal([5n * maxUnitPrice, 0n, SliceState.Open]);
    expect(await priceAt(deadline, 0)).to.deep.equal([3n * UNIT, 0n, SliceState.Held]);
    expect(await priceAt(deadline + 1n, 1)).to.deep.equal([0n, 0n, SliceState.Open]);
    const raise = (6n * maxUnitPrice * 4n) / 10n;
    const end = deadline + BigInt(proveSeconds);
    expect(await priceAt(end, 0)).to.deep.equal([3n * UNIT, raise, SliceState.Lapsed]);
    expect(await priceAt(end + 1n, 0)).to.deep.equal([0n, 0n, SliceState.Lapsed]);
    // What isn't due pays nothing at any time.
    expect(await priceAt(end + 2n, 2)).to.deep.equal([0n, 0n, SliceState.Open]);
  });

  it("shows nothing for open slices after the end of a cancelled job's", async () => {
    const w = await world();
    const jobId = await w.postTraced();
    await w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT);
    await w.market.connect(w.requester).cancel(jobId);
    const { cancelEnd } = await w.market.jobOf(jobId);
    await w.at(cancelEnd + 1n);
    await w.market.connect(w.bob).deposit(w.bob, 1);
    expect((await w.market.sliceOf(jobId, 0)).price).to.equal(3n * UNIT);
    expect((await w.market.sliceOf(jobId, 1)).price).to.equal(0);
  });
});
