import type { Changes } from './changes.ts';
import type { DecodedEvent, EventArgs, EventName, Place } from './events.ts';
import * as audits from './audits.ts';
import { addTotals, book, BURN_ACCOUNT, setOperator, totals } from './ledger.ts';
import * as jobs from './jobs.ts';
import * as registries from './registries.ts';
import * as slices from './slices.ts';

type Handlers = {
  readonly [Name in EventName]: (changes: Changes, place: Place, args: EventArgs[Name]) => Promise<void>;
};

const handlers: Handlers = {
  CircuitRegistered: registries.circuitRegistered,
  ExternalCircuitRegistered: registries.externalCircuitRegistered,
  ModelRegistered: registries.modelRegistered,
  JobPosted: jobs.jobPosted,
  ExecutionClaimed: jobs.executionClaimed,
  ExecutionLapsed: jobs.executionLapsed,
  TraceCommitted: jobs.traceCommitted,
  OfferRaised: jobs.offerRaised,
  AuditsDrawn: audits.auditsDrawn,
  SliceChallenged: audits.sliceChallenged,
  ChallengeProved: audits.challengeProved,
  ChallengeUnproved: audits.challengeUnproved,
  OutputRevealed: jobs.outputRevealed,
  CancelAnnounced: jobs.cancelAnnounced,
  JobFinalized: jobs.jobFinalized,
  JobClosed: jobs.jobClosed,
  BondForfeited: jobs.bondForfeited,
  BidPlaced: slices.bidPlaced,
  SlicesSettled: slices.slicesSettled,
  SlicesSkipped: slices.slicesSkipped,
  SlicesLapsed: slices.slicesLapsed,
  Deposited: async (changes, place, { account, amount }) => {
    await book(changes, place, [{ account: account, kind: 'DEPOSIT', balance: amount }]);
    await addTotals(changes, { deposited: amount });
  },
  Withdrawn: async (changes, place, { account, amount }) => {
    await book(changes, place, [{ account: account, kind: 'WITHDRAWAL', balance: -amount }]);
    await addTotals(changes, { withdrawn: amount });
  },
  BurnPushed: async (changes, place, { amount }) => {
    await book(changes, place, [{ account: BURN_ACCOUNT, kind: 'BURN_PUSHED', balance: -amount }]);
    await addTotals(changes, { burnPushed: amount });
  },
  OperatorSet: setOperator,
  FeeSet: async (changes, _place, { feeBps, from }) => {
    changes.put('Totals', { ...(await totals(changes)), feeBps: Number(feeBps), feeFrom: from });
  },
  SunsetAnnounced: async (changes, _place, { sunsetAt }) => {
    changes.put('Totals', { ...(await totals(changes)), sunsetAt });
  },
  TreasurySet: async (changes, _place, { treasury }) => {
    changes.put('Totals', { ...(await totals(changes)), treasury: treasury });
  },
};

/** Applies one event to the derived rows; names that none of the handlers knows change nothing. */
export async function applyEvent(
  changes: Changes,
  place: Place,
  { name, args }: DecodedEvent,
): Promise<void> {
  if (!Object.hasOwn(handlers, name)) return;
  const handler = handlers[name as EventName] as (c: Changes, p: Place, a: unknown) => Promise<void>;
  await handler(changes, place, args);
}
