import { expect } from 'chai';
import type { ContractTransactionResponse } from 'ethers';
import { networkHelpers } from '../support/chain.ts';
import {
  CHALLENGE_SECONDS,
  EXECUTION,
  OFFER,
  OUTPUTS,
  Skip,
  TRACE,
  TRACE_DIGEST,
  TRACE_HASH,
  UNIT,
  world,
} from '../support/world.ts';
import type { World } from '../support/world.ts';

const { bidWindow, proveSeconds } = OFFER;
const PROVE = BigInt(proveSeconds);
const CLAIM = BigInt(EXECUTION.commitSeconds);
const AUDITED = { required: 1n, audits: 1 };

/** A deadline: the last second it names, and the call that is tried just before, in and just after it. */
interface Deadline {
  readonly last: bigint;
  readonly call: () => Promise<ContractTransactionResponse>;
}

/**
 * Every deadline of the market: what happens a second before, in and a second after it. A call's outcome is the events it
 * emits, with the reason of a skip, or the error that refuses it.
 */
const DEADLINES: Record<string, [(w: World) => Promise<Deadline>, string, string, string]> = {
  'validUntil: a request is posted': [
    async (w) => {
      const validUntil = (await networkHelpers.time.latest()) + 10;
      const request = w.request({ validUntil });
      return { last: BigInt(validUntil), call: () => w.market.connect(w.requester).post(request, '0x') };
    },
    'JobPosted',
    'JobPosted',
    'RequestOutdated',
  ],
  'commitBy − commitSeconds: an execution is claimed': [
    async (w) => {
      const jobId = await w.post();
      const last = (await w.market.jobOf(jobId)).commitBy - CLAIM;
      return { last, call: () => w.market.connect(w.executor).claimExecution(w.executor, jobId) };
    },
    'ExecutionClaimed',
    'ExecutionClaimed',
    'ClaimTooLate',
  ],
  "claimEnd: the claimant's trace comes": [
    async (w) => {
      const { jobId, claimEnd } = await claimed(w);
      const market = w.market.connect(w.executor);
      return {
        last: claimEnd,
        call: async () => market.commitTrace(jobId, await w.requestId(jobId), TRACE, TRACE_DIGEST, OUTPUTS),
      };
    },
    'TraceCommitted OutputRevealed',
    'TraceCommitted OutputRevealed',
    'TraceTooLate',
  ],
  'claimEnd: somebody else claims': [
    async (w) => {
      const { jobId, claimEnd } = await claimed(w);
      return { last: claimEnd, call: () => w.market.connect(w.alice).claimExecution(w.alice, jobId) };
    },
    'ClaimRunning',
    'ClaimRunning',
    'ExecutionLapsed ExecutionClaimed',
  ],
  'claimEnd: the claim is slashed': [
    async (w) => {
      const { jobId, claimEnd } = await claimed(w);
      return { last: claimEnd, call: () => w.market.slash(jobId, 0) };
    },
    'ClaimRunning',
    'ClaimRunning',
    'ExecutionLapsed',
  ],
  'claimEnd: the requester cancels': [
    async (w) => {
      const { jobId, claimEnd } = await claimed(w);
      return { last: claimEnd, call: () => w.market.connect(w.requester).cancel(jobId) };
    },
    'ClaimRunning',
    'ClaimRunning',
    'ExecutionLapsed JobClosed',
  ],
  'commitBy: an unclaimed job expires': [
    async (w) => {
      const jobId = await w.post();
      return { last: (await w.market.jobOf(jobId)).commitBy, call: () => w.market.expire(jobId) };
    },
    'JobStillOpen',
    'JobStillOpen',
    'JobClosed',
  ],
  'commitBy: a job claimed as late as can be expires': [
    async (w) => {
      const jobId = await w.post();
      const { commitBy } = await w.market.jobOf(jobId);
      await w.at(commitBy - CLAIM);
      await w.market.connect(w.executor).claimExecution(w.executor, jobId);
      return { last: commitBy, call: () => w.market.expire(jobId) };
    },
    'JobStillOpen',
    'JobStillOpen',
    'ExecutionLapsed JobClosed',
  ],
  'deadline − bidWindow − proveSeconds: a first bid': [
    async (w) => {
      const jobId = await w.postTraced();
      const last = (await w.market.jobOf(jobId)).deadline - BigInt(bidWindow) - PROVE;
      return { last, call: () => w.market.connect(w.alice).bid(w.alice, jobId, TRACE_HASH, 1n, UNIT) };
    },
    'BidPlaced',
    'BidPlaced',
    '',
  ],
  'windowEnd: an undercut': [
    async (w) => {
      const { jobId, windowEnd } = await held(w);
      return { last: windowEnd, call: () => w.market.connect(w.bob).bid(w.bob, jobId, TRACE_HASH, 1n, 1n) };
    },
    'BidPlaced',
    'BidPlaced',
    '',
  ],
  "windowEnd: the holder's proof": [
    async (w) => {
      const { jobId, windowEnd } = await held(w);
      return { last: windowEnd, call: await settling(w, jobId, 0, w.alice) };
    },
    'SlicesSkipped:WindowOpen',
    'SlicesSkipped:WindowOpen',
    'SlicesSettled',
  ],
  "lockEnd: the holder's proof": [
    async (w) => {
      const { jobId, lockEnd } = await held(w);
      return { last: lockEnd, call: await settling(w, jobId, 0, w.alice) };
    },
    'SlicesSettled',
    'SlicesSettled',
    'SlicesLapsed SlicesSettled',
  ],
  "lockEnd: another's proof": [
    async (w) => {
      const { jobId, lockEnd } = await held(w);
      return { last: lockEnd, call: await settling(w, jobId, 0, w.bob) };
    },
    'SlicesSkipped:HeldByOther',
    'SlicesSkipped:HeldByOther',
    'SlicesLapsed SlicesSettled',
  ],
  'lockEnd: the hold is slashed': [
    async (w) => {
      const { jobId, lockEnd } = await held(w);
      return { last: lockEnd, call: () => w.market.slash(jobId, 1n) };
    },
    '',
    '',
    'SlicesLapsed',
  ],
  'closing: a proof of an open slice': [
    async (w) => {
      const jobId = await w.postTraced();
      return {
        last: (await w.market.jobOf(jobId)).closing,
        call: await settling(w, jobId, 1, w.bob),
      };
    },
    'SlicesSettled',
    'SlicesSettled',
    'SlicesSkipped:JobClosing',
  ],
  'closing: a proof of a slice whose late lapse is booked': [
    async (w) => {
      const { jobId, lockEnd } = await heldLate(w);
      await w.at(lockEnd + 1n);
      await w.market.slash(jobId, 1n);
      const { closing, deadline } = await w.market.jobOf(jobId);
      expect(closing).to.equal(deadline + PROVE);
      return { last: closing, call: await settling(w, jobId, 0, w.bob) };
    },
    'SlicesSettled',
    'SlicesSettled',
    'SlicesSkipped:JobClosing',
  ],
  'lockEnd + proveSeconds: a proof of a slice whose late lapse nobody booked': [
    async (w) => {
      const { jobId, lockEnd } = await heldLate(w);
      return { last: lockEnd + PROVE, call: await settling(w, jobId, 0, w.bob) };
    },
    'SlicesLapsed SlicesSettled',
    'SlicesLapsed SlicesSettled',
    'SlicesLapsed SlicesSkipped:JobClosing',
  ],
  'cancelEnd: a proof of an open slice': [
    async (w) => {
      const jobId = await w.postTraced();
      const { cancelEnd } = await cancelled(w, jobId);
      return { last: cancelEnd, call: await settling(w, jobId, 1, w.bob) };
    },
    'SlicesSettled',
    'SlicesSettled',
    'SlicesSkipped:JobClosing',
  ],
  'deadline: the requester cancels': [
    async (w) => {
      const jobId = await w.postTraced();
      const { deadline } = await w.market.jobOf(jobId);
      return { last: deadline, call: () => w.market.connect(w.requester).cancel(jobId) };
    },
    'CancelAnnounced',
    'CancelAnnounced',
    'CancelTooLate',
  ],
  'tracedAt + challengeSeconds: a challenge': [
    async (w) => {
      const jobId = await w.postExecuted({ required: 1n });
      return {
        last: await challengeEnd(w, jobId),
        call: () => w.market.connect(w.alice).challenge(jobId, 1),
      };
    },
    'SliceChallenged',
    'SliceChallenged',
    'ChallengeTooLate',
  ],
  'tracedAt + challengeSeconds: a proved job is finalized': [
    async (w) => {
      const jobId = await w.postExecuted({ required: 1n });
      await w.settle(jobId, [{ slice: 0, prover: w.bob }]);
      return { last: await challengeEnd(w, jobId), call: () => w.market.finalize(jobId) };
    },
    'ChallengeTimeRunning',
    'ChallengeTimeRunning',
    'JobFinalized',
  ],
  'closing: a job with an open slice expires': [
    async (w) => {
      const jobId = await w.postTraced();
      return { last: (await w.market.jobOf(jobId)).closing, call: () => w.market.expire(jobId) };
    },
    'JobStillOpen',
    'JobStillOpen',
    'JobClosed',
  ],
  'lockEnd + proveSeconds: a job with a late hold expires': [
    async (w) => {
      const { jobId, lockEnd } = await heldLate(w);
      return { last: lockEnd + PROVE, call: () => w.market.expire(jobId) };
    },
    'JobStillOpen',
    'JobStillOpen',
    'SlicesLapsed JobClosed',
  ],
  'cancelEnd: a cancelled job expires': [
    async (w) => {
      const jobId = await w.postTraced();
      return { last: (await cancelled(w, jobId)).cancelEnd, call: () => w.market.expire(jobId) };
    },
    'JobStillOpen',
    'JobStillOpen',
    'JobClosed',
  ],
  'tracedAt + challengeSeconds: a cancelled job expires that can be challenged until then': [
    async (w) => {
      const jobId = await w.postExecuted({ challengeSeconds: 200 });
      const { tracedAt } = await cancelled(w, jobId);
      return { last: tracedAt + 200n, call: () => w.market.expire(jobId) };
    },
    'JobStillOpen',
    'JobStillOpen',
    'JobClosed',
  ],
  'deadline: a cancelled job expires that has a drawn slice': [
    async (w) => {
      const jobId = await w.postExecuted(AUDITED);
      await networkHelpers.mine(1);
      await w.market.draw(jobId);
      return { last: (await cancelled(w, jobId)).deadline, call: () => w.market.expire(jobId) };
    },
    'JobStillOpen',
    'JobStillOpen',
    'BondForfeited JobClosed',
  ],
  'deadline: a cancelled job expires that has a challenged slice': [
    async (w) => {
      const jobId = await w.postExecuted({ required: 1n });
      await w.market.connect(w.alice).challenge(jobId, 1);
      return { last: (await cancelled(w, jobId)).deadline, call: () => w.market.expire(jobId) };
    },
    'JobStillOpen',
    'JobStillOpen',
    'ChallengeUnproved BondForfeited JobClosed',
  ],
  'deadline: a job expires whose audits nobody drew': [
    async (w) => {
      const jobId = await w.postExecuted(AUDITED);
      await w.settle(jobId, [{ slice: 0, prover: w.bob }]);
      return { last: (await w.market.jobOf(jobId)).deadline, call: () => w.market.expire(jobId) };
    },
    'JobStillOpen',
    'JobStillOpen',
    'BondForfeited JobClosed',
  ],
};

