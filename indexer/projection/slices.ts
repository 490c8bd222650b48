import { SkipReason } from '../generated/prisma/client.ts';
import type { Changes } from './changes.ts';
import { sequenceOf, type EventArgs, type Place } from './events.ts';
import { closingOf } from './jobs.ts';
import { addTotals, book, BURN_ACCOUNT, totals, updateProver } from './ledger.ts';
import type { Rows } from './rows.ts';

export async function bidPlaced(changes: Changes, place: Place, args: EventArgs['BidPlaced']): Promise<void> {
  const { jobId, unitPrice, price, collateral, windowEnd, lockEnd } = args;
  const sliceIndex = Number(args.slice);
  const prover = args.prover;
  const slice = await changes.require('Slice', `${jobId}:${sliceIndex}`);
  const outbid = slice.state === 'HELD' ? slice.holder : null;
  if (outbid !== null) {
    await setBid(changes, slice.bidId, 'OUTBID');
    await book(changes, place, [
      { account: prover, kind: 'COLLATERAL', balance: -collateral, reserved: collateral, jobId, sliceIndex },
      {
        account: outbid,
        kind: 'COLLATERAL_RELEASED',
        balance: slice.collateral,
        reserved: -slice.collateral,
        jobId,
        sliceIndex,
      },
    ]);
    await updateProver(changes, place, outbid, (record) => ({
      heldSlices: record.heldSlices - 1,
      collateral: record.collateral - slice.collateral,
    }));
  } else {
    await book(changes, place, [
      { account: prover, kind: 'COLLATERAL', balance: -collateral, reserved: collateral, jobId, sliceIndex },
    ]);
  }
  await updateProver(changes, place, prover, (record) => ({
    bidCount: record.bidCount + 1,
    heldSlices: record.heldSlices + 1,
    collateral: record.collateral + collateral,
  }));
  const bidId = `${place.blockNumber}-${place.logIndex}`;
  changes.put('Bid', {
    id: bidId,
    jobId,
    sliceId: slice.id,
    proverId: prover,
    state: 'LEADING',
    unitPrice,
    price,
    collateral,
    windowEnd,
    lockEnd,
    outbid,
    sequence: sequenceOf(place),
    blockNumber: place.blockNumber,
    timestamp: place.timestamp,
    transactionHash: place.transactionHash,
  });
  changes.put('Slice', {
    ...slice,
    state: 'HELD',
    holder: prover,
    bidId,
    unitPrice,
    price,
    collateral,
    windowEnd,
    lockEnd,
    bidCount: slice.bidCount + 1,
    changedAt: place.timestamp,
  });
  await addTotals(changes, { bids: 1 });
}

export async function sliceSettled(
  changes: Changes,
  place: Place,
  args: EventArgs['SliceSettled'],
): Promise<void> {
  const { jobId, price, fee, raise, tip } = args;
  const sliceIndex = Number(args.slice);
  const prover = args.prover;
  const settler = args.settler;
  const slice = await changes.require('Slice', `${jobId}:${sliceIndex}`);
  const modelSlice = await changes.require('ModelSlice', slice.modelSliceId);
  const job = await changes.require('Job', jobId);
  const { treasury } = await totals(changes);
  const held = slice.state === 'HELD' ? slice.collateral : 0n;
  const earned = price - fee + raise;

  await book(changes, place, [
    { account: prover, kind: 'SLICE_PAID', balance: earned, jobId, sliceIndex },
    { account: prover, kind: 'COLLATERAL_RELEASED', balance: held, reserved: -held, jobId, sliceIndex },
    { account: treasury, kind: 'FEE', balance: fee, jobId, sliceIndex },
    { account: settler, kind: 'TIP', balance: tip, jobId, sliceIndex },
  ]);
  await updateProver(changes, place, prover, (record) => ({
    settledSlices: record.settledSlices + 1,
    earnedSlices: record.earnedSlices + earned,
    heldSlices: record.heldSlices - (slice.state === 'HELD' ? 1 : 0),
    collateral: record.collateral - held,
  }));
  if (slice.state === 'HELD') await setBid(changes, slice.bidId, 'PAID');
  changes.put('Slice', {
    ...slice,
    state: 'SETTLED',
    holder: prover,
    unitPrice: modelSlice.weight === 0n ? slice.unitPrice : price / modelSlice.weight,
    price,
    collateral: 0n,
    raise: slice.raise - raise,
    changedAt: place.timestamp,
  });
  changes.put('Job', {
    ...job,
    settledCount: job.settledCount + 1,
    escrow: job.escrow - price - tip,
    raises: job.raises - raise,
    paid: job.paid + price,
    tips: job.tips + tip,
  });
  changes.put('Proof', {
    id: slice.id,
    jobId,
    circuitId: modelSlice.circuitId,
    proverId: prover,
    settlementId: place.transactionHash,
    price,
    fee,
    raise,
    tip,
    sequence: sequenceOf(place),
    blockNumber: place.blockNumber,
    timestamp: place.timestamp,
    transactionHash: place.transactionHash,
  });
  await updateSettlement(changes, place, settler, (settlement) => ({
    proofCount: settlement.proofCount + 1,
    paid: settlement.paid + price,
    fees: settlement.fees + fee,
    tips: settlement.tips + tip,
  }));
  await addTotals(changes, {
    settledSlices: 1,
    escrows: -price - tip,
    raises: -raise,
    paid: price,
    fees: fee,
    tips: tip,
    raisesPaid: raise,
  });
}

