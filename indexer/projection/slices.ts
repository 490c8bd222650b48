import { SkipReason } from '../generated/prisma/client.ts';
import { putSlice } from './biddable.ts';
import type { Changes } from './changes.ts';
import { placed, sequenceOf, type EventArgs, type Place } from './events.ts';
import { bitsOf } from '../../protocol/contracts/masks.ts';
import { closingOf } from './jobs.ts';
import { addTotals, book, BURN_ACCOUNT, totals, updateProver } from './ledger.ts';
import { addToPeriods } from './periods.ts';
import type { Rows } from './rows.ts';

export async function bidPlaced(changes: Changes, place: Place, args: EventArgs['BidPlaced']): Promise<void> {
  const { jobId, prover, unitPrice, collateral, windowEnd, lockEnd } = args;
  const slices = await slicesOf(changes, jobId, args.slices);
  const job = await changes.require('Job', jobId);
  const { modelId, collateralBps, maxUnitPrice } = job;
  // Rounded up for each constraint, as the contract does.
  const unitCollateral = (maxUnitPrice * BigInt(collateralBps) + 9_999n) / 10_000n;
  const outbid = slices[0].slice.state === 'HELD' ? slices[0].slice.holder : null;
  await book(changes, place, [
    {
      account: prover,
      kind: 'COLLATERAL',
      balance: -collateral,
      reserved: collateral,
      ...onlyOf(jobId, slices),
    },
    ...(outbid === null
      ? []
      : [
          {
            account: outbid,
            kind: 'COLLATERAL_RELEASED' as const,
            balance: collateral,
            reserved: -collateral,
            ...onlyOf(jobId, slices),
          },
        ]),
  ]);
  if (outbid !== null) {
    await updateProver(changes, place, outbid, (record) => ({
      heldSlices: record.heldSlices - slices.length,
      collateral: record.collateral - collateral,
    }));
  }
  await updateProver(changes, place, prover, (record) => ({
    bidCount: record.bidCount + slices.length,
    heldSlices: record.heldSlices + slices.length,
    collateral: record.collateral + collateral,
  }));
  for (const { slice, index, weight } of slices) {
    if (outbid !== null) await setBid(changes, slice.bidId, 'OUTBID');
    const bidId = `${place.blockNumber}-${place.logIndex}-${index}`;
    const terms = {
      unitPrice,
      price: weight * unitPrice,
      collateral: weight * unitCollateral,
      windowEnd,
      lockEnd,
    };
    changes.put('Bid', {
      id: bidId,
      jobId,
      sliceId: slice.id,
      proverId: prover,
      state: 'LEADING',
      ...terms,
      outbid,
      ...placed(place, index),
    });
    putSlice(changes, job, {
      ...slice,
      state: 'HELD',
      holder: prover,
      bidId,
      ...terms,
      bidCount: slice.bidCount + 1,
      changedAt: place.timestamp,
    });
  }
  await addTotals(changes, { bids: slices.length });
  const whose = { modelId, account: prover, acted: true };
  await addToPeriods(changes, place, whose, { bids: slices.length });
}

export async function slicesSettled(
  changes: Changes,
  place: Place,
  args: EventArgs['SlicesSettled'],
): Promise<void> {
  const { jobId, prover, settler, unitPrice, price, fee, raise, tip, released } = args;
  const slices = await slicesOf(changes, jobId, args.slices);
  const job = await changes.require('Job', jobId);
  const { treasury } = await totals(changes);
  const earned = price - fee + raise;
  const only = onlyOf(jobId, slices);
  await book(changes, place, [
    { account: prover, kind: 'SLICE_PAID', balance: earned, ...only },
    { account: prover, kind: 'COLLATERAL_RELEASED', balance: released, reserved: -released, ...only },
    { account: treasury, kind: 'FEE', balance: fee, ...only },
    { account: settler, kind: 'TIP', balance: tip, ...only },
  ]);
  const held = slices.filter(({ slice }) => slice.state === 'HELD').length;
  await updateProver(changes, place, prover, (record) => ({
    settledSlices: record.settledSlices + slices.length,
    earnedSlices: record.earnedSlices + earned,
    heldSlices: record.heldSlices - held,
    collateral: record.collateral - released,
  }));
  let feeLeft = fee;
  for (const [i, { slice, index, weight, circuitId }] of slices.entries()) {
    if (slice.state === 'HELD') await setBid(changes, slice.bidId, 'PAID');
    const cost = weight * unitPrice;
    // The fee is of the whole price: what rounding leaves goes with the last slice.
    const part = i === slices.length - 1 ? feeLeft : (cost * BigInt(job.feeBps)) / 10_000n;
    feeLeft -= part;
    putSlice(changes, job, {
      ...slice,
      state: 'SETTLED',
      holder: prover,
      unitPrice,
      price: cost,
      collateral: 0n,
      raise: 0n,
      changedAt: place.timestamp,
    });
    changes.put('Proof', {
      id: slice.id,
      jobId,
      circuitId,
      proverId: prover,
      settlementId: place.transactionHash,
      price: cost,
      fee: part,
      raise: slice.raise,
      tip: job.settleTip,
      ...placed(place, index),
    });
  }
  changes.put('Job', {
    ...job,
    settledCount: job.settledCount + slices.length,
    escrow: job.escrow - price - tip,
    raises: job.raises - raise,
    paid: job.paid + price,
    tips: job.tips + tip,
  });
  const { modelId } = job;
  await addToPeriods(
    changes,
    place,
    { modelId, account: prover, acted: true },
    {
      slices: slices.length,
      volume: price,
      gas: await gasOf(changes, place, slices.length),
      prices: slices.map(() => unitPrice),
      delays: slices.map(
        ({ slice }) => place.timestamp - (slice.rampStart ?? job.tracedAt ?? place.timestamp),
      ),
    },
  );
  await updateSettlement(changes, place, settler, (settlement) => ({
    proofCount: settlement.proofCount + slices.length,
    paid: settlement.paid + price,
    fees: settlement.fees + fee,
    tips: settlement.tips + tip,
  }));
  await addTotals(changes, {
    settledSlices: slices.length,
    escrows: -price - tip,
    raises: -raise,
    paid: price,
    fees: fee,
    tips: tip,
    raisesPaid: raise,
  });
}

