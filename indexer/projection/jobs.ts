import { ZeroAddress } from 'ethers';
import { bitsOf, hasBit } from '../../protocol/contracts/masks.ts';
import { putJobWithSlices } from './biddable.ts';
import type { Changes } from './changes.ts';
import { sequenceOf, type EventArgs, type Place } from './events.ts';
import { accountOf, addTotals, book, BURN_ACCOUNT, updateProver } from './ledger.ts';
import { addToPeriods } from './periods.ts';
import type { Rows } from './rows.ts';

export async function jobPosted(changes: Changes, place: Place, args: EventArgs['JobPosted']): Promise<void> {
  const { jobId, modelId, request, due, escrow } = args;
  const requester = args.requester;
  const { offer, execution } = request;
  const { hook } = request.admission;
  const model = await changes.require('Model', modelId);
  changes.put('Model', { ...model, jobCount: model.jobCount + 1 });

  const indexes = Array.from({ length: model.sliceCount }, (_, index) => index);
  for (const index of indexes) {
    changes.put('Slice', {
      id: `${jobId}:${index}`,
      jobId,
      index,
      modelSliceId: `${modelId}:${index}`,
      state: 'OPEN',
      due: hasBit(due, index),
      audited: false,
      challenger: null,
      challengeBond: 0n,
      holder: null,
      bidId: null,
      unitPrice: null,
      price: null,
      collateral: 0n,
      windowEnd: null,
      lockEnd: null,
      raise: 0n,
      bidCount: 0,
      lapseCount: 0,
      rampStart: null,
      biddableUntil: null,
      changedAt: place.timestamp,
      sequence: sequenceOf(place, index),
    });
  }
  changes.put('Job', {
    id: jobId,
    requester,
    modelId,
    state: 'POSTED',
    nonce: request.nonce,
    inputs: [...request.inputs],
    inputDigest: request.inputDigest,
    outputCommitmentOnly: request.outputCommitmentOnly,
    admissionHook: hook === ZeroAddress ? null : hook,
    admissionData: hook === ZeroAddress ? null : request.admission.data,
    dueCount: bitsOf(due).length,
    settledCount: 0,
    minUnitPrice: offer.minUnitPrice,
    maxUnitPrice: offer.maxUnitPrice,
    highUnitPrice: null,
    rampSeconds: offer.rampSeconds,
    bidWindow: offer.bidWindow,
    proveSeconds: offer.proveSeconds,
    minUndercutBps: Number(offer.minUndercutBps),
    collateralBps: Number(offer.collateralBps),
    settleTip: offer.settleTip,
    minExecutionPrice: execution.minPrice,
    maxExecutionPrice: execution.maxPrice,
    executionRampSeconds: execution.rampSeconds,
    commitSeconds: execution.commitSeconds,
    jobSeconds: request.jobSeconds,
    challengeSeconds: request.challengeSeconds,
    feeBps: Number(args.feeBps),
    audits: Number(request.audits),
    drawPending: request.audits > 0n,
    challengedCount: 0,
    outputDigest: null,
    initialEscrow: escrow,
    escrow,
    raises: 0n,
    paid: 0n,
    tips: 0n,
    executionPaid: 0n,
    refunded: 0n,
    challengePaid: 0n,
    executor: null,
    executionPrice: null,
    bond: 0n,
    claimEnd: null,
    commitBy: args.commitBy,
    traceHash: null,
    traceDigest: null,
    trace: [],
    tracedAt: null,
    deadline: null,
    lapseEnd: 0n,
    closing: null,
    cancelled: false,
    cancelEnd: null,
    closeReason: null,
    endedAt: null,
    sequence: sequenceOf(place),
    blockNumber: place.blockNumber,
    timestamp: place.timestamp,
    transactionHash: place.transactionHash,
  });
  await accountOf(changes, place, requester);
  await book(changes, place, [{ account: requester, kind: 'ESCROW', balance: -escrow, jobId }]);
  await addTotals(changes, { jobs: 1, escrows: escrow, escrowed: escrow });
  await addToPeriods(changes, place, { modelId }, { jobs: 1 });
}

