import { bitsOf } from '../../protocol/contracts/masks.ts';
import { putJobWithSlices, putSlice } from './biddable.ts';
import type { Changes } from './changes.ts';
import type { EventArgs, Place } from './events.ts';
import { closingOf } from './jobs.ts';
import { addTotals, book } from './ledger.ts';

export async function auditsDrawn(
  changes: Changes,
  place: Place,
  { jobId, audited }: EventArgs['AuditsDrawn'],
): Promise<void> {
  const job = await changes.require('Job', jobId);
  let dueCount = job.dueCount;
  for (const index of bitsOf(audited)) {
    const slice = await changes.require('Slice', `${jobId}:${index}`);
    if (!slice.due) dueCount++;
    const { timestamp } = place;
    putSlice(changes, job, {
      ...slice,
      due: true,
      audited: true,
      rampStart: timestamp,
      changedAt: timestamp,
    });
  }
  changes.put('Job', { ...job, dueCount, drawPending: false });
}

export async function sliceChallenged(
  changes: Changes,
  place: Place,
  args: EventArgs['SliceChallenged'],
): Promise<void> {
  const { jobId, challenger, bond, deadline } = args;
  const sliceIndex = Number(args.slice);
  const job = await changes.require('Job', jobId);
  const slice = await changes.require('Slice', `${jobId}:${sliceIndex}`);
  // A challenge of a slice that was drawn moves no ramp.
  const rampStart = slice.audited ? slice.rampStart : place.timestamp;
  const challenged = { due: true, challenger, challengeBond: bond, rampStart, changedAt: place.timestamp };
  changes.put('Slice', { ...slice, ...challenged });
  const longer = {
    ...job,
    dueCount: job.dueCount + 1,
    challengedCount: job.challengedCount + 1,
    deadline,
  };
  await putJobWithSlices(changes, { ...longer, closing: closingOf(longer) });
  await book(changes, place, [
    { account: challenger, kind: 'CHALLENGE', balance: -bond, reserved: bond, jobId, sliceIndex },
  ]);
}

/** The bond pays what the slice's settlement took from the escrow, and those who had to wait: half each, odd units to the requester. */
export async function challengeProved(
  changes: Changes,
  place: Place,
  args: EventArgs['ChallengeProved'],
): Promise<void> {
  const { jobId, challenger, bond, returned, delay } = args;
  const sliceIndex = Number(args.slice);
  await returnBond(changes, place, args);
  await payForChallenge(changes, jobId, bond - returned - delay);
  const { executor, requester } = await changes.require('Job', jobId);
  const half = delay / 2n;
  await book(changes, place, [
    {
      account: challenger,
      kind: 'CHALLENGE_RETURNED',
      balance: returned,
      reserved: -bond,
      jobId,
      sliceIndex,
    },
    { account: executor ?? requester, kind: 'CHALLENGE_DELAY', balance: half, jobId, sliceIndex },
    { account: requester, kind: 'CHALLENGE_DELAY', balance: delay - half, jobId, sliceIndex },
  ]);
}

export async function challengeUnproved(
  changes: Changes,
  place: Place,
  args: EventArgs['ChallengeUnproved'],
): Promise<void> {
  const { jobId, challenger, bond, reward } = args;
  const sliceIndex = Number(args.slice);
  await returnBond(changes, place, args);
  await book(changes, place, [
    { account: challenger, kind: 'CHALLENGE_RETURNED', balance: bond, reserved: -bond, jobId, sliceIndex },
    { account: challenger, kind: 'CHALLENGE_REWARD', balance: reward, jobId, sliceIndex },
  ]);
}

async function returnBond(
  changes: Changes,
  place: Place,
  { jobId, slice: index }: { readonly jobId: string; readonly slice: bigint },
): Promise<void> {
  const slice = await changes.require('Slice', `${jobId}:${index}`);
  changes.put('Slice', { ...slice, challengeBond: 0n, changedAt: place.timestamp });
}

async function payForChallenge(changes: Changes, jobId: string, amount: bigint): Promise<void> {
  const job = await changes.require('Job', jobId);
  changes.put('Job', {
    ...job,
    escrow: job.escrow + amount,
    challengePaid: job.challengePaid + amount,
  });
  await addTotals(changes, { escrows: amount, challengePaid: amount });
}