/** These slices' part of their settlement's gas, whole: the parts of all that it pays are what it used. */
async function gasOf(changes: Changes, place: Place, count: number): Promise<bigint> {
  const gas = place.transaction?.gasUsed ?? 0n;
  const before = (await changes.get('Settlement', place.transactionHash))?.proofCount ?? 0;
  const until = (paid: number): bigint => (gas * BigInt(paid)) / BigInt(place.paidSlices);
  return until(before + count) - until(before);
}

/** ISliceMarket.SkipReason by number. */
const SKIP_REASONS = Object.values(SkipReason).filter((reason) => reason !== 'UNKNOWN');

export async function slicesSkipped(
  changes: Changes,
  place: Place,
  args: EventArgs['SlicesSkipped'],
): Promise<void> {
  const indexes = bitsOf(args.slices);
  for (const index of indexes) {
    const sliceId = `${args.jobId}:${index}`;
    await changes.require('Slice', sliceId);
    changes.put('Skip', {
      id: `${place.blockNumber}-${place.logIndex}-${index}`,
      sliceId,
      settlementId: place.transactionHash,
      prover: args.prover,
      reason: SKIP_REASONS[Number(args.reason)] ?? 'UNKNOWN',
      ...placed(place, index),
    });
  }
  await updateSettlement(changes, place, undefined, ({ skipCount }) => ({
    skipCount: skipCount + indexes.length,
  }));
  await addTotals(changes, { skippedSlices: indexes.length });
}

export async function slicesLapsed(
  changes: Changes,
  place: Place,
  args: EventArgs['SlicesLapsed'],
): Promise<void> {
  const { jobId, holder, burned, raise, reward } = args;
  const collateral = burned + raise + reward;
  const slices = await slicesOf(changes, jobId, args.slices);
  const job = await changes.require('Job', jobId);
  const only = onlyOf(jobId, slices);
  await book(changes, place, [
    { account: holder, kind: 'COLLATERAL_SLASHED', reserved: -collateral, ...only },
    { account: args.caller, kind: 'REWARD', balance: reward, ...only },
    { account: BURN_ACCOUNT, kind: 'BURNED', balance: burned, ...only },
  ]);
  await updateProver(changes, place, holder, (record) => ({
    heldSlices: record.heldSlices - slices.length,
    collateral: record.collateral - collateral,
    slashes: record.slashes + slices.length,
    slashed: record.slashed + collateral,
  }));
  const whose = { modelId: job.modelId, account: holder };
  await addToPeriods(changes, place, whose, { slashes: slices.length, slashed: collateral });
  let lapseEnd = job.lapseEnd;
  for (const { slice } of slices) {
    await setBid(changes, slice.bidId, 'LAPSED');
    putSlice(changes, job, {
      ...slice,
      state: 'LAPSED',
      collateral: 0n,
      // Half burned, a tenth to the caller, the rest for whoever proves it.
      raise: slice.collateral - slice.collateral / 2n - slice.collateral / 10n,
      lapseCount: slice.lapseCount + 1,
      changedAt: place.timestamp,
    });
    // Whoever proves it after all gets as long as the holder had.
    const end = (slice.lockEnd ?? 0n) + job.proveSeconds;
    if (end > lapseEnd) lapseEnd = end;
  }
  const lapsed = { ...job, lapseEnd };
  changes.put('Job', { ...lapsed, raises: job.raises + raise, closing: closingOf(lapsed) });
  await addTotals(changes, {
    lapses: slices.length,
    raises: raise,
    slashed: collateral,
    slashedToRaises: raise,
    slashedToCallers: reward,
    slashedBurned: burned,
    burned,
  });
}

interface NamedSlice {
  readonly index: number;
  readonly slice: Rows['Slice'];
  readonly weight: bigint;
  readonly circuitId: string | null;
}

/** The slices that a mask names, with what their model says of them. */
async function slicesOf(changes: Changes, jobId: string, mask: bigint): Promise<NamedSlice[]> {
  const named: NamedSlice[] = [];
  for (const index of bitsOf(mask)) {
    const slice = await changes.require('Slice', `${jobId}:${index}`);
    const { weight, circuitId } = await changes.require('ModelSlice', slice.modelSliceId);
    named.push({ index, slice, weight, circuitId });
  }
  return named;
}

/** What a movement in the ledger is of: a job, and a slice if it is of one alone. */
function onlyOf(jobId: string, slices: readonly NamedSlice[]): { jobId: string; sliceIndex?: number } {
  return slices.length === 1 ? { jobId, sliceIndex: slices[0].index } : { jobId };
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
