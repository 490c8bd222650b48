import type { Enums } from '../enums.ts';
import type { Relations } from '../relations.ts';

/** What settling transactions did: proofs that were paid, slices that were skipped. */
export function addSettling({ refs, Node, one, place }: Relations, enums: Enums) {
  const Proof = refs.Proof.implement({
    interfaces: [Node],
    description: 'A slice that was proved and paid.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The slice’s.' }),
      job: one(t, 'Job', 'jobId', { description: 'The job of the slice.' }),
      jobId: t.expose('jobId', { type: 'Bytes32', description: 'The id of the job of the slice.' }),
      slice: one(t, 'Slice', 'id', { description: 'What was proved.' }),
      circuit: one(t, 'Circuit', 'circuitId', {
        nullable: true,
        description: 'What the proof was checked with.',
      }),
      prover: one(t, 'Prover', 'proverId', { description: 'Who was paid.' }),
      settlement: one(t, 'Settlement', 'settlementId', { description: 'The transaction that paid it.' }),
      price: t.expose('price', {
        type: 'Amount',
        description: 'What it cost the job, in 10^-18 of the asset.',
      }),
      fee: t.expose('fee', { type: 'Amount', description: 'Taken from the price, in 10^-18 of the asset.' }),
      raise: t.expose('raise', {
        type: 'Amount',
        description: 'Paid besides the price, in 10^-18 of the asset.',
      }),
      tip: t.expose('tip', {
        type: 'Amount',
        description: 'To whoever settled it, in 10^-18 of the asset.',
      }),
      ...place(t, 'it was paid'),
    }),
  });

  const Skip = refs.Skip.implement({
    interfaces: [Node],
    description: 'A slice that was proved and not paid.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Block number, position in the block, and the slice’s index.' }),
      slice: one(t, 'Slice', 'sliceId', { description: 'What was not paid.' }),
      settlement: one(t, 'Settlement', 'settlementId', { description: 'The transaction that skipped it.' }),
      prover: t.expose('prover', { type: 'Address', description: 'Whose proof it was.' }),
      reason: t.expose('reason', { type: enums.SkipReason, description: 'Why.' }),
      ...place(t, 'it was skipped'),
    }),
  });

  const Settlement = refs.Settlement.implement({
    interfaces: [Node],
    description: 'A transaction that settled slices.',
    fields: (t) => ({
      id: t.expose('id', { type: 'Bytes32', description: 'The transaction’s hash.' }),
      settler: t.expose('settler', { type: 'Address', description: 'Who got the tips.' }),
      proofCount: t.exposeInt('proofCount', { description: 'Slices that it paid.' }),
      skipCount: t.exposeInt('skipCount', { description: 'Slices that it skipped.' }),
      paid: t.expose('paid', {
        type: 'Amount',
        description: 'For its proofs, fees included, in 10^-18 of the asset.',
      }),
      fees: t.expose('fees', { type: 'Amount', description: 'The market’s part, in 10^-18 of the asset.' }),
      tips: t.expose('tips', { type: 'Amount', description: 'To the settler, in 10^-18 of the asset.' }),
      gasUsed: t.expose('gasUsed', { type: 'Amount', description: 'Gas of the whole transaction.' }),
      gasPrice: t.expose('gasPrice', {
        type: 'Amount',
        description: "What a unit of gas cost, in the chain's own smallest unit.",
      }),
      blockNumber: t.exposeInt('blockNumber', { description: 'Number of the block that it is in.' }),
      timestamp: t.expose('timestamp', { type: 'Timestamp', description: 'When that block was made.' }),
    }),
  });
  return { Proof, Skip, Settlement };
}
