import type { LedgerKind } from '../generated/prisma/client.ts';
import type { Changes } from './changes.ts';
import { placed, sequenceOf, type EventArgs, type Place } from './events.ts';
import { addEarning } from './periods.ts';
import type { Rows } from './rows.ts';
import { plus, type SumsOf } from './sums.ts';

/** Where burned amounts are credited. */
export const BURN_ACCOUNT = '0x000000000000000000000000000000000000dead';

/** One movement in one account. */
export interface Movement {
  readonly account: string;
  readonly kind: LedgerKind;
  /** Change of the free balance. */
  readonly balance?: bigint;
  /** Change of what is reserved. */
  readonly reserved?: bigint;
  readonly jobId?: string;
  readonly sliceIndex?: number;
}

/** Books what one event moved: accounts, entries, and the sums of balances and reserves. Nothing moved, no entry. */
export async function book(changes: Changes, place: Place, movements: readonly Movement[]): Promise<void> {
  let part = 0;
  for (const movement of movements) {
    const { account, kind, balance = 0n, reserved = 0n, jobId = null, sliceIndex = null } = movement;
    if (balance === 0n && reserved === 0n) continue;
    const row = await accountOf(changes, place, account, part);
    changes.put('Account', {
      ...row,
      balance: row.balance + balance,
      reserved: row.reserved + reserved,
      deposited: row.deposited + (kind === 'DEPOSIT' ? balance : 0n),
      withdrawn: row.withdrawn - (kind === 'WITHDRAWAL' || kind === 'BURN_PUSHED' ? balance : 0n),
      tips: row.tips + (kind === 'TIP' ? balance : 0n),
      rewards: row.rewards + (kind === 'REWARD' ? balance : 0n),
      fees: row.fees + (kind === 'FEE' ? balance : 0n),
    });
    await addTotals(changes, { balances: balance, reserved });
    if (jobId !== null) await addEarning(changes, place, { account, kind, jobId }, balance);
    changes.put('LedgerEntry', {
      id: `${place.blockNumber}-${place.logIndex}-${part}`,
      accountId: account,
      kind,
      balanceChange: balance,
      reservedChange: reserved,
      jobId,
      sliceIndex,
      sequence: sequenceOf(place, part),
      blockNumber: place.blockNumber,
      timestamp: place.timestamp,
      transactionHash: place.transactionHash,
    });
    part++;
  }
}

/** The account, made when it is new; `part` orders those that one event makes. */
export async function accountOf(
  changes: Changes,
  place: Place,
  id: string,
  part = 0,
): Promise<Rows['Account']> {
  const known = await changes.get('Account', id);
  if (known !== undefined) return known;
  const zero = { balance: 0n, reserved: 0n, deposited: 0n, withdrawn: 0n, tips: 0n, rewards: 0n, fees: 0n };
  const made: Rows['Account'] = { id, ...zero, sequence: sequenceOf(place, part) };
  changes.put('Account', made);
  await addTotals(changes, { accounts: 1 });
  return made;
}

/** Names an operator of an account, or takes its name back. */
export async function setOperator(
  changes: Changes,
  place: Place,
  { account, operator, maxReserved, maxDaily }: EventArgs['OperatorSet'],
): Promise<void> {
  await accountOf(changes, place, account);
  changes.put('Operator', {
    id: `${account}:${operator}`,
    accountId: account,
    operator,
    named: maxDaily > 0n,
    maxReserved,
    maxDaily,
    ...placed(place),
  });
}

/** Changes a prover's record, made when it is new. */
export async function updateProver(
  changes: Changes,
  place: Place,
  id: string,
  update: (prover: Rows['Prover']) => Partial<Rows['Prover']>,
): Promise<void> {
  let prover = await changes.get('Prover', id);
  if (prover === undefined) {
    await accountOf(changes, place, id);
    await addTotals(changes, { provers: 1 });
    prover = {
      id,
      earned: 0n,
      earnedSlices: 0n,
      earnedExecutions: 0n,
      settledSlices: 0,
      executions: 0,
      bidCount: 0,
      heldSlices: 0,
      collateral: 0n,
      bonds: 0n,
      slashes: 0,
      slashed: 0n,
      sequence: sequenceOf(place),
    };
  }
  const updated = { ...prover, ...update(prover) };
  changes.put('Prover', { ...updated, earned: updated.earnedSlices + updated.earnedExecutions });
}

type Totals = Rows['Totals'];

/** Adds to the market's sums. */
export async function addTotals(
  changes: Changes,
  sums: Omit<SumsOf<Totals>, 'feeBps' | 'feeFrom'>,
): Promise<void> {
  changes.put('Totals', plus(await totals(changes), sums));
}

const NO_TOTALS: Totals = {
  id: 'market',
  feeBps: 0,
  feeFrom: 0n,
  treasury: '',
  sunsetAt: null,
  circuits: 0,
  models: 0,
  jobs: 0,
  jobsFinalized: 0,
  jobsClosed: 0,
  bids: 0,
  settledSlices: 0,
  skippedSlices: 0,
  settlements: 0,
  lapses: 0,
  accounts: 0,
  provers: 0,
  deposited: 0n,
  withdrawn: 0n,
  burnPushed: 0n,
  balances: 0n,
  reserved: 0n,
  escrows: 0n,
  raises: 0n,
  escrowed: 0n,
  paid: 0n,
  fees: 0n,
  tips: 0n,
  executionPaid: 0n,
  refunded: 0n,
  challengePaid: 0n,
  raisesPaid: 0n,
  slashed: 0n,
  slashedToRaises: 0n,
  slashedToCallers: 0n,
  slashedToChallengers: 0n,
  slashedBurned: 0n,
  madeWhole: 0n,
  burned: 0n,
};

export async function totals(changes: Changes): Promise<Totals> {
  return (await changes.get('Totals', 'market')) ?? NO_TOTALS;
}
