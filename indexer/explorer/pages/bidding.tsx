import { ask } from '../data/ask.ts';
import { grouped } from '../data/format.ts';
import { useNow } from '../data/market.ts';
import { useAmounts } from '../data/show-amount.ts';
import { rampAt, type Ramp } from '../data/ramp.ts';
import { useAnswer } from '../data/use-answer.ts';
import { Chart } from '../parts/chart.tsx';
import { Amount, Answered, Badge, Card, Empty, Key, Time } from '../parts/show.tsx';
import { Table } from '../parts/table.tsx';

interface OpenJob {
  readonly id: string;
  readonly timestamp: number;
  readonly cancelled: boolean;
  readonly minUnitPrice: string;
  readonly maxUnitPrice: string;
  readonly highUnitPrice: string | null;
  readonly rampSeconds: number;
  readonly minUndercutBps: number;
  readonly minExecutionPrice: string;
  readonly maxExecutionPrice: string;
  readonly executionRampSeconds: number;
  readonly commitBy: number;
  readonly tracedAt: number | null;
  readonly closing: number | null;
  readonly slices: readonly {
    readonly index: number;
    readonly state: string;
    readonly due: boolean;
    readonly audited: boolean;
    readonly challenger: string | null;
    readonly unitPrice: string | null;
    readonly windowEnd: number | null;
    readonly changedAt: number;
    readonly raise: string;
    readonly modelSlice: { readonly weight: string };
  }[];
}

interface Answer {
  readonly posted: { readonly nodes: readonly OpenJob[] };
  readonly traced: { readonly nodes: readonly OpenJob[] };
}

const FIELDS = `id timestamp cancelled minUnitPrice maxUnitPrice highUnitPrice rampSeconds minUndercutBps
  minExecutionPrice maxExecutionPrice executionRampSeconds commitBy tracedAt closing`;

const OPEN = `{
  posted: jobs(first: 50, where: { state: { equals: POSTED } }) { nodes { ${FIELDS}
    slices { index } } }
  traced: jobs(first: 50, where: { state: { equals: TRACED } }) { nodes { ${FIELDS}
    slices { index state due audited challenger unitPrice windowEnd changedAt raise modelSlice { weight } } } }
}`;

/** A slice that somebody can have now, and by what. */
interface Offer {
  readonly job: OpenJob;
  readonly index: number;
  readonly how: 'first bid' | 'undercut' | 'first proof';
  readonly weight: bigint;
  /** The highest price that counts, of a constraint. */
  readonly unitPrice: bigint;
  readonly raise: bigint;
  readonly ramp: Ramp;
  readonly until: number | null;
}

/** What can be had now: slices by bids, lapsed ones by a proof, executions by a claim. */
export function BiddingPage() {
  const now = useNow();
  const asked = useAnswer('bidding', (signal) => ask<Answer>(OPEN, {}, signal));
  return (
    <Answered asked={asked}>
      {({ posted, traced }) => {
        const offers = traced.nodes.flatMap((job) => offersOf(job, now));
        const claims = posted.nodes.filter(({ commitBy, cancelled }) => commitBy > now && !cancelled);
        return (
          <>
            <Card
              title="Slices"
              note="The most that a first bid may ask rises from the job’s least to its highest price; a later bid has to be lower by a step. A lapsed slice is paid to whoever proves it first."
              wide
            >
              <Table
                name="Slices to be had"
                rows={offers}
                idOf={({ job, index }) => `${job.id}-${index}`}
                empty="No slice can be bid on now: every one is held or proved, or its job is over."
                columns={[
                  { name: 'Job', show: ({ job }) => <Key of={job.id} kind="job" /> },
                  { name: 'Slice', show: ({ index }) => index },
                  {
                    name: 'By',
                    by: ({ how }) => how,
                    show: ({ how }) => (
                      <Badge of={how === 'first bid' ? 'TRACED' : how === 'undercut' ? 'HELD' : 'LAPSED'}>
                        {how}
                      </Badge>
                    ),
                  },
                  {
                    name: 'Constraints',
                    right: true,
                    by: ({ weight }) => weight,
                    show: ({ weight }) => grouped(weight.toString()),
                  },
                  {
                    name: 'At most, a constraint',
                    right: true,
                    by: ({ unitPrice }) => unitPrice,
                    show: ({ unitPrice }) => <Amount of={unitPrice} />,
                  },
                  {
                    name: 'In all',
                    right: true,
                    by: (offer) => worth(offer),
                    show: (offer) => <Amount of={worth(offer)} />,
                  },
                  { name: 'Until', right: true, show: ({ until }) => <Time at={until} /> },
                ]}
              />
            </Card>
            <Card
              title="Executions"
              note="Who claims one runs the model and commits its trace; the price rises until somebody does."
              wide
            >
              <Table
                name="Executions to be claimed"
                rows={claims}
                idOf={({ id }) => id}
                empty="No job waits for somebody to execute it."
                columns={[
                  { name: 'Job', show: ({ id }) => <Key of={id} kind="job" /> },
                  {
                    name: 'Pays now',
                    right: true,
                    show: (job) => <Amount of={rampAt(executionRamp(job), now)} />,
                  },
                  {
                    name: 'At most',
                    right: true,
                    show: ({ maxExecutionPrice }) => <Amount of={maxExecutionPrice} />,
                  },
                  {
                    name: 'Last moment for a trace',
                    right: true,
                    show: ({ commitBy }) => <Time at={commitBy} />,
                  },
                ]}
              />
            </Card>
            <Ramps offers={offers} claims={claims} now={now} />
          </>
        );
      }}
    </Answered>
  );
}

