import { LARGEST_MODEL } from './limits.ts';
import type { Builder, Enums } from './builder.ts';
import { addRelations } from './relations.ts';
import { unitPriceOf } from './unit-price.ts';

/** The rows as GraphQL objects, without the lists that hang on them. */
export function addObjects(builder: Builder, enums: Enums) {
  const { refs, one, few, list } = addRelations(builder);
  const { slices, tensors } = LARGEST_MODEL;
  const Circuit = refs.Circuit.implement({
    description: 'A verifying key that proofs are checked with, or another contract that checks them.',
    fields: (t) => ({
      id: t.exposeID('id', { description: "The registry's number." }),
      keyDigest: t.expose('keyDigest', {
        type: 'Bytes32',
        description: 'keccak256 of the verifying key, or of what says which contract verifies.',
      }),
      srsId: t.expose('srsId', {
        type: 'Bytes32',
        description: 'Circuits of one phase 1 share it. Zero: another contract verifies.',
      }),
      setupDigest: t.expose('setupDigest', {
        type: 'Bytes32',
        description: 'sha-256 of the description of how the keys were made.',
      }),
      signals: t.exposeInt('signals'),
      verifier: t.expose('verifier', {
        type: 'Address',
        nullable: true,
        description: 'The contract that verifies. Absent: the verifying key does.',
      }),
      gasLimit: t.exposeInt('gasLimit', {
        nullable: true,
        description: 'What that contract may take for a proof at most.',
      }),
      codeHash: t.expose('codeHash', {
        type: 'Bytes32',
        nullable: true,
        description: 'Hash of the code that it has to have.',
      }),
      keyStore: t.expose('keyStore', { type: 'Address' }),
      registrant: t.expose('registrant', { type: 'Address' }),
      blockNumber: t.exposeInt('blockNumber'),
      timestamp: t.expose('timestamp', { type: 'Timestamp' }),
      transactionHash: t.expose('transactionHash', { type: 'Bytes32' }),
    }),
  });

  const Model = refs.Model.implement({
    description: 'A network as a graph of slices over tensors.',
    fields: (t) => ({
      id: t.expose('id', { type: 'Bytes32' }),
      publisher: t.expose('publisher', { type: 'Address' }),
      manifestDigest: t.expose('manifestDigest', {
        type: 'Bytes32',
        description: 'sha-256 of the manifest, under which it is fetched from the artifact store.',
      }),
      store: t.expose('store', { type: 'Address' }),
      inputCount: t.exposeInt('inputCount', { description: 'Tensors 0 to inputCount − 1 are the inputs.' }),
      outputs: t.exposeIntList('outputs', {
        description: 'Tensors that are the outputs.',
        extensions: { most: tensors },
      }),
      sliceCount: t.exposeInt('sliceCount'),
      provableCount: t.exposeInt('provableCount'),
      jobCount: t.exposeInt('jobCount'),
      slices: few(t, 'ModelSlice', 'modelId', slices, 'By their index.'),
      tensors: few(t, 'ModelTensor', 'modelId', tensors, 'By their index.'),
      blockNumber: t.exposeInt('blockNumber'),
      timestamp: t.expose('timestamp', { type: 'Timestamp' }),
      transactionHash: t.expose('transactionHash', { type: 'Bytes32' }),
    }),
  });

  refs.ModelSlice.implement({
    description: 'A slice as its model defines it.',
    fields: (t) => ({
      id: t.exposeID('id'),
      index: t.exposeInt('index'),
      model: one(t, 'Model', 'modelId'),
      circuit: one(t, 'Circuit', 'circuitId', {
        nullable: true,
        description: 'Absent: executed, not provable.',
      }),
      weight: t.expose('weight', {
        type: 'Amount',
        description: 'The circuit’s constraints, which prices are reckoned by.',
      }),
      inputs: t.exposeIntList('inputs', { extensions: { most: LARGEST_MODEL.sliceTensors } }),
      outputs: t.exposeIntList('outputs', { extensions: { most: LARGEST_MODEL.sliceTensors } }),
    }),
  });

  refs.ModelTensor.implement({
    description: 'The shape of a tensor as its commitment sees it.',
    fields: (t) => ({
      index: t.exposeInt('index'),
      count: t.expose('count', { type: 'Amount', description: 'How many values.' }),
      bits: t.exposeInt('bits', { description: 'Of each value.' }),
      signed: t.exposeBoolean('signed'),
    }),
  });

  const Job = refs.Job.implement({
    description: 'One inference of one model. Prices are in 10^-18 of the asset.',
    fields: (t) => ({
      id: t.expose('id', { type: 'Bytes32' }),
      requester: t.expose('requester', { type: 'Address' }),
      model: one(t, 'Model', 'modelId'),
      state: t.expose('state', { type: enums.JobState }),
      closeReason: t.expose('closeReason', { type: enums.CloseReason, nullable: true }),
      cancelled: t.exposeBoolean('cancelled', { description: 'The requester announced a cancel.' }),
      nonce: t.expose('nonce', { type: 'Amount' }),
      inputs: list(t, 'Job', 'inputs', tensors, "Commitments of the model's inputs."),
      inputDigest: t.expose('inputDigest', { type: 'Bytes32' }),
      outputCommitmentOnly: t.exposeBoolean('outputCommitmentOnly'),
      dueCount: t.exposeInt('dueCount', { description: 'Slices that have to be proved.' }),
      settledCount: t.exposeInt('settledCount', { description: 'How many of them are paid.' }),
      minUnitPrice: t.expose('minUnitPrice', { type: 'Amount', description: 'Of a constraint.' }),
      maxUnitPrice: t.expose('maxUnitPrice', { type: 'Amount', description: 'Of a constraint.' }),
      rampSeconds: t.expose('rampSeconds', { type: 'Timestamp' }),
      bidWindow: t.expose('bidWindow', { type: 'Timestamp' }),
      proveSeconds: t.expose('proveSeconds', { type: 'Timestamp' }),
      minUndercutBps: t.exposeInt('minUndercutBps'),
      collateralBps: t.exposeInt('collateralBps'),
      settleTip: t.expose('settleTip', { type: 'Amount' }),
      minExecutionPrice: t.expose('minExecutionPrice', { type: 'Amount' }),
      maxExecutionPrice: t.expose('maxExecutionPrice', { type: 'Amount' }),
      executionRampSeconds: t.expose('executionRampSeconds', { type: 'Timestamp' }),
      commitSeconds: t.expose('commitSeconds', { type: 'Timestamp' }),
      jobSeconds: t.expose('jobSeconds', { type: 'Timestamp' }),
      challengeSeconds: t.expose('challengeSeconds', { type: 'Timestamp' }),
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
        description: 'keccak256 of the revealed outputs.',
      }),
      feeBps: t.exposeInt('feeBps'),
      initialEscrow: t.expose('initialEscrow', { type: 'Amount' }),
      escrow: t.expose('escrow', { type: 'Amount', description: 'What is left of it.' }),
      raises: t.expose('raises', {
        type: 'Amount',
        description: 'Shares of slashed collateral that wait for whoever proves the lapsed slices.',
      }),
      paid: t.expose('paid', { type: 'Amount', description: 'To provers, fees included.' }),
      tips: t.expose('tips', { type: 'Amount' }),
      executionPaid: t.expose('executionPaid', { type: 'Amount' }),
      refunded: t.expose('refunded', { type: 'Amount' }),
      challengePaid: t.expose('challengePaid', {
        type: 'Amount',
        description: 'What challengers paid in the escrow’s stead.',
      }),
      executor: t.expose('executor', { type: 'Address', nullable: true }),
      executionPrice: t.expose('executionPrice', { type: 'Amount', nullable: true }),
      bond: t.expose('bond', { type: 'Amount', description: 'What the executor has reserved.' }),
      claimEnd: t.expose('claimEnd', { type: 'Timestamp', nullable: true }),
      commitBy: t.expose('commitBy', { type: 'Timestamp' }),
      traceHash: t.expose('traceHash', { type: 'Bytes32', nullable: true }),
      traceDigest: t.expose('traceDigest', { type: 'Bytes32', nullable: true }),
      trace: list(
        t,
        'Job',
        'trace',
        tensors,
        'Commitments of all tensors, by their number; empty before it is committed.',
      ),
      tracedAt: t.expose('tracedAt', { type: 'Timestamp', nullable: true }),
      deadline: t.expose('deadline', { type: 'Timestamp', nullable: true }),
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
      endedAt: t.expose('endedAt', { type: 'Timestamp', nullable: true }),
      slices: few(t, 'Slice', 'jobId', slices, 'By their index.'),
      blockNumber: t.exposeInt('blockNumber'),
      timestamp: t.expose('timestamp', { type: 'Timestamp' }),
      transactionHash: t.expose('transactionHash', { type: 'Bytes32' }),
    }),
  });

  const Slice = refs.Slice.implement({
    description: 'A slice of a job.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The job’s id, a colon and the index.' }),
      job: one(t, 'Job', 'jobId'),
      jobId: t.expose('jobId', { type: 'Bytes32' }),
      index: t.exposeInt('index'),
      modelSlice: one(t, 'ModelSlice', 'modelSliceId'),
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
      unitPrice: t.expose('unitPrice', { type: 'Amount', nullable: true }),
      price: t.expose('price', {
        type: 'Amount',
        nullable: true,
        description: 'The holder’s bid; what was paid once settled.',
      }),
      collateral: t.expose('collateral', {
        type: 'Amount',
        description: 'What the holder has reserved for it.',
      }),
      windowEnd: t.expose('windowEnd', { type: 'Timestamp', nullable: true }),
      lockEnd: t.expose('lockEnd', { type: 'Timestamp', nullable: true }),
      raise: t.expose('raise', { type: 'Amount', description: 'What proving it pays besides the price.' }),
      unitPriceNow: t.field({
        type: 'Amount',
        nullable: true,
        description:
          'The most that a bid may ask for each unit of its weight now; absent when nobody can bid on it. Whether its job admits the bidder is for the contract to say.',
        resolve: async (slice, _args, { reads }) => {
          const [job, now] = await Promise.all([reads.row('Job', slice.jobId), reads.now()]);
          return job === undefined ? null : unitPriceOf(job, slice, now);
        },
      }),
      biddable: t.boolean({
        description: 'Whether somebody can bid on it now: `unitPriceNow` says for how much.',
        resolve: async (slice, _args, { reads }) => {
          const [job, now] = await Promise.all([reads.row('Job', slice.jobId), reads.now()]);
          return job !== undefined && unitPriceOf(job, slice, now) !== null;
        },
      }),
      bidCount: t.exposeInt('bidCount'),
      lapseCount: t.exposeInt('lapseCount'),
      changedAt: t.expose('changedAt', { type: 'Timestamp' }),
      proof: one(t, 'Proof', 'id', { nullable: true }),
    }),
  });

  const Bid = refs.Bid.implement({
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Block number and position in the block.' }),
      job: one(t, 'Job', 'jobId'),
      slice: one(t, 'Slice', 'sliceId'),
      prover: one(t, 'Prover', 'proverId'),
      state: t.expose('state', { type: enums.BidState }),
      unitPrice: t.expose('unitPrice', { type: 'Amount' }),
      price: t.expose('price', { type: 'Amount' }),
      collateral: t.expose('collateral', { type: 'Amount' }),
      windowEnd: t.expose('windowEnd', { type: 'Timestamp' }),
      lockEnd: t.expose('lockEnd', { type: 'Timestamp' }),
      outbid: t.expose('outbid', { type: 'Address', nullable: true, description: 'Whom it replaced.' }),
      blockNumber: t.exposeInt('blockNumber'),
      timestamp: t.expose('timestamp', { type: 'Timestamp' }),
      transactionHash: t.expose('transactionHash', { type: 'Bytes32' }),
    }),
  });

  const Proof = refs.Proof.implement({
    description: 'A slice that was proved and paid.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The slice’s.' }),
      job: one(t, 'Job', 'jobId'),
      slice: one(t, 'Slice', 'id'),
      circuit: one(t, 'Circuit', 'circuitId', { nullable: true }),
      prover: one(t, 'Prover', 'proverId'),
      settlement: one(t, 'Settlement', 'settlementId'),
      price: t.expose('price', { type: 'Amount' }),
      fee: t.expose('fee', { type: 'Amount', description: 'Taken from the price.' }),
      raise: t.expose('raise', { type: 'Amount', description: 'Paid besides the price.' }),
      tip: t.expose('tip', { type: 'Amount', description: 'To whoever settled it.' }),
      blockNumber: t.exposeInt('blockNumber'),
      timestamp: t.expose('timestamp', { type: 'Timestamp' }),
      transactionHash: t.expose('transactionHash', { type: 'Bytes32' }),
    }),
  });

  const Skip = refs.Skip.implement({
    description: 'A slice that was proved and not paid.',
    fields: (t) => ({
      id: t.exposeID('id'),
      slice: one(t, 'Slice', 'sliceId'),
      settlement: one(t, 'Settlement', 'settlementId'),
      prover: t.expose('prover', { type: 'Address' }),
      reason: t.expose('reason', { type: enums.SkipReason }),
      timestamp: t.expose('timestamp', { type: 'Timestamp' }),
    }),
  });

  const Settlement = refs.Settlement.implement({
    description: 'A transaction that settled slices.',
    fields: (t) => ({
      id: t.expose('id', { type: 'Bytes32', description: 'The transaction’s hash.' }),
      settler: t.expose('settler', { type: 'Address' }),
      proofCount: t.exposeInt('proofCount'),
      skipCount: t.exposeInt('skipCount'),
      paid: t.expose('paid', { type: 'Amount' }),
      fees: t.expose('fees', { type: 'Amount' }),
      tips: t.expose('tips', { type: 'Amount' }),
      gasUsed: t.expose('gasUsed', { type: 'Amount', description: 'Of the whole transaction.' }),
      gasPrice: t.expose('gasPrice', { type: 'Amount', description: "In the chain's own smallest unit." }),
      blockNumber: t.exposeInt('blockNumber'),
      timestamp: t.expose('timestamp', { type: 'Timestamp' }),
    }),
  });

  const Prover = refs.Prover.implement({
    description: 'An account that bid, executed or was paid for a proof.',
    fields: (t) => ({
      id: t.expose('id', { type: 'Address' }),
      account: one(t, 'Account', 'id'),
      earned: t.expose('earned', {
        type: 'Amount',
        description: 'From slices (after fees, with raises) and executions.',
      }),
      earnedSlices: t.expose('earnedSlices', { type: 'Amount' }),
      earnedExecutions: t.expose('earnedExecutions', { type: 'Amount' }),
      settledSlices: t.exposeInt('settledSlices'),
      executions: t.exposeInt('executions', { description: 'Traces committed for a price.' }),
      bidCount: t.exposeInt('bidCount'),
      heldSlices: t.exposeInt('heldSlices'),
      collateral: t.expose('collateral', { type: 'Amount', description: 'Reserved for held slices.' }),
      bonds: t.expose('bonds', { type: 'Amount', description: 'Reserved for executions.' }),
      slashes: t.exposeInt('slashes', {
        description: 'Holds and claims that ran out, and executions that were left unproved.',
      }),
      slashed: t.expose('slashed', { type: 'Amount', description: 'What those cost.' }),
    }),
  });

  const Account = refs.Account.implement({
    description: 'The market’s ledger of one account.',
    fields: (t) => ({
      id: t.expose('id', { type: 'Address' }),
      balance: t.expose('balance', { type: 'Amount', description: 'Free.' }),
      reserved: t.expose('reserved', { type: 'Amount', description: 'As collateral and bonds.' }),
      deposited: t.expose('deposited', { type: 'Amount' }),
      withdrawn: t.expose('withdrawn', { type: 'Amount' }),
      tips: t.expose('tips', { type: 'Amount', description: 'For settling.' }),
      rewards: t.expose('rewards', { type: 'Amount', description: 'For booking lapses.' }),
      fees: t.expose('fees', { type: 'Amount', description: 'As the treasury.' }),
      prover: one(t, 'Prover', 'id', { nullable: true }),
    }),
  });

  const Operator = refs.Operator.implement({
    description: 'Whom an account named to bid, claim and commit traces for it.',
    fields: (t) => ({
      id: t.exposeID('id'),
      account: one(t, 'Account', 'accountId'),
      operator: t.expose('operator', { type: 'Address' }),
      named: t.exposeBoolean('named', { description: 'Whether it is one now.' }),
      maxReserved: t.expose('maxReserved', {
        type: 'Amount',
        description: 'The most that the account may have reserved after a stake of the operator.',
      }),
      maxDaily: t.expose('maxDaily', { type: 'Amount', description: 'The most that it may stake in a day.' }),
      blockNumber: t.exposeInt('blockNumber'),
      timestamp: t.expose('timestamp', { type: 'Timestamp' }),
      transactionHash: t.expose('transactionHash', { type: 'Bytes32' }),
    }),
  });

  const LedgerEntry = refs.LedgerEntry.implement({
    description: 'One movement in one account.',
    fields: (t) => ({
      id: t.exposeID('id'),
      account: one(t, 'Account', 'accountId'),
      kind: t.expose('kind', { type: enums.LedgerKind }),
      balanceChange: t.string({
        description: 'Decimal digits, with a minus when it went down.',
        resolve: (entry) => String(entry.balanceChange),
      }),
      reservedChange: t.string({ resolve: (entry) => String(entry.reservedChange) }),
      job: one(t, 'Job', 'jobId', { nullable: true }),
      sliceIndex: t.exposeInt('sliceIndex', { nullable: true }),
      blockNumber: t.exposeInt('blockNumber'),
      timestamp: t.expose('timestamp', { type: 'Timestamp' }),
      transactionHash: t.expose('transactionHash', { type: 'Bytes32' }),
    }),
  });

  const { Totals } = refs;
  return {
    Account,
    Bid,
    Circuit,
    Job,
    LedgerEntry,
    Model,
    Operator,
    Proof,
    Prover,
    Settlement,
    Skip,
    Slice,
    Totals,
  };
}

export type Objects = ReturnType<typeof addObjects>;
