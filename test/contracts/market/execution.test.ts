import { expect } from 'chai';
import {
  BURN,
  EXECUTION,
  JOB_SECONDS,
  JobState,
  PROOFS_ESCROW,
  TRACE,
  TRACE_DIGEST,
  TRACE_HASH,
  UNIT,
  world,
  OUTPUTS,
} from '../support/world.ts';
import { ethers } from '../support/chain.ts';

/** The larger of 200% of the highest price and the escrow. */
const BOND = PROOFS_ESCROW + EXECUTION.maxPrice;

describe('SliceMarket: execution', () => {
  it("claims at the ramp's price and reserves the job's escrow as bond", async () => {
    const w = await world();
    const jobId = await w.post();
    const { postedAt } = await w.market.jobOf(jobId);
    await w.at(postedAt + 20n);
    const price = 2n * UNIT + (8n * UNIT * 20n) / 80n;
    const claimEnd = postedAt + 20n + 50n;
    await expect(w.market.connect(w.executor).claimExecution(w.executor, jobId))
      .to.emit(w.market, 'ExecutionClaimed')
      .withArgs(jobId, w.executor.address, price, BOND, claimEnd);
    expect(await w.reservedOf(w.executor)).to.equal(BOND);
    const job = await w.market.jobOf(jobId);
    expect([job.state, job.executor, job.executionPrice, job.bond, job.claimEnd]).to.deep.equal([
      JobState.Claimed,
      w.executor.address,
      price,
      BOND,
      claimEnd,
    ]);
  });

  it("reserves 200% of the execution's highest price where that is more", async () => {
    const w = await world();
    const maxPrice = 1000n * UNIT;
    const jobId = await w.post({ execution: { ...EXECUTION, maxPrice } });
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    expect(await w.reservedOf(w.executor)).to.equal(2n * maxPrice);
  });

  it('pays the highest price at and after the end of the ramp', async () => {
    const w = await world();
    const jobId = await w.post();
    const { postedAt } = await w.market.jobOf(jobId);
    const prices: bigint[] = [];
    for (const elapsed of [79n, 80n, 81n]) {
      await w.at(postedAt + elapsed);
      await w.market.connect(w.alice).deposit(w.alice, 1);
      prices.push(await w.market.executionPriceNow(jobId));
    }
    expect(prices).to.deep.equal([2n * UNIT + (8n * UNIT * 79n) / 80n, 10n * UNIT, 10n * UNIT]);
  });

  it('takes a claim to the last second that leaves it all its time', async () => {
    const w = await world();
    const early = await w.post();
    const late = await w.post();
    const last = (await w.market.jobOf(early)).commitBy - BigInt(EXECUTION.commitSeconds);
    await w.at(last);
    await w.market.connect(w.executor).claimExecution(w.executor, early);
    const { commitBy } = await w.market.jobOf(late);
    await w.at(commitBy - 49n);
    await expect(w.market.connect(w.executor).claimExecution(w.executor, late))
      .to.be.revertedWithCustomError(w.market, 'ClaimTooLate')
      .withArgs(late, commitBy + 1n, commitBy);
  });

  it('refuses a second claim while one runs, and a bond that is not there', async () => {
    const w = await world();
    const jobId = await w.post();
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    const { claimEnd } = await w.market.jobOf(jobId);
    await expect(w.market.connect(w.alice).claimExecution(w.alice, jobId))
      .to.be.revertedWithCustomError(w.market, 'ClaimRunning')
      .withArgs(jobId, claimEnd);
    const other = await w.post();
    const balance = await w.balanceOf(w.bob);
    await w.market.connect(w.bob).withdraw(balance - BOND + 1n, w.bob.address, false);
    await expect(w.market.connect(w.bob).claimExecution(w.bob, other))
      .to.be.revertedWithCustomError(w.market, 'InsufficientBalance')
      .withArgs(w.bob.address, BOND - 1n, BOND);
  });

  it("takes the claimant's trace to the claim's last second, and no later", async () => {
    const w = await world();
    for (const late of [-1n, 0n, 1n]) {
      const jobId = await w.post();
      await w.market.connect(w.executor).claimExecution(w.executor, jobId);
      const { claimEnd } = await w.market.jobOf(jobId);
      const time = claimEnd + late;
      await w.at(time);
      const sent = w.market
        .connect(w.executor)
        .commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS);
      if (late === 1n) {
        await expect(sent)
          .to.be.revertedWithCustomError(w.market, 'TraceTooLate')
          .withArgs(jobId, time, claimEnd);
        continue;
      }
      const deadline = time + BigInt(JOB_SECONDS);
      await expect(sent)
        .to.emit(w.market, 'TraceCommitted')
        .withArgs(jobId, w.executor.address, TRACE_HASH, TRACE_DIGEST, deadline, TRACE);
      const job = await w.market.jobOf(jobId);
      expect([job.state, job.tracedAt, job.deadline, job.executor]).to.deep.equal([
        JobState.Traced,
        time,
        deadline,
        w.executor.address,
      ]);
    }
  });

  it("refuses another's trace, one without a claim, and one that does not fit", async () => {
    const w = await world();
    const jobId = await w.post();
    await expect(
      w.market.connect(w.executor).commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS),
    )
      .to.be.revertedWithCustomError(w.market, 'WrongJobState')
      .withArgs(jobId, JobState.Posted);
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    await expect(
      w.market.connect(w.alice).commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS),
    )
      .to.be.revertedWithCustomError(w.market, 'NotExecutor')
      .withArgs(jobId, w.alice.address, w.executor.address);
    await expect(
      w.market
        .connect(w.executor)
        .commitTrace(jobId, await w.requestId(jobId), TRACE.with(0, ethers.ZeroHash), TRACE_DIGEST, OUTPUTS),
    )
      .to.be.revertedWithCustomError(w.market, 'TraceInputsMismatch')
      .withArgs(jobId);
    await w.market
      .connect(w.executor)
      .commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS);
    await expect(
      w.market.connect(w.executor).commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS),
    )
      .to.be.revertedWithCustomError(w.market, 'WrongJobState')
      .withArgs(jobId, JobState.Traced);
    await expect(w.market.connect(w.alice).claimExecution(w.alice, jobId))
      .to.be.revertedWithCustomError(w.market, 'WrongJobState')
      .withArgs(jobId, JobState.Traced);
  });

  it('can be given a second, which is time enough', async () => {
    const w = await world();
    const jobId = await w.post({ execution: { ...EXECUTION, rampSeconds: 0, commitSeconds: 1 } });
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    const { claimEnd, executionPrice } = await w.market.jobOf(jobId);
    expect(executionPrice).to.equal(EXECUTION.maxPrice);
    await w.at(claimEnd);
    await expect(
      w.market.connect(w.executor).commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS),
    ).to.emit(w.market, 'TraceCommitted');
  });

  it('is shown at the highest price as soon as a claim ran out, booked or not', async () => {
    const w = await world();
    const jobId = await w.post({ execution: { ...EXECUTION, rampSeconds: 300 } });
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    const { claimEnd } = await w.market.jobOf(jobId);
    const shownAt = async (time: bigint): Promise<bigint> => {
      await w.at(time);
      await w.market.connect(w.bob).deposit(w.bob, 1);
      return w.market.executionPriceNow(jobId);
    };
    expect(await shownAt(claimEnd)).to.be.below(EXECUTION.maxPrice);
    expect(await shownAt(claimEnd + 1n)).to.equal(EXECUTION.maxPrice);
  });

  it('burns 90% of a bond whose claim ran out, pays the caller 10%, and opens the execution again', async () => {
    const w = await world();
    const jobId = await w.post();
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    const { claimEnd } = await w.market.jobOf(jobId);
    const before = await w.balanceOf(w.outsider);
    await w.at(claimEnd);
    await expect(w.market.connect(w.outsider).slash(jobId, 0))
      .to.be.revertedWithCustomError(w.market, 'ClaimRunning')
      .withArgs(jobId, claimEnd);
    await w.at(claimEnd + 1n);
    await expect(w.market.connect(w.outsider).slash(jobId, 0))
      .to.emit(w.market, 'ExecutionLapsed')
      .withArgs(jobId, w.executor.address, BOND - BOND / 10n, BOND / 10n, w.outsider.address);
    expect(await w.reservedOf(w.executor)).to.equal(0);
    expect((await w.balanceOf(w.outsider)) - before).to.equal(BOND / 10n);
    expect(await w.balanceOf(BURN)).to.equal(BOND - BOND / 10n);
    const job = await w.market.jobOf(jobId);
    expect([job.state, job.executor, job.bond]).to.deep.equal([JobState.Posted, ethers.ZeroAddress, 0n]);
    expect(await w.market.executionPriceNow(jobId)).to.equal(EXECUTION.maxPrice);
    await expect(w.market.connect(w.outsider).slash(jobId, 0)).to.be.revertedWithCustomError(
      w.market,
      'NothingNamed',
    );
  });

  it('lets the next claimant book the lapse and claim at the highest price', async () => {
    const w = await world();
    const jobId = await w.post();
    await w.market.connect(w.executor).claimExecution(w.executor, jobId);
    const { claimEnd, commitBy } = await w.market.jobOf(jobId);
    await w.at(claimEnd + 1n);
    const sent = w.market.connect(w.alice).claimExecution(w.alice, jobId);
    await expect(sent)
      .to.emit(w.market, 'ExecutionLapsed')
      .withArgs(jobId, w.executor.address, BOND - BOND / 10n, BOND / 10n, w.alice.address);
    await expect(sent)
      .to.emit(w.market, 'ExecutionClaimed')
      .withArgs(jobId, w.alice.address, EXECUTION.maxPrice, BOND, claimEnd + 51n);
    const job = await w.market.jobOf(jobId);
    expect(job.commitBy).to.equal(commitBy);
    await w.market
      .connect(w.alice)
      .commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS);
  });
});
