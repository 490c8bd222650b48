import { ask } from '../data/ask.ts';
import { grouped, median, percent, span } from '../data/format.ts';
import { readPages } from '../data/pages.ts';
import { useAnswer } from '../data/use-answer.ts';
import { Amount, Answered, Card, Key } from '../parts/show.tsx';
import { Table, type Column } from '../parts/table.tsx';

interface Prover {
  readonly id: string;
  readonly earned: string;
  readonly settledSlices: number;
  readonly executions: number;
  readonly heldSlices: number;
  readonly slashes: number;
  readonly slashed: string;
}

interface Proof {
  readonly timestamp: number;
  readonly prover: { readonly id: string };
  readonly job: { readonly tracedAt: number | null };
  readonly slice: { readonly unitPrice: string | null };
}

interface Answer {
  readonly provers: { readonly nodes: readonly Prover[]; readonly totalCount: number };
  readonly totals: { readonly settledSlices: number } | null;
}

const PROVERS = `{
  provers(first: 100) { totalCount nodes { id earned settledSlices executions heldSlices slashes slashed } }
  totals { settledSlices }
}`;

/** Pages of the market's newest proofs that times and prices are reckoned from. */
const RECENT_PAGES = 3;

interface Row extends Prover {
  /** Seconds from the trace to the settled proof, and price of a constraint: the middle of its recent proofs. */
  readonly seconds: number | undefined;
  readonly price: bigint | undefined;
}

async function readProvers(signal: AbortSignal): Promise<Answer & { readonly rows: readonly Row[] }> {
  const [answer, proofs] = await Promise.all([
    ask<Answer>(PROVERS, {}, signal),
    readPages<Proof>(
      'proofs(first: 100, after: $after)',
      'timestamp prover { id } job { tracedAt } slice { unitPrice }',
      RECENT_PAGES,
      signal,
    ),
  ]);
  const byProver = Map.groupBy(proofs.rows, ({ prover }) => prover.id);
  const rows = answer.provers.nodes.map((prover) => {
    const own = byProver.get(prover.id) ?? [];
    const price = median(
      own.flatMap(({ slice }) => (slice.unitPrice === null ? [] : [Number(slice.unitPrice)])),
    );
    return {
      ...prover,
      seconds: median(
        own.flatMap(({ timestamp, job }) => (job.tracedAt === null ? [] : [timestamp - job.tracedAt])),
      ),
      price: price === undefined ? undefined : BigInt(Math.round(price)),
    };
  });
  return { ...answer, rows };
}

/** Of what it took on and that is over, how much it did; undefined before any is over. */
function success({ settledSlices, executions, slashes }: Prover): number | undefined {
  const over = settledSlices + executions + slashes;
  return over === 0 ? undefined : (settledSlices + executions) / over;
}

const nothing = <span class="faint">–</span>;

export function ProversPage() {
  const asked = useAnswer('provers', readProvers);
  return (
    <Answered asked={asked}>
      {({ provers, totals, rows }) => {
        const all = totals?.settledSlices ?? 0;
        const columns: readonly Column<Row>[] = [
          { name: 'Prover', by: ({ id }) => id, show: ({ id }) => <Key of={id} kind="account" /> },
          {
            name: 'Earned',
            right: true,
            by: ({ earned }) => BigInt(earned),
            show: ({ earned }) => <Amount of={earned} />,
          },
          {
            name: 'Proofs',
            right: true,
            by: ({ settledSlices }) => settledSlices,
            show: ({ settledSlices }) => grouped(settledSlices),
          },
          {
            name: 'Share',
            right: true,
            by: ({ settledSlices }) => settledSlices,
            show: ({ settledSlices }) => (all === 0 ? nothing : percent(settledSlices / all, 1)),
          },
          {
            name: 'Success',
            right: true,
            by: (prover) => success(prover) ?? -1,
            show: (prover) => {
              const rate = success(prover);
              return rate === undefined ? (
                nothing
              ) : (
                <span class={rate < 0.9 ? 'bad' : ''}>{percent(rate, 1)}</span>
              );
            },
          },
          {
            name: 'Trace to proof',
            right: true,
            by: ({ seconds }) => seconds ?? Number.POSITIVE_INFINITY,
            show: ({ seconds }) => (seconds === undefined ? nothing : span(seconds)),
          },
          {
            name: 'Price',
            right: true,
            by: ({ price }) => price ?? -1n,
            show: ({ price }) => <Amount of={price ?? null} />,
          },
          {
            name: 'Holds',
            right: true,
            by: ({ heldSlices }) => heldSlices,
            show: ({ heldSlices }) => heldSlices,
          },
          {
            name: 'Slashes',
            right: true,
            by: ({ slashes }) => slashes,
            show: ({ slashes }) => <span class={slashes > 0 ? 'bad' : ''}>{slashes}</span>,
          },
          {
            name: 'Slashed',
            right: true,
            by: ({ slashed }) => BigInt(slashed),
            show: ({ slashed }) => <Amount of={slashed} />,
          },
        ];
        return (
          <Card
            title="Who proves"
            note={`Success: proofs and executions that were paid, of those and what was slashed. Time and price (of a constraint): the middle of its proofs among the market’s newest three hundred.${
              provers.totalCount > provers.nodes.length
                ? ` The ${provers.nodes.length} of ${grouped(provers.totalCount)} who earned most.`
                : ''
            }`}
            wide
          >
            <Table
              name="Provers"
              columns={columns}
              rows={rows}
              idOf={({ id }) => id}
              empty="Nobody has bid, executed or proved yet."
              sorted={{ column: 1, up: false }}
            />
          </Card>
        );
      }}
    </Answered>
  );
}
