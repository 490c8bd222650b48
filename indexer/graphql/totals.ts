import type { Builder, IndexStatus } from './builder.ts';
import type { Objects } from './objects.ts';
import { lawsOf, type Law } from '../projection/laws.ts';

/** Sums over the market with the laws that they obey, and where the index stands. */
export function addTotals(builder: Builder, objects: Objects) {
  const Invariant = builder.objectRef<Law>('Invariant').implement({
    description: 'Two ways to reckon one amount from the events.',
    fields: (t) => ({
      name: t.exposeString('name'),
      left: t.string({ resolve: ({ left }) => left.toString() }),
      right: t.string({ resolve: ({ right }) => right.toString() }),
      holds: t.boolean({ resolve: ({ left, right }) => left === right }),
    }),
  });

  const Totals = objects.Totals.implement({
    description: 'Sums over the whole market.',
    fields: (t) => ({
      feeBps: t.exposeInt('feeBps', { description: 'The fee of jobs posted from `feeFrom` on.' }),
      feeFrom: t.expose('feeFrom', { type: 'Timestamp' }),
      treasury: t.exposeString('treasury'),
      sunsetAt: t.expose('sunsetAt', {
        type: 'Timestamp',
        nullable: true,
        description: 'The last second of deposits and posts, once it is announced.',
      }),
      circuits: t.exposeInt('circuits'),
      models: t.exposeInt('models'),
      jobs: t.exposeInt('jobs'),
      jobsFinalized: t.exposeInt('jobsFinalized'),
      jobsClosed: t.exposeInt('jobsClosed'),
      bids: t.exposeInt('bids'),
      settledSlices: t.exposeInt('settledSlices'),
      skippedSlices: t.exposeInt('skippedSlices'),
      settlements: t.exposeInt('settlements'),
      lapses: t.exposeInt('lapses'),
      accounts: t.exposeInt('accounts'),
      provers: t.exposeInt('provers'),
      deposited: t.expose('deposited', { type: 'Amount' }),
      withdrawn: t.expose('withdrawn', { type: 'Amount' }),
      burnPushed: t.expose('burnPushed', { type: 'Amount' }),
      balances: t.expose('balances', { type: 'Amount', description: 'Free balances of all accounts.' }),
      reserved: t.expose('reserved', { type: 'Amount', description: 'Collateral and bonds.' }),
      escrows: t.expose('escrows', { type: 'Amount', description: 'Of running jobs.' }),
      raises: t.expose('raises', { type: 'Amount' }),
      escrowed: t.expose('escrowed', { type: 'Amount', description: 'By all jobs ever.' }),
      paid: t.expose('paid', { type: 'Amount', description: 'For proofs, fees included.' }),
      fees: t.expose('fees', { type: 'Amount' }),
      tips: t.expose('tips', { type: 'Amount' }),
      executionPaid: t.expose('executionPaid', { type: 'Amount' }),
      refunded: t.expose('refunded', { type: 'Amount' }),
      challengePaid: t.expose('challengePaid', {
        type: 'Amount',
        description: 'What challengers paid for proofs in the escrows’ stead.',
      }),
      raisesPaid: t.expose('raisesPaid', { type: 'Amount' }),
      slashed: t.expose('slashed', { type: 'Amount' }),
      slashedToRaises: t.expose('slashedToRaises', { type: 'Amount' }),
      slashedToCallers: t.expose('slashedToCallers', { type: 'Amount' }),
      slashedToChallengers: t.expose('slashedToChallengers', { type: 'Amount' }),
      slashedBurned: t.expose('slashedBurned', { type: 'Amount' }),
      madeWhole: t.expose('madeWhole', { type: 'Amount' }),
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
