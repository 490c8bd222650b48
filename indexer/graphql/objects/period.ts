import type { Served } from '../../projection/rows.ts';
import { percentileOf, type Sketch } from '../../projection/sketch.ts';
import type { GraphqlContext } from '../builder.ts';
import type { Enums } from '../enums.ts';
import type { Relations } from '../relations.ts';

type Period = Served<'Period'>;

const PERCENTILES = [10, 25, 50, 75, 90] as const;

/** How values of one kind lie. */
function addSpread(
  { builder }: Relations,
  name: string,
  type: 'Amount' | 'Timestamp',
  described: { readonly of: string; readonly unit: string },
) {
  const at = (percent: number) => (sketch: Sketch) => percentileOf(sketch, percent) ?? 0n;
  const middles = PERCENTILES.map((percent) => [
    `p${percent}`,
    `${percent} of a hundred are at most this, ${described.unit}.`,
    percent,
  ]);
  const all = [
    ['low', `The lowest, ${described.unit}.`, 0],
    ...middles,
    ['high', `The highest, ${described.unit}.`, 100],
  ] as readonly (readonly [string, string, number])[];
  return builder.objectRef<Sketch>(name).implement({
    description: `${described.of}, of each slice: within 1.6 % (exact below 64), since they are counted by size and not kept.`,
    fields: (t) =>
      Object.fromEntries(
        all.map(([field, description, percent]) => [
          field,
          t.field({ type, description, resolve: at(percent) }),
        ]),
      ),
  });
}

/** What happened in one hour or day. */
export function addPeriod(relations: Relations, enums: Enums) {
  const { refs, Node } = relations;
  const Prices = addSpread(relations, 'PriceSpread', 'Amount', {
    of: 'Prices of a constraint',
    unit: 'in 10^-18 of the asset',
  });
  const Delays = addSpread(relations, 'DelaySpread', 'Timestamp', {
    of: 'Times from when it could first be bid on (its job was traced, it was drawn or challenged) until it was paid',
    unit: 'in seconds',
  });
  const sketch = async (period: Period, column: string, { reads }: GraphqlContext) => {
    const found = Number(period.slices) === 0 ? [] : await reads.list<number>('Period', column, period.id);
    return found.length === 0 ? null : found;
  };
  const ofNoAccount = (column: 'jobs' | 'jobsFinalized' | 'jobsClosed' | 'activeProvers', what: string) =>
    ({
      nullable: true,
      description: `${what} Absent in an account’s.`,
      resolve: (period: Period) => (/^0x[0-9a-f]{40}$/.test(period.of) ? null : period[column]),
    }) as const;

  return refs.Period.implement({
    interfaces: [Node],
    description:
      'What happened in an hour or a day: in the whole market, in jobs of one model, or with one account. There is none where nothing did. Amounts are in 10^-18 of the asset.',
    fields: (t) => ({
      id: t.exposeID('id', {
        description:
          'Whose it is (`market`, a model’s id or an account’s), its length and its start, with colons between.',
      }),
      length: t.expose('length', { type: enums.PeriodLength, description: 'How long it is.' }),
      start: t.expose('start', {
        type: 'Timestamp',
        description: 'Its first second; hours and days begin where those of UTC do.',
      }),
      jobs: t.int(ofNoAccount('jobs', 'Jobs posted.')),
      jobsFinalized: t.int(ofNoAccount('jobsFinalized', 'Jobs that got a result.')),
      jobsClosed: t.int(ofNoAccount('jobsClosed', 'Jobs that ended without one.')),
      bids: t.exposeInt('bids', { description: 'Bids, one for each slice.' }),
      slices: t.exposeInt('slices', { description: 'Slices proved and paid.' }),
      executions: t.exposeInt('executions', { description: 'Traces committed for a price.' }),
      slashes: t.exposeInt('slashes', {
        description: 'Holds and claims that ran out, and executions that were left unproved.',
      }),
      slashed: t.expose('slashed', { type: 'Amount', description: 'What those cost.' }),
      success: t.float({
        nullable: true,
        description:
          'Of slices and executions that ended, the share that was delivered: `slices + executions` of these and `slashes`. Absent where none ended.',
        resolve: ({ slices, executions, slashes }) => {
          const ended = slices + executions + slashes;
          return ended === 0 ? null : (slices + executions) / ended;
        },
      }),
      volume: t.expose('volume', { type: 'Amount', description: 'Paid for proofs, fees included.' }),
      earned: t.field({
        type: 'Amount',
        description: 'By slices (after fees, with raises), executions, tips, rewards and fees.',
        resolve: ({ earnedSlices, earnedExecutions, tips, rewards, fees }) =>
          [earnedSlices, earnedExecutions, tips, rewards, fees].reduce<bigint>(
            (sum, amount) => sum + BigInt(amount),
            0n,
          ),
      }),
      earnedSlices: t.expose('earnedSlices', { type: 'Amount', description: 'The part by slices.' }),
      earnedExecutions: t.expose('earnedExecutions', {
        type: 'Amount',
        description: 'The part by executions.',
      }),
      tips: t.expose('tips', { type: 'Amount', description: 'The part for settling.' }),
      rewards: t.expose('rewards', {
        type: 'Amount',
        description: 'The part for booking lapses and for challenges that were right.',
      }),
      fees: t.expose('fees', { type: 'Amount', description: 'The market’s part.' }),
      gas: t.expose('gas', {
        type: 'Amount',
        description: 'Gas of the settlements, of each the part of the slices that are counted here.',
      }),
      gasPerSlice: t.field({
        type: 'Amount',
        nullable: true,
        description: 'Gas for each slice. Absent where none was paid.',
        resolve: ({ gas, slices }) => (slices === 0 ? null : BigInt(gas) / BigInt(slices)),
      }),
      unitPrices: t.field({
        type: Prices,
        nullable: true,
        description: 'What a constraint of the slices cost. Absent where none was paid.',
        resolve: (period, _args, context) => sketch(period, 'prices', context),
      }),
      secondsToProof: t.field({
        type: Delays,
        nullable: true,
        description: 'How long the slices took. Absent where none was paid.',
        resolve: (period, _args, context) => sketch(period, 'delays', context),
      }),
      activeProvers: t.int(
        ofNoAccount('activeProvers', 'Accounts that bid, executed or were paid for a proof.'),
      ),
    }),
  });
}