export async function executionClaimed(
  changes: Changes,
  place: Place,
  args: EventArgs['ExecutionClaimed'],
): Promise<void> {
  const { jobId, price, bond, claimEnd } = args;
  const executor = args.executor;
  const job = await changes.require('Job', jobId);
  changes.put('Job', { ...job, state: 'CLAIMED', executor, executionPrice: price, bond, claimEnd });
  await book(changes, place, [{ account: executor, kind: 'BOND', balance: -bond, reserved: bond, jobId }]);
  await updateProver(changes, place, executor, ({ bonds }) => ({ bonds: bonds + bond }));
  await addToPeriods(changes, place, { modelId: job.modelId, account: executor, acted: true });
}

export async function executionLapsed(
  changes: Changes,
  place: Place,
  args: EventArgs['ExecutionLapsed'],
): Promise<void> {
  const { jobId, burned, reward } = args;
  const executor = args.executor;
  const job = await changes.require('Job', jobId);
  changes.put('Job', {
    ...job,
    state: 'POSTED',
    executor: null,
    executionPrice: null,
    bond: 0n,
    claimEnd: null,
  });
  await forfeit(
    changes,
    place,
    { jobId, executor, requester: job.requester, madeWhole: 0n, reward, burned, toChallengers: 0n },
    args.caller,
  );
}

export async function traceCommitted(
  changes: Changes,
  place: Place,
  args: EventArgs['TraceCommitted'],
): Promise<void> {
  const executor = args.executor;
  const job = await changes.require('Job', args.jobId);
  await putJobWithSlices(changes, {
    ...job,
    state: 'TRACED',
    executor,
    traceHash: args.traceHash,
    traceDigest: args.traceDigest,
    trace: [...args.trace],
    tracedAt: place.timestamp,
    deadline: args.deadline,
    closing: args.deadline,
  });
  if (job.state === 'CLAIMED') {
    await updateProver(changes, place, executor, ({ executions }) => ({ executions: executions + 1 }));
    const whose = { modelId: job.modelId, account: executor, acted: true };
    await addToPeriods(changes, place, whose, { executions: 1 });
  }
}

export async function cancelAnnounced(
  changes: Changes,
  _place: Place,
  { jobId, deadline }: EventArgs['CancelAnnounced'],
): Promise<void> {
  const job = await changes.require('Job', jobId);
  const cancelled = { ...job, cancelled: true, cancelEnd: deadline };
  await putJobWithSlices(changes, { ...cancelled, closing: closingOf(cancelled) });
}

/**
 * After which second a traced job can be expired. A cancelled one ends with its open slices' time, unless there are slices
 * that can't be cancelled: drawn, to be drawn, or challenged, as they may be while there is time for it.
 */
export function closingOf(job: Rows['Job']): bigint {
  const late = (...times: readonly bigint[]): bigint => times.reduce((a, b) => (a > b ? a : b), 0n);
  const { tracedAt, deadline, cancelEnd, lapseEnd, challengeSeconds } = job;
  if (cancelEnd === null || job.audits > 0 || job.challengedCount > 0) return late(deadline ?? 0n, lapseEnd);
  const challengeable = job.executionPrice !== null && challengeSeconds > 0n;
  return late(cancelEnd, lapseEnd, challengeable ? (tracedAt ?? 0n) + challengeSeconds : 0n);
}

export async function offerRaised(
  changes: Changes,
  place: Place,
  { jobId, highUnitPrice, added }: EventArgs['OfferRaised'],
): Promise<void> {
  const job = await changes.require('Job', jobId);
  changes.put('Job', {
    ...job,
    highUnitPrice,
    initialEscrow: job.initialEscrow + added,
    escrow: job.escrow + added,
  });
  await book(changes, place, [{ account: job.requester, kind: 'ESCROW', balance: -added, jobId }]);
  await addTotals(changes, { escrows: added, escrowed: added });
}

export async function outputRevealed(
  changes: Changes,
  _place: Place,
  { jobId, outputDigest }: EventArgs['OutputRevealed'],
): Promise<void> {
  changes.put('Job', { ...(await changes.require('Job', jobId)), outputDigest });
}

export async function jobFinalized(
  changes: Changes,
  place: Place,
  args: EventArgs['JobFinalized'],
): Promise<void> {
  await end(changes, place, { ...args, burnedRaises: 0n, state: 'FINALIZED', closeReason: null });
  await addTotals(changes, { jobsFinalized: 1 });
}

