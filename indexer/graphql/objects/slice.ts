import type { Enums } from '../enums.ts';
import type { Relations } from '../relations.ts';
import { unitPriceOf } from '../unit-price.ts';

/** Slices of jobs, and the bids on them. */
export function addSlice({ refs, Node, one, place }: Relations, enums: Enums) {
  const Slice = refs.Slice.implement({
    interfaces: [Node],
    description: 'A slice of a job.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The job’s id, a colon and the index.' }),
      job: one(t, 'Job', 'jobId', { description: 'The job that it is of.' }),
      jobId: t.expose('jobId', { type: 'Bytes32', description: 'The id of the job that it is of.' }),
      index: t.exposeInt('index', { description: 'Its number in the model, from 0.' }),
      modelSlice: one(t, 'ModelSlice', 'modelSliceId', { description: 'What its model says of it.' }),
      state: t.expose('state', {
        type: enums.SliceState,
        description:
          'As booked: a hold whose `lockEnd` has passed stays HELD until somebody books its lapse.',
      }),
      due: t.exposeBoolean('due', { description: 'Whether it has to be proved.' }),
      audited: t.exposeBoolean('audited', { description: 'Whether that is because it was drawn.' }),
      challenger: t.expose('challenger', {
        type: 'Address',
        nullable: true,
        description: 'Who made it due by a challenge.',
      }),
      holder: t.expose('holder', {
        type: 'Address',
        nullable: true,
        description: 'Who holds it, or held it when it lapsed, or was paid for it.',
      }),
      unitPrice: t.expose('unitPrice', {
        type: 'Amount',
        nullable: true,
        description:
          'The holder’s bid for each unit of weight, in 10^-18 of the asset; what was paid once settled.',
      }),
      price: t.expose('price', {
        type: 'Amount',
        nullable: true,
        description: 'The holder’s bid, in 10^-18 of the asset; what was paid once settled.',
      }),
      collateral: t.expose('collateral', {
        type: 'Amount',
        description: 'What the holder has reserved for it, in 10^-18 of the asset.',
      }),
      windowEnd: t.expose('windowEnd', {
        type: 'Timestamp',
        nullable: true,
        description: 'The last second in which others may bid less than its holder.',
      }),
      lockEnd: t.expose('lockEnd', {
        type: 'Timestamp',
        nullable: true,
        description: 'The last second of the holder’s time to prove it.',
      }),
      raise: t.expose('raise', {
        type: 'Amount',
        description: 'What proving it pays besides the price, in 10^-18 of the asset.',
      }),
      unitPriceNow: t.field({
        type: 'Amount',
        nullable: true,
        extensions: { volatile: true },
        description:
          'The most that a bid may ask for each unit of its weight now, in 10^-18 of the asset; absent when nobody can bid on it. Whether its job admits the bidder is for the contract to say.',
        resolve: async (slice, _args, { reads }) => {
          const [job, now] = await Promise.all([reads.row('Job', slice.jobId), reads.now()]);
          return job === undefined ? null : unitPriceOf(job, slice, now);
        },
      }),
      biddable: t.boolean({
        extensions: { volatile: true },
        description: 'Whether somebody can bid on it now: `unitPriceNow` says for how much.',
        resolve: async ({ biddableUntil }, _args, { reads }) =>
          biddableUntil !== null && (await reads.now()) <= BigInt(biddableUntil),
      }),
      bidCount: t.exposeInt('bidCount', { description: 'How many bids there were on it.' }),
      lapseCount: t.exposeInt('lapseCount', { description: 'How often a holder let it lapse.' }),
      changedAt: t.expose('changedAt', { type: 'Timestamp', description: 'When it last changed.' }),
      proof: one(t, 'Proof', 'id', {
        nullable: true,
        description: 'The proof that was paid. Absent: none yet.',
      }),
    }),
  });

  const Bid = refs.Bid.implement({
    interfaces: [Node],
    description: 'What a prover asked for a slice, and what became of it.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Block number, position in the block, and the slice’s index.' }),
      job: one(t, 'Job', 'jobId', { description: 'The job of its slice.' }),
      slice: one(t, 'Slice', 'sliceId', { description: 'What it bids on.' }),
      prover: one(t, 'Prover', 'proverId', { description: 'Who bid.' }),
      state: t.expose('state', { type: enums.BidState, description: 'What became of it.' }),
      unitPrice: t.expose('unitPrice', {
        type: 'Amount',
        description: 'What it asks for each unit of the slice’s weight, in 10^-18 of the asset.',
      }),
      price: t.expose('price', {
        type: 'Amount',
        description: 'What it asks for the slice, in 10^-18 of the asset.',
      }),
      collateral: t.expose('collateral', {
        type: 'Amount',
        description: 'What was reserved for it, in 10^-18 of the asset.',
      }),
      windowEnd: t.expose('windowEnd', {
        type: 'Timestamp',
        description: 'The last second in which others could bid less.',
      }),
      lockEnd: t.expose('lockEnd', {
        type: 'Timestamp',
        description: 'The last second of its time to prove.',
      }),
      outbid: t.expose('outbid', { type: 'Address', nullable: true, description: 'Whom it replaced.' }),
      ...place(t, 'it was placed'),
    }),
  });
  return { Slice, Bid };
}
