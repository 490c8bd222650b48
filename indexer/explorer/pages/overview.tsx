import { ask } from '../data/ask.ts';
import { grouped, sum } from '../data/format.ts';
import { useNow, MARKET_FIELDS, type Market } from '../data/market.ts';
import { useAmounts } from '../data/show-amount.ts';
import { curveOf, DAY, everyHour, HOUR, since, WEEK } from '../data/periods.ts';
import { useAnswer } from '../data/use-answer.ts';
import { JOB_ROW, JobTable, type JobRow } from '../parts/job-table.tsx';
import { Chart, type Point } from '../parts/chart.tsx';
import { Amount, Answered, Card, Stat, Time } from '../parts/show.tsx';

/** What curves are made of one by one while there are too few hours. */
const NEWEST = 100;

interface Totals {
  readonly jobs: number;
  readonly jobsFinalized: number;
  readonly jobsClosed: number;
  readonly settledSlices: number;
  readonly provers: number;
  readonly models: number;
  readonly escrows: string;
  readonly reserved: string;
  readonly paid: string;
  readonly invariants: readonly { name: string; left: string; right: string; holds: boolean }[];
}

/** What happened in an hour. */
interface Hour {
  readonly start: number;
  readonly slices: number;
  readonly volume: string;
  readonly gasPerSlice: string | null;
  readonly unitPrices: { readonly p50: string } | null;
}

interface Newest {
  readonly settlements: {
    readonly nodes: readonly {
      readonly timestamp: number;
      readonly paid: string;
      readonly proofCount: number;
      readonly gasUsed: string;
    }[];
  };
  readonly proofs: {
    readonly nodes: readonly {
      readonly timestamp: number;
      readonly slice: { readonly unitPrice: string | null };
    }[];
  };
}

const NEWEST_ONES = `{
  settlements(first: ${NEWEST}) { nodes { timestamp paid proofCount gasUsed } }
  proofs(first: ${NEWEST}) { nodes { timestamp slice { unitPrice } } }
}`;

interface CurvePoints {
  readonly volume: readonly Point[];
  readonly proofs: readonly Point[];
  readonly prices: readonly Point[];
  readonly gas: readonly Point[];
  /** Whether each is an hour's; not: one settlement's or proof's. */
  readonly hourly: boolean;
}

interface Overview {
  readonly meta: Market;
  readonly totals: Totals | null;
  readonly jobs: { readonly nodes: readonly JobRow[] };
}

/** Is it alive? */
export function OverviewPage() {
  const now = useNow();
  const overview = useAnswer('overview', (signal) =>
    ask<Overview>(
      `{ meta { ${MARKET_FIELDS} }
         totals { jobs jobsFinalized jobsClosed settledSlices provers models escrows reserved paid
           invariants { name left right holds } }
         jobs(first: 8) { nodes { ${JOB_ROW} } } }`,
      {},
      signal,
    ),
  );
  const recent = useAnswer('recent', async (signal) => {
    const { hours } = await ask<{ hours: readonly Hour[] }>(
      `query ($from: Timestamp!) { hours: periods(length: HOUR, from: $from, last: 200) {
         start slices volume gasPerSlice unitPrices { p50 } } }`,
      { from: Math.max(0, now - WEEK - HOUR) },
      signal,
    );
    const paid = hours.filter(({ slices }) => slices > 0);
    const curves =
      curveOf(paid, []) === undefined
        ? curvesOfNewest(await ask<Newest>(NEWEST_ONES, {}, signal))
        : curvesOfHours(paid, now);
    return { hours, curves };
  });
  return (
    <>
      <Answered asked={overview}>
        {({ meta, totals, jobs }) => (
          <>
            <dl class="stats">
              <Stat name="Head" hint={<Time at={meta.block?.time ?? null} />}>
                {meta.block === null ? '–' : grouped(meta.block.number)}
              </Stat>
              <Stat
                name="Last event"
                hint={meta.lastEvent === null ? 'none yet' : `block ${grouped(meta.lastEvent.number)}`}
              >
                <Time at={meta.lastEvent?.time ?? null} />
              </Stat>
              <Stat name="Jobs running" hint={`of ${grouped(totals?.jobs ?? 0)} ever`}>
                {totals === null ? 0 : grouped(totals.jobs - totals.jobsFinalized - totals.jobsClosed)}
              </Stat>
              <Stat name="Proofs paid" hint={`by ${grouped(totals?.provers ?? 0)} provers`}>
                {grouped(totals?.settledSlices ?? 0)}
              </Stat>
              {recent.data === undefined ? null : <Volumes hours={recent.data.hours} now={now} />}
            </dl>
            <Card title="The newest jobs" wide>
              <JobTable rows={jobs.nodes} empty="Nobody has posted a job yet." />
            </Card>
            {totals === null ? null : (
              <Card
                title="Do the books balance?"
                note="Two ways to reckon one amount from all events of this market. One that does not hold is a fault of contract or index."
                wide
              >
                <ul class="laws">
                  {totals.invariants.map(({ name, left, right, holds }) => (
                    <li key={name} class={holds ? 'holds' : 'broken'}>
                      <strong>{holds ? '✓ holds' : '✕ broken'}</strong> <span>{name}</span>
                      <span class="sides">
                        <Amount of={left} /> {holds ? '=' : '≠'} <Amount of={right} />
                      </span>
                    </li>
                  ))}
                </ul>
              </Card>
            )}
          </>
        )}
      </Answered>
      <Answered asked={recent}>{({ curves }) => <Curves of={curves} />}</Answered>
    </>
  );
}

