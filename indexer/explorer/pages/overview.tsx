import { ask } from '../data/ask.ts';
import { grouped, median, sum } from '../data/format.ts';
import { useNow, MARKET_FIELDS, type Market } from '../data/market.ts';
import { useAmounts } from '../data/show-amount.ts';
import { readPages, type Rows } from '../data/pages.ts';
import { useAnswer } from '../data/use-answer.ts';
import { JOB_ROW, JobTable, type JobRow } from '../parts/job-table.tsx';
import { Chart } from '../parts/chart.tsx';
import { Amount, Answered, Card, Stat, Time } from '../parts/show.tsx';

const DAY = 86_400;
const WEEK = 7 * DAY;
/** Pages of 100 that curves and sums are made of at most. */
const MOST_PAGES = 5;

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

interface SettlementRow {
  readonly id: string;
  readonly timestamp: number;
  readonly paid: string;
  readonly proofCount: number;
  readonly gasUsed: string;
}

interface ProofRow {
  readonly id: string;
  readonly timestamp: number;
  readonly slice: { readonly unitPrice: string | null };
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
    const [settlements, proofs] = await Promise.all([
      readPages<SettlementRow>(
        'settlements(first: 100, after: $after)',
        'id timestamp paid proofCount gasUsed',
        MOST_PAGES,
        signal,
        ({ timestamp }) => timestamp > now - WEEK,
      ),
      readPages<ProofRow>('proofs(first: 100, after: $after)', 'id timestamp slice { unitPrice }', 2, signal),
    ]);
    return { settlements, proofs };
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
              {recent.data === undefined ? null : <Volumes settlements={recent.data.settlements} now={now} />}
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
      <Answered asked={recent}>{(rows) => <Curves {...rows} />}</Answered>
    </>
  );
}

function Volumes({ settlements: { rows, more }, now }: { settlements: Rows<SettlementRow>; now: number }) {
  const paidSince = (seconds: number): bigint =>
    sum(
      rows.filter(({ timestamp }) => timestamp > now - seconds),
      ({ paid }) => paid,
    );
  const week = rows.filter(({ timestamp }) => timestamp > now - WEEK);
  const proofs = week.reduce((total, { proofCount }) => total + proofCount, 0);
  // What was read may not reach back a week.
  const least = more ? 'at least ' : '';
  return (
    <>
      <Stat name="Paid for proofs, 24 h">
        <Amount of={paidSince(DAY)} />
      </Stat>
      <Stat name="7 days" hint={`${least}${grouped(proofs)} proofs in ${grouped(week.length)} settlements`}>
        {least}
        <Amount of={paidSince(WEEK)} />
      </Stat>
    </>
  );
}

function Curves({ settlements, proofs }: { settlements: Rows<SettlementRow>; proofs: Rows<ProofRow> }) {
  const amounts = useAmounts();
  const prices = proofs.rows.flatMap(({ timestamp, slice }) =>
    slice.unitPrice === null ? [] : [{ at: timestamp, value: Number(slice.unitPrice) }],
  );
  const gas = settlements.rows.flatMap(({ timestamp, gasUsed, proofCount }) =>
    proofCount === 0 ? [] : [{ at: timestamp, value: Number(gasUsed) / proofCount }],
  );
  let proved = 0;
  const cumulative = settlements.rows.toReversed().map(({ timestamp, proofCount }) => {
    proved += proofCount;
    return { at: timestamp, value: proved };
  });
  const middle = median(prices.map(({ value }) => value));
  return (
    <div class="grid">
      <Card title="Proofs" note="Paid, in the settlements of the last days, added up.">
        <Chart name="Proofs" points={cumulative} show={(value) => grouped(Math.round(value))} steps />
      </Card>
      <Card
        title="Price"
        note={
          middle === undefined
            ? 'Of a constraint.'
            : `Of a constraint; half of the proofs cost at most ${amounts.show(middle)} ${amounts.unit}.`
        }
      >
        <Chart name="Price of a constraint" points={prices} {...amounts} />
      </Card>
      <Card title="Gas a proof" note="Of the settling transaction, by the proofs it settled.">
        <Chart name="Gas a proof" points={gas} show={(value) => grouped(Math.round(value))} />
      </Card>
    </div>
  );
}
