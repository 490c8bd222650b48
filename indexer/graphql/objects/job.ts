import type { Enums } from '../enums.ts';
import { LARGEST_MODEL } from '../limits.ts';
import type { Relations } from '../relations.ts';

/** A job with what was offered, what came of it, and where its escrow went. */
export function addJob({ refs, Node, one, few, list, place }: Relations, enums: Enums) {
  const { slices, tensors } = LARGEST_MODEL;
  return refs.Job.implement({
    interfaces: [Node],
    description:
      'One inference of one model. Amounts are in 10^-18 of the asset, unit prices such an amount for each constraint.',
    fields: (t) => ({
      id: t.expose('id', { type: 'Bytes32', description: 'Its id in the market.' }),
      requester: t.expose('requester', { type: 'Address', description: 'Who posted it.' }),
      model: one(t, 'Model', 'modelId', { description: 'What is inferred with.' }),
      state: t.expose('state', { type: enums.JobState, description: 'Where it is.' }),
      closeReason: t.expose('closeReason', {
        type: enums.CloseReason,
        nullable: true,
        description: 'How it ended without a result. Absent: it did not.',
      }),
      cancelled: t.exposeBoolean('cancelled', { description: 'The requester announced a cancel.' }),
      nonce: t.expose('nonce', {
        type: 'Amount',
        description: 'What tells requests apart that are the same otherwise.',
      }),
      inputs: list(t, 'Job', 'inputs', tensors, "Commitments of the model's inputs."),
      inputDigest: t.expose('inputDigest', {
        type: 'Bytes32',
        description: 'sha-256 of the input bundle, under which it is fetched from the artifact store.',
      }),
      outputCommitmentOnly: t.exposeBoolean('outputCommitmentOnly', {
        description: 'The output stays a commitment; otherwise it is revealed with the trace.',
      }),
      admissionHook: t.expose('admissionHook', {
        type: 'Address',
        nullable: true,
        description:
          'The contract that says who may claim the execution, bid, or settle what nobody holds. Absent: anyone.',
      }),
      admissionData: t.expose('admissionData', {
        type: 'Bytes32',
        nullable: true,
        description: 'What that contract is told beside job and account: of the market’s own lists, which.',
      }),
      dueCount: t.exposeInt('dueCount', { description: 'Slices that have to be proved.' }),
      settledCount: t.exposeInt('settledCount', { description: 'How many of them are paid.' }),
      minUnitPrice: t.expose('minUnitPrice', {
        type: 'Amount',
        description: 'Where the ramp of unit prices begins.',
      }),
      maxUnitPrice: t.expose('maxUnitPrice', {
        type: 'Amount',
        description: 'Where the ramp of unit prices ends.',
      }),
      rampSeconds: t.expose('rampSeconds', { type: 'Timestamp', description: 'How long the ramp takes.' }),
      bidWindow: t.expose('bidWindow', {
        type: 'Timestamp',
        description: 'Seconds from a first bid in which others may bid less. 0: it wins at once.',
      }),
      proveSeconds: t.expose('proveSeconds', {
        type: 'Timestamp',
        description: 'Seconds that a holder then has to prove.',
      }),
      minUndercutBps: t.exposeInt('minUndercutBps', {
        description: 'By how much a later bid has to be lower, in hundredths of a percent.',
      }),
      collateralBps: t.exposeInt('collateralBps', {
        description: 'What a holder reserves, in hundredths of a percent of the slice’s highest price.',
      }),
      settleTip: t.expose('settleTip', {
        type: 'Amount',
        description: 'What whoever settles a slice gets for it.',
      }),
      minExecutionPrice: t.expose('minExecutionPrice', {
        type: 'Amount',
        description: 'Where the ramp of the price for running the model begins.',
      }),
      maxExecutionPrice: t.expose('maxExecutionPrice', { type: 'Amount', description: 'Where it ends.' }),
      executionRampSeconds: t.expose('executionRampSeconds', {
        type: 'Timestamp',
        description: 'How long that ramp takes, in seconds.',
      }),
      commitSeconds: t.expose('commitSeconds', {
        type: 'Timestamp',
        description: 'Seconds that whoever claims the execution has to commit the trace.',
      }),
      jobSeconds: t.expose('jobSeconds', {
        type: 'Timestamp',
        description: 'Seconds from the trace to the deadline.',
      }),
      challengeSeconds: t.expose('challengeSeconds', {
        type: 'Timestamp',
        description: 'Seconds from the trace in which slices may be challenged. 0: none may.',
      }),
      audits: t.exposeInt('audits', { description: 'How many slices are drawn after the trace.' }),
      drawPending: t.exposeBoolean('drawPending', { description: 'Whether they still have to be.' }),
      challengedCount: t.exposeInt('challengedCount', { description: 'How many slices were challenged.' }),
      highUnitPrice: t.expose('highUnitPrice', {
        type: 'Amount',
        nullable: true,
        description: 'Where the ramp ends, once the offer was raised.',
      }),
      outputDigest: t.expose('outputDigest', {
        type: 'Bytes32',
        nullable: true,
        description: 'keccak256 of the revealed outputs. Absent: none are.',
      }),
      feeBps: t.exposeInt('feeBps', {
        description: 'The market’s fee on its proofs, in hundredths of a percent.',
      }),
      initialEscrow: t.expose('initialEscrow', {
        type: 'Amount',
        description: 'What was put in escrow, raises of the offer included.',
      }),
      escrow: t.expose('escrow', { type: 'Amount', description: 'What is left of it.' }),
      raises: t.expose('raises', {
        type: 'Amount',
        description: 'Shares of slashed collateral that wait for whoever proves the lapsed slices.',
      }),
      paid: t.expose('paid', { type: 'Amount', description: 'To provers, fees included.' }),
      tips: t.expose('tips', { type: 'Amount', description: 'To those who settled.' }),
      executionPaid: t.expose('executionPaid', { type: 'Amount', description: 'To the executor.' }),
      refunded: t.expose('refunded', { type: 'Amount', description: 'Back to the requester.' }),
      challengePaid: t.expose('challengePaid', {
        type: 'Amount',
        description: 'What challengers paid in the escrow’s stead.',
      }),
      executor: t.expose('executor', {
        type: 'Address',
        nullable: true,
        description: 'Who claimed the execution, or committed the trace. Absent: nobody yet.',
      }),
      executionPrice: t.expose('executionPrice', {
        type: 'Amount',
        nullable: true,
        description: 'What the execution was claimed for.',
      }),
      bond: t.expose('bond', { type: 'Amount', description: 'What the executor has reserved.' }),
      claimEnd: t.expose('claimEnd', {
        type: 'Timestamp',
        nullable: true,
        description: 'The last second for the executor’s trace.',
      }),
      commitBy: t.expose('commitBy', {
        type: 'Timestamp',
        description: 'The last second for anybody’s trace.',
      }),
      traceHash: t.expose('traceHash', {
        type: 'Bytes32',
        nullable: true,
        description: 'What binds the commitments of all tensors. Absent before the trace.',
      }),
      traceDigest: t.expose('traceDigest', {
        type: 'Bytes32',
        nullable: true,
        description: 'sha-256 of the bundle of tensors, under which it is fetched from the artifact store.',
      }),
      trace: list(
        t,
        'Job',
        'trace',
        tensors,
        'Commitments of all tensors, by their number; empty before it is committed.',
      ),
      tracedAt: t.expose('tracedAt', {
        type: 'Timestamp',
        nullable: true,
        description: 'When the trace was committed.',
      }),
      deadline: t.expose('deadline', {
        type: 'Timestamp',
        nullable: true,
        description: 'The last second for bids and proofs, but for what a lapse gives besides.',
      }),
      closing: t.expose('closing', {
        type: 'Timestamp',
        nullable: true,
        description: 'After this second the job can be expired.',
      }),
      cancelEnd: t.expose('cancelEnd', {
        type: 'Timestamp',
        nullable: true,
        description: 'Last second for open slices of a cancelled job.',
      }),
      endedAt: t.expose('endedAt', {
        type: 'Timestamp',
        nullable: true,
        description: 'When it was finalized or closed.',
      }),
      slices: few(t, 'Slice', 'jobId', slices, 'Its slices, by their index.'),
      ...place(t, 'it was posted'),
    }),
  });
}
