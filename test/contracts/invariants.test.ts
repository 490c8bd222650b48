import { expect } from 'chai';
import { ethers, networkHelpers } from './support/chain.ts';
import { stream } from './support/field.ts';
import {
  BURN,
  JobState,
  OFFER,
  PROVABLE,
  SliceState,
  TRACE,
  TRACE_DIGEST,
  TRACE_HASH,
  UNIT,
  world,
  OUTPUTS,
  slicesOf,
} from './support/world.ts';
import type { World } from './support/world.ts';

const RUNS = Number(process.env['INVARIANT_RUNS'] ?? 8);
const CALLS = Number(process.env['INVARIANT_CALLS'] ?? 40);
const TERMINAL: readonly bigint[] = [JobState.Finalized, JobState.Closed];

/** A history of random calls, with what has to be remembered of it. */
class History {
  readonly jobs: string[] = [];
  private readonly w: World;
  private readonly next: () => bigint;

  constructor(w: World, seed: bigint) {
    this.w = w;
    this.next = stream(seed);
  }

  private pick<T>(choices: readonly T[]): T {
    return choices[Number(this.next() % BigInt(choices.length))];
  }

  private number(limit: number): number {
    return Number(this.next() % BigInt(limit));
  }

  /** One random call. Calls that the market refuses are part of it. */
  async step(): Promise<void> {
    const { w } = this;
    const { market } = w;
    const who = this.pick([w.alice, w.bob, w.executor, w.outsider]);
    const jobId = this.jobs.length === 0 ? ethers.ZeroHash : this.pick(this.jobs);
    const slices = BigInt(1 + this.number(15));
    const calls: (() => Promise<unknown>)[] = [
      async () => this.jobs.push(await w.post({ challengeSeconds: this.number(2) * 30 })),
      async () => this.jobs.push(await w.postTraced({ required: this.pick([0n, 1n, 0b1010n]) })),
      async () =>
        this.jobs.push(await w.postTraced({ offer: { ...OFFER, bidWindow: 0, collateralBps: 20_001 } })),
      async () =>
        this.jobs.push(await w.post({ required: 1n, audits: this.number(3), challengeSeconds: 300 })),
      async () => this.jobs.push(await w.postTraced({ required: 0b10n, audits: 1 + this.number(2) })),
      () => market.connect(who).draw(jobId),
      () => market.connect(who).challenge(jobId, this.number(4)),
      () => market.connect(w.requester).raiseOffer(jobId, BigInt(3 + this.number(5)) * UNIT),
      () => market.connect(w.executor).claimExecution(w.executor, jobId),
      async () =>
        market.connect(w.executor).commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS),
      () => market.connect(who).slash(jobId, 0),
      () =>
        market
          .connect(who)
          .bid(who, jobId, TRACE_HASH, slices, this.pick([1n, UNIT / 3n, UNIT, 2n * UNIT + 7n])),
      () => market.connect(who).bid(who, jobId, TRACE_HASH, PROVABLE, this.pick([UNIT / 7n, UNIT])),
      async () => {
        const held = await Promise.all([0, 1, 3].map((slice) => market.sliceOf(jobId, slice)));
        const claims = held.map(({ holder, state }, i) => {
          const holds = [w.alice, w.bob, w.executor, w.outsider].find(({ address }) => address === holder);
          return { slice: [0, 1, 3][i], prover: state === SliceState.Held && holds ? holds : who };
        });
        await w.settle(jobId, claims.slice(0, 1 + this.number(3)), w.settler);
      },
      () => market.connect(who).slash(jobId, slices),
      () => market.connect(w.requester).cancel(jobId),
      () => market.connect(who).finalize(jobId),
      () => market.connect(who).expire(jobId),
      () => market.connect(who).withdraw(BigInt(this.number(1000)), who.address, false),
      () => market.connect(who).deposit(who, BigInt(this.number(1000))),
      () => market.connect(who).pushBurned(),
      async () => {
        await networkHelpers.time.increase(1 + this.number(this.pick([10, 60, 300])));
      },
    ];
    try {
      await this.pick(calls)();
    } catch (error) {
      // Whatever is refused is refused by one of the market's own errors: nothing panics or overflows.
      expect(String(error)).to.match(/reverted with custom error/);
    }
  }

  /** Everybody that a ledger entry can belong to. */
  private accounts(): string[] {
    const { w } = this;
    return [...w.everyone.map(({ address }) => address), w.treasury.address, w.owner.address, BURN];
  }

  async check(): Promise<void> {
    const { w } = this;
    const entries = await Promise.all(this.accounts().map((address) => w.market.accountOf(address)));
    const jobs = await Promise.all(this.jobs.map((jobId) => w.market.jobOf(jobId)));
    const balances = entries.reduce((sum, [balance]) => sum + balance, 0n);
    const reserved = entries.reduce((sum, [, part]) => sum + part, 0n);
    const escrows = jobs.reduce((sum, job) => sum + job.escrow + job.raises, 0n);
    expect(await w.token.balanceOf(w.addresses.market), 'asset').to.equal(balances + reserved + escrows);

    let stakes = 0n;
    for (const [i, job] of jobs.entries()) {
      const slices = await Promise.all([0, 1, 3].map((slice) => w.market.sliceOf(this.jobs[i], slice)));
      const settled = slices.filter(({ state }) => state === SliceState.Settled);
      expect(settled.length, 'settled slices').to.equal(Number(job.settledCount));
      stakes += job.bond;
      for (const slice of slices) {
        // A challenger's bond is there until its slice is proved, or the job over.
        const waits = slice.challengedAt !== 0n && slice.state !== SliceState.Settled;
        const firstOffer = (slice.collateral * 10_000n) / job.offer.collateralBps;
        if (waits && job.state === JobState.Traced) stakes += 2n * firstOffer + job.offer.settleTip;
      }
      for (const { state, booked, collateral } of slices) {
        const holds = state === SliceState.Held || (state === SliceState.Lapsed && !booked);
        if (holds) stakes += collateral;
        if (holds) expect(TERMINAL, 'a hold in a terminal state').not.to.include(job.state);
      }
      if (TERMINAL.includes(job.state)) {
        expect([job.escrow, job.raises, job.bond], 'a terminal job').to.deep.equal([0n, 0n, 0n]);
      }
      if (job.state === JobState.Finalized) expect(job.settledCount).to.equal(job.dueCount);
    }
    expect(reserved, 'reserved').to.equal(stakes);
  }

  /** What was paid out of each job, from events alone: every slice once, and never more than the escrow. */
  async checkPayments(): Promise<void> {
    const { market } = this.w;
    for (const jobId of this.jobs) {
      const { initialEscrow, escrow } = await market.jobOf(jobId);
      const paid = await market.queryFilter(market.filters.SlicesSettled(jobId));
      const slices = paid.flatMap(({ args }) => slicesOf(args.slices));
      expect(new Set(slices).size, 'a slice paid twice').to.equal(slices.length);
      const [final] = await market.queryFilter(market.filters.JobFinalized(jobId));
      const [closed] = await market.queryFilter(market.filters.JobClosed(jobId));
      const end = final?.args ?? closed?.args;
      const proved = await market.queryFilter(market.filters.ChallengeProved(jobId));
      const byChallengers = proved.reduce(
        (sum, { args }) => sum + args.bond - args.returned - args.delay,
        0n,
      );
      const out =
        paid.reduce((sum, { args }) => sum + args.price + args.tip, 0n) +
        (end === undefined ? escrow : end.refund + end.executionPrice);
      expect(out, 'escrow').to.equal(initialEscrow + byChallengers);

      const lapses = await market.queryFilter(market.filters.SlicesLapsed(jobId));
      const raised = lapses.reduce((sum, { args }) => sum + args.raise, 0n);
      const used = paid.reduce((sum, { args }) => sum + args.raise, 0n) + (closed?.args.burnedRaises ?? 0n);
      if (end !== undefined) expect(used, 'raises').to.equal(raised);
    }
  }

  /** Ends every job by calls of somebody who has no part in any. */
  async endAll(): Promise<void> {
    const { w } = this;
    await networkHelpers.time.increase(10_000);
    for (const jobId of this.jobs) {
      const job = await w.market.jobOf(jobId);
      if (TERMINAL.includes(job.state)) continue;
      const proved = job.settledCount === job.dueCount && !job.drawPending;
      const market = w.market.connect(w.outsider);
      await (proved ? market.finalize(jobId) : market.expire(jobId));
      expect(TERMINAL).to.include((await w.market.jobOf(jobId)).state);
    }
  }
}

describe('invariants over random histories', () => {
  for (let run = 1; run <= RUNS; run++) {
    it(`hold after each of ${CALLS} calls, and every job can be ended by anyone (seed ${run})`, async () => {
      const history = new History(await world(), BigInt(run));
      for (let call = 0; call < CALLS; call++) {
        await history.step();
        await history.check();
      }
      await history.checkPayments();
      await history.endAll();
      await history.check();
      await history.checkPayments();
    });
  }
});
