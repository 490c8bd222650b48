import type { LedgerKind } from '../generated/prisma/client.ts';
import type { Changes } from './changes.ts';
import type { Place } from './events.ts';
import type { Rows } from './rows.ts';
import { withValues } from './sketch.ts';
import { plus, type SumsOf } from './sums.ts';

type Period = Rows['Period'];
type Length = Period['length'];

/** What periods of the whole market are of. */
export const WHOLE_MARKET = 'market';

const SECONDS: readonly (readonly [Length, bigint])[] = [
  ['HOUR', 3_600n],
  ['DAY', 86_400n],
];

type Sums = SumsOf<Period>;

/** What an event adds to the hour and the day that it is in: of the market, of its model, and of an account. */
interface Added extends Omit<Sums, 'start' | 'activeProvers'> {
  /** Prices of a constraint, and seconds to the proof, of each slice. */
  readonly prices?: readonly bigint[];
  readonly delays?: readonly bigint[];
}

interface Whose {
  readonly modelId: string;
  readonly account?: string;
  /** Whether the account did something as a prover; not: something befell it. */
  readonly acted?: boolean;
}

/** The names of the periods that an event at this time is in. */
export function periodIds(of: string, timestamp: bigint): readonly string[] {
  return SECONDS.map(([length, seconds]) => idOf(of, length, timestamp - (timestamp % seconds)));
}

function idOf(of: string, length: Length, start: bigint): string {
  return `${of}:${length}:${start}`;
}

/** Adds to the hour and the day that an event is in. */
export async function addToPeriods(
  changes: Changes,
  { timestamp }: Pick<Place, 'timestamp'>,
  { modelId, account, acted = false }: Whose,
  added: Added = {},
): Promise<void> {
  for (const [length, seconds] of SECONDS) {
    const start = timestamp - (timestamp % seconds);
    const add = async (of: string, more: Partial<Period>): Promise<void> => {
      changes.put('Period', { ...sumOf(await periodOf(changes, of, length, start), added), ...more });
    };
    let newTo: { readonly market: boolean; readonly model: boolean } = { market: false, model: false };
    if (account !== undefined) {
      const { models } = await periodOf(changes, account, length, start);
      const isNew = acted && !models.includes(modelId);
      newTo = { market: isNew && models.length === 0, model: isNew };
      await add(account, isNew ? { models: [...models, modelId] } : {});
    }
    for (const [of, isNew] of [
      [WHOLE_MARKET, newTo.market],
      [modelId, newTo.model],
    ] as const) {
      const { activeProvers } = await periodOf(changes, of, length, start);
      await add(of, { activeProvers: activeProvers + (isNew ? 1 : 0) });
    }
  }
}

/** Where an account's earnings are added up; other movements are none. */
const EARNINGS = {
  SLICE_PAID: 'earnedSlices',
  EXECUTION_PAID: 'earnedExecutions',
  TIP: 'tips',
  REWARD: 'rewards',
  CHALLENGE_REWARD: 'rewards',
  FEE: 'fees',
} as const satisfies Partial<Record<LedgerKind, keyof Sums>>;

/** Adds what a movement in an account's ledger earned it, if it did. */
export async function addEarning(
  changes: Changes,
  place: Place,
  { account, kind, jobId }: { readonly account: string; readonly kind: LedgerKind; readonly jobId: string },
  amount: bigint,
): Promise<void> {
  if (!Object.hasOwn(EARNINGS, kind)) return;
  const { modelId } = await changes.require('Job', jobId);
  const column = EARNINGS[kind as keyof typeof EARNINGS];
  await addToPeriods(changes, place, { modelId, account }, { [column]: amount });
}

function sumOf(period: Period, { prices = [], delays = [], ...sums }: Added): Period {
  return {
    ...plus(period, sums),
    ...(prices.length === 0 ? {} : { prices: withValues(period.prices, prices) }),
    ...(delays.length === 0 ? {} : { delays: withValues(period.delays, delays) }),
  };
}

async function periodOf(changes: Changes, of: string, length: Length, start: bigint): Promise<Period> {
  const id = idOf(of, length, start);
  return (await changes.get('Period', id)) ?? { ...NOTHING, id, of, length, start };
}

const NOTHING: Omit<Period, 'id' | 'of' | 'length' | 'start'> = {
  jobs: 0,
  jobsFinalized: 0,
  jobsClosed: 0,
  bids: 0,
  slices: 0,
  executions: 0,
  slashes: 0,
  slashed: 0n,
  volume: 0n,
  earnedSlices: 0n,
  earnedExecutions: 0n,
  tips: 0n,
  rewards: 0n,
  fees: 0n,
  gas: 0n,
  activeProvers: 0,
  models: [],
  prices: [],
  delays: [],
};