export async function jobClosed(changes: Changes, place: Place, args: EventArgs['JobClosed']): Promise<void> {
  const closeReason = args.reason === 0n ? 'CANCELLED' : 'EXPIRED';
  await end(changes, place, { ...args, state: 'CLOSED', closeReason });
  await addTotals(changes, { jobsClosed: 1 });
}

export async function bondForfeited(
  changes: Changes,
  place: Place,
  args: EventArgs['BondForfeited'],
): Promise<void> {
  const { jobId, madeWhole, reward, burned } = args;
  const job = await changes.require('Job', jobId);
  changes.put('Job', { ...job, bond: 0n });
  const executor = args.executor;
  // What isn't named here went to challengers, whose events came before.
  const toChallengers = job.bond - madeWhole - reward - burned;
  await forfeit(
    changes,
    place,
    { jobId, executor, requester: job.requester, madeWhole, reward, burned, toChallengers },
    args.caller,
  );
}

interface End {
  readonly jobId: string;
  readonly state: 'FINALIZED' | 'CLOSED';
  readonly closeReason: 'CANCELLED' | 'EXPIRED' | null;
  readonly executionPrice: bigint;
  readonly refund: bigint;
  readonly burnedRaises: bigint;
  /** Released to the executor. */
  readonly bond: bigint;
}

async function end(changes: Changes, place: Place, ending: End): Promise<void> {
  const { jobId, executionPrice, refund, burnedRaises, bond } = ending;
  const job = await changes.require('Job', jobId);
  const executor = job.executor ?? job.requester;
  await putJobWithSlices(changes, {
    ...job,
    state: ending.state,
    closeReason: ending.closeReason,
    escrow: job.escrow - executionPrice - refund,
    raises: job.raises - burnedRaises,
    executionPaid: job.executionPaid + executionPrice,
    refunded: job.refunded + refund,
    bond: job.bond - bond,
    endedAt: place.timestamp,
  });
  await book(changes, place, [
    { account: executor, kind: 'EXECUTION_PAID', balance: executionPrice, jobId },
    { account: job.requester, kind: 'REFUND', balance: refund, jobId },
    { account: BURN_ACCOUNT, kind: 'BURNED', balance: burnedRaises, jobId },
    { account: executor, kind: 'BOND_RELEASED', balance: bond, reserved: -bond, jobId },
  ]);
  if (executionPrice > 0n || bond > 0n) {
    await updateProver(changes, place, executor, (prover) => ({
      earnedExecutions: prover.earnedExecutions + executionPrice,
      bonds: prover.bonds - bond,
    }));
  }
  await addTotals(changes, {
    escrows: -executionPrice - refund,
    raises: -burnedRaises,
    executionPaid: executionPrice,
    refunded: refund,
    burned: burnedRaises,
  });
  const ended = ending.state === 'FINALIZED' ? { jobsFinalized: 1 } : { jobsClosed: 1 };
  await addToPeriods(changes, place, { modelId: job.modelId }, ended);
}

interface Forfeit {
  readonly jobId: string;
  readonly executor: string;
  readonly requester: string;
  readonly madeWhole: bigint;
  readonly reward: bigint;
  readonly burned: bigint;
  readonly toChallengers: bigint;
}

async function forfeit(changes: Changes, place: Place, forfeit: Forfeit, caller: string): Promise<void> {
  const { jobId, executor, requester, madeWhole, reward, burned, toChallengers } = forfeit;
  const bond = madeWhole + reward + burned + toChallengers;
  await book(changes, place, [
    { account: executor, kind: 'BOND_FORFEITED', reserved: -bond, jobId },
    { account: requester, kind: 'MADE_WHOLE', balance: madeWhole, jobId },
    { account: caller, kind: 'REWARD', balance: reward, jobId },
    { account: BURN_ACCOUNT, kind: 'BURNED', balance: burned, jobId },
  ]);
  await updateProver(changes, place, executor, (prover) => ({
    bonds: prover.bonds - bond,
    slashes: prover.slashes + 1,
    slashed: prover.slashed + bond,
  }));
  const { modelId } = await changes.require('Job', jobId);
  await addToPeriods(changes, place, { modelId, account: executor }, { slashes: 1, slashed: bond });
  await addTotals(changes, {
    slashed: bond,
    slashedToCallers: reward,
    slashedToChallengers: toChallengers,
    slashedBurned: burned,
    madeWhole,
    burned,
  });
}
