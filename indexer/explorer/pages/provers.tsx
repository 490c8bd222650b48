import { ask } from '../data/ask.ts';
import { grouped, median, percent, span } from '../data/format.ts';
import { useAnswer } from '../data/use-answer.ts';
import { Amount, Answered, Card, Key } from '../parts/show.tsx';
import { Table, type Column } from '../parts/table.tsx';

interface Prover {
  readonly id: string;
  readonly earned: string;
  readonly settledSlices: number;
  readonly executions: number;
  readonly heldSlices: number;
  readonly collateral: string;
  readonly slashes: number;
  readonly slashed: string;
  readonly proofs: {
    readonly nodes: readonly {
      readonly timestamp: number;
      readonly job: { readonly tracedAt: number | null };
      readonly slice: { readonly unitPrice: string | null };
    }[];
  };
}

interface Answer {
  readonly provers: { readonly nodes: readonly Prover[]; readonly totalCount: number };
  readonly totals: { readonly settledSlices: number } | null;
}

const PROVERS = `{
  provers(first: 100) { totalCount nodes {
    id earned settledSlices executions heldSlices collateral slashes slashed
    proofs(first: 20) { nodes { timestamp job { tracedAt } slice { unitPrice } } }
  } }
  totals { settledSlices }
}`;

/** Of what it took on and that is over, how much it did; undefined before any is over. */
function success({ settledSlices, executions, slashes }: Prover): number | undefined {
  const over = settledSlices + executions + slashes;
  return over === 0 ? undefined : (settledSlices + executions) / over;
}

function seconds({ proofs }: Prover): number | undefined {
  return median(
    proofs.nodes.flatMap(({ timestamp, job }) => (job.tracedAt === null ? [] : [timestamp - job.tracedAt])),
  );
}

function price({ proofs }: Prover): bigint | undefined {
  const middle = median(
    proofs.nodes.flatMap(({ slice }) => (slice.unitPrice === null ? [] : [Number(slice.unitPrice)])),
  );
  return middle === undefined ? undefined : BigInt(Math.round(middle));
}

const nothing = <span class="faint">–</span>;

export function ProversPage() {
  const asked = useAnswer('provers', (signal) => ask<Answer>(PROVERS, {}, signal));
  return (
    <Answered asked={asked}>
      {({ provers, totals }) => {
        const all = totals?.settledSlices ?? 0;
        const columns: readonly Column<Prover>[] = [
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
            by: (prover) => seconds(prover) ?? Number.POSITIVE_INFINITY,
            show: (prover) => {
              const took = seconds(prover);
              return took === undefined ? nothing : span(took);
            },
          },
          {
            name: 'Price',
            right: true,
            by: (prover) => price(prover) ?? -1n,
            show: (prover) => <Amount of={price(prover) ?? null} />,
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
            note={`Success: proofs and executions that were paid, of those and what was slashed. Time and price (of a thousand constraints): the middle of the last twenty proofs.${
              provers.totalCount > provers.nodes.length
                ? ` The ${provers.nodes.length} of ${grouped(provers.totalCount)} who earned most.`
                : ''
            }`}
            wide
          >
            <Table
              name="Provers"
              columns={columns}
              rows={provers.nodes}
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
