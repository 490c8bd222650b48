import type { Enums } from '../enums.ts';
import type { Relations } from '../relations.ts';

/** Who takes part, and what the market's ledger says of them. Amounts are in 10^-18 of the asset. */
export function addAccount({ refs, Node, one, place }: Relations, enums: Enums) {
  const Prover = refs.Prover.implement({
    interfaces: [Node],
    description: 'An account that bid, executed or was paid for a proof. Amounts are in 10^-18 of the asset.',
    fields: (t) => ({
      id: t.expose('id', { type: 'Address', description: 'The account’s address.' }),
      account: one(t, 'Account', 'id', { description: 'Its ledger.' }),
      earned: t.expose('earned', {
        type: 'Amount',
        description: 'From slices (after fees, with raises) and executions.',
      }),
      earnedSlices: t.expose('earnedSlices', { type: 'Amount', description: 'The part from slices.' }),
      earnedExecutions: t.expose('earnedExecutions', {
        type: 'Amount',
        description: 'The part from executions.',
      }),
      settledSlices: t.exposeInt('settledSlices', { description: 'Slices that it was paid for.' }),
      executions: t.exposeInt('executions', { description: 'Traces committed for a price.' }),
      bidCount: t.exposeInt('bidCount', { description: 'Bids, one for each slice.' }),
      heldSlices: t.exposeInt('heldSlices', { description: 'Slices that it holds now.' }),
      collateral: t.expose('collateral', { type: 'Amount', description: 'Reserved for held slices.' }),
      bonds: t.expose('bonds', { type: 'Amount', description: 'Reserved for executions.' }),
      slashes: t.exposeInt('slashes', {
        description: 'Holds and claims that ran out, and executions that were left unproved.',
      }),
      slashed: t.expose('slashed', { type: 'Amount', description: 'What those cost.' }),
    }),
  });

  const Account = refs.Account.implement({
    interfaces: [Node],
    description: 'The market’s ledger of one account. Amounts are in 10^-18 of the asset.',
    fields: (t) => ({
      id: t.expose('id', { type: 'Address', description: 'Its address.' }),
      balance: t.expose('balance', { type: 'Amount', description: 'What is free.' }),
      reserved: t.expose('reserved', { type: 'Amount', description: 'As collateral and bonds.' }),
      deposited: t.expose('deposited', { type: 'Amount', description: 'Ever.' }),
      withdrawn: t.expose('withdrawn', { type: 'Amount', description: 'Ever.' }),
      tips: t.expose('tips', { type: 'Amount', description: 'For settling.' }),
      rewards: t.expose('rewards', { type: 'Amount', description: 'For booking lapses.' }),
      fees: t.expose('fees', { type: 'Amount', description: 'As the treasury.' }),
      prover: one(t, 'Prover', 'id', {
        nullable: true,
        description: 'Its record as a prover. Absent: it never was one.',
      }),
    }),
  });

  const Operator = refs.Operator.implement({
    interfaces: [Node],
    description: 'Whom an account named to bid, claim and commit traces for it.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The account’s address, a colon and the operator’s.' }),
      account: one(t, 'Account', 'accountId', { description: 'For whom it acts.' }),
      operator: t.expose('operator', { type: 'Address', description: 'Who acts.' }),
      named: t.exposeBoolean('named', { description: 'Whether it is one now.' }),
      maxReserved: t.expose('maxReserved', {
        type: 'Amount',
        description:
          'The most that the account may have reserved after a stake of the operator, in 10^-18 of the asset.',
      }),
      maxDaily: t.expose('maxDaily', {
        type: 'Amount',
        description: 'The most that it may stake in a day, in 10^-18 of the asset.',
      }),
      ...place(t, 'it was last named or unnamed'),
    }),
  });

  const LedgerEntry = refs.LedgerEntry.implement({
    interfaces: [Node],
    description: 'One movement in one account.',
    fields: (t) => ({
      id: t.exposeID('id', {
        description: 'Block number, position in the block, and position in the event.',
      }),
      account: one(t, 'Account', 'accountId', { description: 'Whose ledger it is in.' }),
      kind: t.expose('kind', { type: enums.LedgerKind, description: 'What moved it.' }),
      balanceChange: t.string({
        description:
          'Of what is free, in 10^-18 of the asset: decimal digits, with a minus when it went down.',
        resolve: (entry) => String(entry.balanceChange),
      }),
      reservedChange: t.string({
        description:
          'Of what is reserved, in 10^-18 of the asset: decimal digits, with a minus when it went down.',
        resolve: (entry) => String(entry.reservedChange),
      }),
      job: one(t, 'Job', 'jobId', { nullable: true, description: 'The job that it is for.' }),
      sliceIndex: t.exposeInt('sliceIndex', {
        nullable: true,
        description: 'The slice of that job, where it is for one alone.',
      }),
      ...place(t, 'it moved'),
    }),
  });
  return { Prover, Account, Operator, LedgerEntry };
}