async function claimed(w: World): Promise<{ jobId: string; claimEnd: bigint }> {
  const jobId = await w.post();
  await w.market.connect(w.executor).claimExecution(w.executor, jobId);
  return { jobId, claimEnd: (await w.market.jobOf(jobId)).claimEnd };
}

interface Held {
  readonly jobId: string;
  readonly windowEnd: bigint;
  readonly lockEnd: bigint;
}

/** A job of which Alice holds slice 0. */
async function held(w: World, jobId?: string): Promise<Held> {
  const job = jobId ?? (await w.postTraced());
  await w.market.connect(w.alice).bid(w.alice, job, TRACE_HASH, 1n, UNIT);
  const { windowEnd, lockEnd } = await w.market.sliceOf(job, 0);
  return { jobId: job, windowEnd, lockEnd };
}

/** The same by the last bid that was possible: the hold ends with the deadline. */
async function heldLate(w: World): Promise<Held> {
  const jobId = await w.postTraced();
  const { deadline } = await w.market.jobOf(jobId);
  await w.at(deadline - BigInt(bidWindow) - PROVE);
  const late = await held(w, jobId);
  expect(late.lockEnd).to.equal(deadline);
  return late;
}

async function cancelled(w: World, jobId: string) {
  await w.market.connect(w.requester).cancel(jobId);
  return w.market.jobOf(jobId);
}