function worth({ unitPrice, weight, raise }: Offer): bigint {
  return unitPrice * weight + raise;
}

function executionRamp({
  minExecutionPrice,
  maxExecutionPrice,
  executionRampSeconds,
  timestamp,
}: OpenJob): Ramp {
  return {
    low: BigInt(minExecutionPrice),
    high: BigInt(maxExecutionPrice),
    start: timestamp,
    seconds: executionRampSeconds,
  };
}

function offersOf(job: OpenJob, now: number): readonly Offer[] {
  const { tracedAt, closing, cancelled, minUnitPrice, maxUnitPrice, highUnitPrice, rampSeconds } = job;
  if (tracedAt === null || (closing !== null && closing <= now)) return [];
  return job.slices.flatMap((slice): readonly Offer[] => {
    const { index, state, due, audited, challenger, unitPrice, windowEnd, changedAt } = slice;
    if (!due) return [];
    // Drawn and challenged slices became due later; a challenger's bond was reckoned by the offer as it was posted.
    const ramp: Ramp = {
      low: BigInt(minUnitPrice),
      high: BigInt(challenger === null ? (highUnitPrice ?? maxUnitPrice) : maxUnitPrice),
      start: audited || challenger !== null ? changedAt : tracedAt,
      seconds: rampSeconds,
    };
    const common = { job, index, weight: BigInt(slice.modelSlice.weight), raise: BigInt(slice.raise), ramp };
    if (state === 'OPEN' && (!cancelled || audited || challenger !== null)) {
      return [{ ...common, how: 'first bid', unitPrice: rampAt(ramp, now), until: closing }];
    }
    if (state === 'HELD' && unitPrice !== null && windowEnd !== null && windowEnd >= now) {
      const most = (BigInt(unitPrice) * BigInt(10_000 - job.minUndercutBps)) / 10_000n;
      return [{ ...common, how: 'undercut', unitPrice: most, until: windowEnd }];
    }
    if (state === 'LAPSED') {
      return [{ ...common, how: 'first proof', unitPrice: BigInt(unitPrice ?? 0), until: closing }];
    }
    return [];
  });
}

/** The ramps of the jobs that have something to be had, one curve a job. */
function Ramps({
  offers,
  claims,
  now,
}: {
  offers: readonly Offer[];
  claims: readonly OpenJob[];
  now: number;
}) {
  const amounts = useAmounts();
  const firsts = new Map(
    offers.filter(({ how }) => how === 'first bid').map(({ job, ramp }) => [job.id, ramp]),
  );
  const curves = [
    ...[...firsts].map(([id, ramp]) => ({ id, ramp, of: 'a constraint' })),
    ...claims.map((job) => ({ id: job.id, ramp: executionRamp(job), of: 'the execution' })),
  ].slice(0, 12);
  if (curves.length === 0)
    return <Empty>Where there is something to be had, the curve of its price is drawn here.</Empty>;
  return (
    <div class="grid">
      {curves.map(({ id, ramp, of }) => {
        const end = Math.max(now, ramp.start + ramp.seconds) + Math.max(5, ramp.seconds / 5);
        const at = [ramp.start, ramp.start + ramp.seconds, end];
        return (
          <Card key={`${id} ${of}`} title={`Price of ${of}, job ${id.slice(0, 8)}`}>
            <Chart
              name={`Price of ${of}`}
              points={at.map((time) => ({ at: time, value: Number(rampAt(ramp, time)) }))}
              marks={[{ at: Math.max(now, ramp.start), value: Number(rampAt(ramp, now)), name: 'now' }]}
              {...amounts}
            />
          </Card>
        );
      })}
    </div>
  );
}