/** ISliceMarket.SkipReason by number. */
const SKIP_REASONS = Object.values(SkipReason).filter((reason) => reason !== 'UNKNOWN');

export async function sliceSkipped(
  changes: Changes,
  place: Place,
  args: EventArgs['SliceSkipped'],
): Promise<void> {
  const sliceId = `${args.jobId}:${args.slice}`;
  await changes.require('Slice', sliceId);
  changes.put('Skip', {
    id: `${place.blockNumber}-${place.logIndex}`,
    sliceId,
    settlementId: place.transactionHash,
    prover: args.prover,
    reason: SKIP_REASONS[Number(args.reason)] ?? 'UNKNOWN',
    sequence: sequenceOf(place),
    blockNumber: place.blockNumber,
    timestamp: place.timestamp,
    transactionHash: place.transactionHash,
  });
  await updateSettlement(changes, place, undefined, ({ skipCount }) => ({ skipCount: skipCount + 1 }));
  await addTotals(changes, { skippedSlices: 1 });
}

export async function sliceLapsed(
  changes: Changes,
  place: Place,
  args: EventArgs['SliceLapsed'],
): Promise<void> {
  const { jobId, burned, raise, reward } = args;
  const sliceIndex = Number(args.slice);
  const holder = args.holder;
  const collateral = burned + raise + reward;
  const slice = await changes.require('Slice', `${jobId}:${sliceIndex}`);
  const job = await changes.require('Job', jobId);
  await book(changes, place, [
    { account: holder, kind: 'COLLATERAL_SLASHED', reserved: -collateral, jobId, sliceIndex },
    { account: args.caller, kind: 'REWARD', balance: reward, jobId, sliceIndex },
    { account: BURN_ACCOUNT, kind: 'BURNED', balance: burned, jobId, sliceIndex },
  ]);
  await setBid(changes, slice.bidId, 'LAPSED');
  await updateProver(changes, place, holder, (record) => ({
    heldSlices: record.heldSlices - 1,
    collateral: record.collateral - collateral,
    slashes: record.slashes + 1,
    slashed: record.slashed + collateral,
  }));
  changes.put('Slice', {
    ...slice,
    state: 'LAPSED',
    collateral: slice.collateral - collateral,
    raise: slice.raise + raise,
    lapseCount: slice.lapseCount + 1,
    changedAt: place.timestamp,
  });
  // Whoever proves it after all gets as long as the holder had.
  const lapseEnd = (slice.lockEnd ?? 0n) + job.proveSeconds;
  const lapsed = { ...job, lapseEnd: lapseEnd > job.lapseEnd ? lapseEnd : job.lapseEnd };
  changes.put('Job', { ...lapsed, raises: job.raises + raise, closing: closingOf(lapsed) });
  await addTotals(changes, {
    lapses: 1,
    raises: raise,
    slashed: collateral,
    slashedToRaises: raise,
    slashedToCallers: reward,
    slashedBurned: burned,
    burned,
  });
}

async function setBid(changes: Changes, bidId: string | null, state: Rows['Bid']['state']): Promise<void> {
  if (bidId === null) return;
  changes.put('Bid', { ...(await changes.require('Bid', bidId)), state });
}

async function updateSettlement(
  changes: Changes,
  place: Place,
  settler: string | undefined,
  update: (settlement: Rows['Settlement']) => Partial<Rows['Settlement']>,
): Promise<void> {
  let settlement = await changes.get('Settlement', place.transactionHash);
  if (settlement === undefined) {
    await addTotals(changes, { settlements: 1 });
    settlement = {
      id: place.transactionHash,
      // Nothing in it was paid so far, so no event has said who the market's caller was.
      settler: settler ?? place.transaction?.from ?? '',
      proofCount: 0,
      skipCount: 0,
      paid: 0n,
      fees: 0n,
      tips: 0n,
      gasUsed: place.transaction?.gasUsed ?? 0n,
      gasPrice: place.transaction?.gasPrice ?? 0n,
      sequence: sequenceOf(place),
      blockNumber: place.blockNumber,
      timestamp: place.timestamp,
    };
  }
  changes.put('Settlement', {
    ...settlement,
    settler: settler ?? settlement.settler,
    ...update(settlement),
  });
}
