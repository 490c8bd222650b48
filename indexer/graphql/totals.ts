import type { Builder, IndexStatus } from './builder.ts';
import type { Objects } from './objects.ts';
import { lawsOf, type Law } from '../projection/laws.ts';

/** Sums over the market with the laws that they obey, and where the index stands. */
export function addTotals(builder: Builder, objects: Objects) {
  const Invariant = builder.objectRef<Law>('Invariant').implement({
    description: 'Two ways to reckon one amount from the events.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'What is reckoned in two ways.' }),
      left: t.string({
        description: 'One way, in 10^-18 of the asset.',
        resolve: ({ left }) => left.toString(),
      }),
      right: t.string({
        description: 'The other, in 10^-18 of the asset.',
        resolve: ({ right }) => right.toString(),
      }),
      holds: t.boolean({
        description: 'Whether they are one.',
        resolve: ({ left, right }) => left === right,
      }),
    }),
  });

  const Totals = objects.Totals.implement({
    description: 'Sums over the whole market. Amounts are in 10^-18 of the asset.',
    fields: (t) => ({
      feeBps: t.exposeInt('feeBps', {
        description: 'The fee of jobs posted from `feeFrom` on, in hundredths of a percent.',
      }),
      feeFrom: t.expose('feeFrom', { type: 'Timestamp', description: 'When that fee begins.' }),
      treasury: t.exposeString('treasury', { description: 'The account that fees go to.' }),
      sunsetAt: t.expose('sunsetAt', {
        type: 'Timestamp',
        nullable: true,
        description: 'The last second of deposits and posts, once it is announced.',
      }),
      circuits: t.exposeInt('circuits', { description: 'Circuits registered.' }),
      models: t.exposeInt('models', { description: 'Models registered.' }),
      jobs: t.exposeInt('jobs', { description: 'Jobs posted.' }),
      jobsFinalized: t.exposeInt('jobsFinalized', { description: 'Jobs that have a result.' }),
      jobsClosed: t.exposeInt('jobsClosed', { description: 'Jobs that ended without one.' }),
      bids: t.exposeInt('bids', { description: 'Bids, one for each slice.' }),
      settledSlices: t.exposeInt('settledSlices', { description: 'Slices proved and paid.' }),
      skippedSlices: t.exposeInt('skippedSlices', { description: 'Slices that settlements skipped.' }),
      settlements: t.exposeInt('settlements', { description: 'Transactions that settled slices.' }),
      lapses: t.exposeInt('lapses', { description: 'Holds that ran out.' }),
      accounts: t.exposeInt('accounts', { description: 'Accounts with a ledger.' }),
      provers: t.exposeInt('provers', { description: 'Accounts that ever were provers.' }),
      deposited: t.expose('deposited', { type: 'Amount', description: 'Ever.' }),
      withdrawn: t.expose('withdrawn', { type: 'Amount', description: 'Ever.' }),
      burnPushed: t.expose('burnPushed', {
        type: 'Amount',
        description: 'Burned amounts that left the market.',
      }),
      balances: t.expose('balances', { type: 'Amount', description: 'Free balances of all accounts.' }),
      reserved: t.expose('reserved', { type: 'Amount', description: 'Collateral and bonds.' }),
      escrows: t.expose('escrows', { type: 'Amount', description: 'Of running jobs.' }),
      raises: t.expose('raises', {
        type: 'Amount',
        description: 'Shares of slashed collateral that wait for whoever proves the lapsed slices.',
      }),
      escrowed: t.expose('escrowed', { type: 'Amount', description: 'By all jobs ever.' }),
      paid: t.expose('paid', { type: 'Amount', description: 'For proofs, fees included.' }),
      fees: t.expose('fees', { type: 'Amount', description: 'The market’s part of what was paid.' }),
      tips: t.expose('tips', { type: 'Amount', description: 'To those who settled.' }),
      executionPaid: t.expose('executionPaid', { type: 'Amount', description: 'To executors.' }),
      refunded: t.expose('refunded', { type: 'Amount', description: 'Back to requesters.' }),
      challengePaid: t.expose('challengePaid', {
        type: 'Amount',
        description: 'What challengers paid for proofs in the escrows’ stead.',
      }),
      raisesPaid: t.expose('raisesPaid', { type: 'Amount', description: 'Raises that went to provers.' }),
      slashed: t.expose('slashed', { type: 'Amount', description: 'Collateral and bonds that were lost.' }),
      slashedToRaises: t.expose('slashedToRaises', {
        type: 'Amount',
        description: 'The part that waits, or waited, for provers.',
      }),
      slashedToCallers: t.expose('slashedToCallers', {
        type: 'Amount',
        description: 'The part of those who booked it.',
      }),
      slashedToChallengers: t.expose('slashedToChallengers', {
        type: 'Amount',
        description: 'The part of challengers.',
      }),
      slashedBurned: t.expose('slashedBurned', { type: 'Amount', description: 'The part that is nobody’s.' }),
      madeWhole: t.expose('madeWhole', { type: 'Amount', description: 'The part of requesters.' }),
      burned: t.expose('burned', { type: 'Amount', description: 'Slashed and forfeited for nobody.' }),
      invariants: t.field({
        type: [Invariant],
        description: "The market's laws over money; one that does not hold is a fault of contract or index.",
        extensions: { most: 3 },
        resolve: lawsOf,
      }),
    }),
  });

  const Status = builder.objectRef<IndexStatus>('Status').implement({
    description: 'Where the index stands.',
    fields: (t) => ({
      state: t.exposeString('state', {
        description:
          'starting, syncing, live, rebuilding (rows are made again, those of before are served), waiting, standby; of a reader the writer’s, or behind when that says nothing.',
      }),
      head: t.int({
        nullable: true,
        description: "Number of the chain's newest block.",
        resolve: (s) => s.head ?? null,
      }),
      cursor: t.int({
        nullable: true,
        description: 'Number of the last block that is served.',
        resolve: (s) => s.cursor ?? null,
      }),
    }),
  });
  return { Totals, Status };
}
