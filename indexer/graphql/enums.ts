import type { Builder } from './builder.ts';

const described = <Name extends string>(values: Readonly<Record<Name, string>>) =>
  Object.fromEntries(Object.entries(values).map(([name, description]) => [name, { description }])) as {
    readonly [N in Name]: { readonly description: string };
  };

/** The enums of the database, by name. */
export function addEnums(builder: Builder) {
  return {
    JobState: builder.enumType('JobState', {
      description: 'Where a job is.',
      values: described({
        POSTED: 'Nobody executes it yet, or who did let their time pass.',
        CLAIMED: 'Somebody executes it and has to commit the trace.',
        TRACED: 'The trace is committed: its slices can be bid on and proved.',
        FINALIZED: 'All that had to be proved is: it has a result.',
        CLOSED: 'It ended without a result.',
      }),
    }),
    CloseReason: builder.enumType('CloseReason', {
      description: 'How a job ended without a result.',
      values: described({
        CANCELLED: 'The requester took it back.',
        EXPIRED: 'Its time passed.',
      }),
    }),
    SliceState: builder.enumType('SliceState', {
      description: 'Where a slice is.',
      values: described({
        OPEN: 'Nobody bid on it.',
        HELD: 'Who holds it has reserved collateral and proves it.',
        LAPSED: 'Its holder’s time passed: whoever proves it first is paid.',
        SETTLED: 'It was proved and paid.',
      }),
    }),
    BidState: builder.enumType('BidState', {
      description: 'What became of a bid.',
      values: described({
        LEADING: 'It holds the slice.',
        OUTBID: 'Somebody bid less.',
        LAPSED: 'Its time passed without a proof.',
        PAID: 'The slice was proved and paid.',
      }),
    }),
    SkipReason: builder.enumType('SkipReason', {
      description: 'Why a proved slice was not paid.',
      values: described({
        NOT_DUE: 'It did not have to be proved.',
        ALREADY_SETTLED: 'It was paid before.',
        WINDOW_OPEN: 'Others could still bid less.',
        HELD_BY_OTHER: 'Somebody else held it.',
        JOB_CLOSING: 'Its job’s time had passed.',
        JOB_ENDED: 'Its job had ended.',
        NOT_ADMITTED: 'Its job does not admit the prover.',
        PROOF_REFUSED: 'The external verifier of its circuit did not take the proof.',
        UNKNOWN: 'The contracts name a reason that this indexer does not know.',
      }),
    }),
    PeriodLength: builder.enumType('PeriodLength', {
      description: 'How long a period is.',
      values: described({ HOUR: 'An hour.', DAY: 'A day, as UTC has it.' }),
    }),
    LedgerKind: builder.enumType('LedgerKind', {
      description: 'What moved an amount in the ledger.',
      values: described({
        DEPOSIT: 'Tokens came into the market.',
        WITHDRAWAL: 'Tokens left the market.',
        ESCROW: 'A requester put an amount in a job’s escrow.',
        REFUND: 'What was left of an escrow went back.',
        BOND: 'An executor reserved a bond.',
        BOND_RELEASED: 'The bond became free.',
        BOND_FORFEITED: 'The bond was lost.',
        MADE_WHOLE: 'A requester got a part of a lost bond.',
        COLLATERAL: 'A bidder reserved collateral.',
        COLLATERAL_RELEASED: 'The collateral became free.',
        COLLATERAL_SLASHED: 'The collateral was lost.',
        SLICE_PAID: 'A prover was paid for slices.',
        EXECUTION_PAID: 'An executor was paid.',
        FEE: 'The market’s fee.',
        TIP: 'Who settled got the tip.',
        REWARD: 'Who booked a lapse got a share of what was lost.',
        CHALLENGE: 'A challenger reserved what the proof may cost.',
        CHALLENGE_RETURNED: 'What a challenger had reserved became free.',
        CHALLENGE_REWARD: 'A challenger got a share of a lost bond.',
        CHALLENGE_DELAY: 'Who a challenge delayed that was answered by a proof got a part of its bond.',
        BURNED: 'An amount that is nobody’s.',
        BURN_PUSHED: 'Burned amounts left the market.',
      }),
    }),
  };
}

export type Enums = ReturnType<typeof addEnums>;