async function challengeEnd(w: World, jobId: string): Promise<bigint> {
  return (await w.market.jobOf(jobId)).tracedAt + BigInt(CHALLENGE_SECONDS);
}

/** A settlement that is ready to be sent. */
async function settling(w: World, jobId: string, slice: number, prover: World['alice']) {
  const args = await w.settlement([{ jobId, slice, prover }]);
  return () => w.market.connect(w.settler).settle(...args);
}

/** The market's events of a call, in turn, or the name of what refused it. */
async function outcomeOf(w: World, call: Deadline['call']): Promise<string> {
  try {
    const receipt = await (await call()).wait();
    return (receipt?.logs ?? [])
      .flatMap((log) => {
        const event = w.market.interface.parseLog(log);
        if (event === null) return [];
        if (event.name !== 'SlicesSkipped') return [event.name];
        const [reason] = Object.entries(Skip).find(([, code]) => code === event.args.reason) ?? [];
        return [`SlicesSkipped:${String(reason)}`];
      })
      .join(' ');
  } catch (error) {
    return /reverted with custom error '(\w+)\(/.exec(String(error))?.[1] ?? String(error);
  }
}

describe('every deadline, a second before, in and a second after it', () => {
  for (const [name, [arrange, ...expected]] of Object.entries(DEADLINES)) {
    it(name, async () => {
      const w = await world();
      const { last, call } = await arrange(w);
      const outcomes: string[] = [];
      for (const late of [-1n, 0n, 1n]) {
        const before = await networkHelpers.takeSnapshot();
        await w.at(last + late);
        outcomes.push(await outcomeOf(w, call));
        await before.restore();
      }
      expect(outcomes).to.deep.equal(expected);
    });
  }
});

describe("a draw's blocks", () => {
  // The anchor is the first block that comes after the trace: there is none before it.
  for (const [name, blocks, expected] of [
    ['begin after the anchor', [0n, 1n, 2n], ['DrawTooEarly', 'AuditsDrawn', 'AuditsDrawn']],
    ['end 256 after it', [255n, 256n, 257n], ['AuditsDrawn', 'AuditsDrawn', 'DrawMissed']],
  ] as const) {
    it(name, async () => {
      const w = await world();
      const jobId = await w.postTraced({ ...AUDITED, jobSeconds: 10_000 });
      const { drawAnchor } = await w.market.jobOf(jobId);
      const outcomes: string[] = [];
      for (const after of blocks) {
        const before = await networkHelpers.takeSnapshot();
        const mined = await networkHelpers.time.latestBlock();
        await networkHelpers.mine(drawAnchor + after - 1n - BigInt(mined));
        outcomes.push(await outcomeOf(w, () => w.market.draw(jobId)));
        await before.restore();
      }
      expect(outcomes).to.deep.equal(expected);
    });
  }
});