function Volumes({ hours, now }: { hours: readonly Hour[]; now: number }) {
  const paidIn = (rows: readonly Hour[]): bigint => sum(rows, ({ volume }) => volume);
  const proofsIn = (rows: readonly Hour[]): string =>
    `${grouped(rows.reduce((total, { slices }) => total + slices, 0))} proofs`;
  const [day, week] = [since(hours, DAY, now), since(hours, WEEK, now)];
  return (
    <>
      <Stat name="Paid for proofs, 24 h" hint={proofsIn(day)}>
        <Amount of={paidIn(day)} />
      </Stat>
      <Stat name="7 days" hint={proofsIn(week)}>
        <Amount of={paidIn(week)} />
      </Stat>
    </>
  );
}

function curvesOfHours(hours: readonly Hour[], now: number): CurvePoints {
  return {
    volume: everyHour(hours, now, ({ volume }) => Number(volume)),
    proofs: everyHour(hours, now, ({ slices }) => slices),
    prices: hours.flatMap(({ start, unitPrices }) =>
      unitPrices === null ? [] : [{ at: start, value: Number(unitPrices.p50) }],
    ),
    gas: hours.flatMap(({ start, gasPerSlice }) =>
      gasPerSlice === null ? [] : [{ at: start, value: Number(gasPerSlice) }],
    ),
    hourly: true,
  };
}

function curvesOfNewest({ settlements, proofs }: Newest): CurvePoints {
  const paying = settlements.nodes.filter(({ proofCount }) => proofCount > 0);
  return {
    volume: paying.map(({ timestamp, paid }) => ({ at: timestamp, value: Number(paid) })),
    proofs: paying.map(({ timestamp, proofCount }) => ({ at: timestamp, value: proofCount })),
    prices: proofs.nodes.flatMap(({ timestamp, slice }) =>
      slice.unitPrice === null ? [] : [{ at: timestamp, value: Number(slice.unitPrice) }],
    ),
    gas: paying.map(({ timestamp, gasUsed, proofCount }) => ({
      at: timestamp,
      value: Number(gasUsed) / proofCount,
    })),
    hourly: false,
  };
}

function Curves({ of: { volume, proofs, prices, gas, hourly } }: { of: CurvePoints }) {
  const amounts = useAmounts();
  const count = (value: number): string => grouped(Math.round(value));
  const when = hourly ? 'In each hour of the last week.' : 'In each of the newest settlements.';
  return (
    <div class="grid">
      <Card title="Volume" note={`Paid for proofs. ${when}`}>
        <Chart name="Volume" points={volume} {...amounts} />
      </Card>
      <Card title="Proofs" note={`Paid. ${when}`}>
        <Chart name="Proofs" points={proofs} show={count} />
      </Card>
      <Card
        title="Price"
        note={`Of a constraint. ${hourly ? 'The middle of each hour’s proofs.' : 'Of each of the newest proofs.'}`}
      >
        <Chart name="Price of a constraint" points={prices} {...amounts} />
      </Card>
      <Card title="Gas a proof" note={`Of the settling transactions, by the proofs they settled. ${when}`}>
        <Chart name="Gas a proof" points={gas} show={count} />
      </Card>
    </div>
  );
}
