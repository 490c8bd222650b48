import { ask } from '../data/ask.ts';
import { grouped, words } from '../data/format.ts';
import { useAnswer } from '../data/use-answer.ts';
import { Chart } from '../parts/chart.tsx';
import { Listed } from '../parts/more.tsx';
import { Amount, Answered, Card, Facts, Key, Stat, Time } from '../parts/show.tsx';
import { Table } from '../parts/table.tsx';
import type { PageProps } from '../router.ts';

interface SettlementRow {
  readonly id: string;
  readonly settler: string;
  readonly proofCount: number;
  readonly skipCount: number;
  readonly paid: string;
  readonly tips: string;
  readonly gasUsed: string;
  readonly timestamp: number;
}

const FIELDS = 'id settler proofCount skipCount paid tips gasUsed timestamp';

function gasOfProof({
  gasUsed,
  proofCount,
}: Pick<SettlementRow, 'gasUsed' | 'proofCount'>): number | undefined {
  return proofCount === 0 ? undefined : Number(gasUsed) / proofCount;
}

export function SettlementsPage() {
  return (
    <Listed<SettlementRow> list="settlements(first: 50, after: $after)" fields={FIELDS}>
      {(rows) => (
        <>
          <div class="grid">
            <Card
              title="Gas a proof"
              note="Of the whole transaction: the more proofs share it, the less each takes."
            >
              <Chart
                name="Gas a proof"
                points={rows.flatMap((row) => {
                  const gas = gasOfProof(row);
                  return gas === undefined ? [] : [{ at: row.timestamp, value: gas }];
                })}
                show={(value) => grouped(Math.round(value))}
              />
            </Card>
            <Card title="Proofs in a batch">
              <Chart
                name="Proofs in a batch"
                points={rows.map(({ timestamp, proofCount }) => ({ at: timestamp, value: proofCount }))}
                show={(value) => value.toFixed(value % 1 === 0 ? 0 : 1)}
              />
            </Card>
          </div>
          <Table
            name="Settlements"
            rows={rows}
            idOf={({ id }) => id}
            empty="Nothing was settled yet."
            columns={[
              { name: 'Transaction', show: ({ id }) => <Key of={id} kind="settlement" /> },
              { name: 'Settler', show: ({ settler }) => <Key of={settler} kind="account" /> },
              {
                name: 'Proofs',
                right: true,
                by: ({ proofCount }) => proofCount,
                show: ({ proofCount }) => proofCount,
              },
              {
                name: 'Skipped',
                right: true,
                by: ({ skipCount }) => skipCount,
                show: ({ skipCount }) => skipCount,
              },
              {
                name: 'Paid',
                right: true,
                by: ({ paid }) => BigInt(paid),
                show: ({ paid }) => <Amount of={paid} />,
              },
              {
                name: 'Tips',
                right: true,
                by: ({ tips }) => BigInt(tips),
                show: ({ tips }) => <Amount of={tips} />,
              },
              {
                name: 'Gas a proof',
                right: true,
                by: (row) => gasOfProof(row) ?? 0,
                show: (row) => {
                  const gas = gasOfProof(row);
                  return gas === undefined ? <span class="faint">–</span> : grouped(Math.round(gas));
                },
              },
              {
                name: 'When',
                right: true,
                by: ({ timestamp }) => timestamp,
                show: ({ timestamp }) => <Time at={timestamp} />,
              },
            ]}
          />
        </>
      )}
    </Listed>
  );
}

interface Settlement extends SettlementRow {
  readonly fees: string;
  readonly gasPrice: string;
  readonly blockNumber: number;
  readonly proofs: {
    readonly totalCount: number;
    readonly nodes: readonly {
      readonly id: string;
      readonly price: string;
      readonly fee: string;
      readonly raise: string;
      readonly prover: { readonly id: string };
      readonly circuit: { readonly id: string } | null;
    }[];
  };
  readonly skips: {
    readonly nodes: readonly {
      readonly id: string;
      readonly prover: string;
      readonly reason: string;
      readonly slice: { readonly jobId: string; readonly index: number };
    }[];
  };
}

const SETTLEMENT = `query ($id: Bytes32!) { settlement(transactionHash: $id) {
  ${FIELDS} fees gasPrice blockNumber
  proofs(first: 100) { totalCount nodes { id price fee raise prover { id } circuit { id } } }
  skips(first: 100) { nodes { id prover reason slice { jobId index } } }
} }`;

export function SettlementPage({ of }: PageProps) {
  const asked = useAnswer(
    `settlement ${of}`,
    async (signal) =>
      (await ask<{ settlement: Settlement | null }>(SETTLEMENT, { id: of }, signal)).settlement,
  );
  return (
    <Answered asked={asked} none="No settlement was made by this transaction.">
      {(settlement) => <Body settlement={settlement} />}
    </Answered>
  );
}

function Body({ settlement }: { settlement: Settlement }) {
  const gas = gasOfProof(settlement);
  const { proofs, skips } = settlement;
  return (
    <>
      <dl class="stats">
        <Stat name="Proofs paid">{grouped(settlement.proofCount)}</Stat>
        <Stat name="Paid">
          <Amount of={settlement.paid} />
        </Stat>
        <Stat name="Gas a proof" hint={`${grouped(settlement.gasUsed)} in all`}>
          {gas === undefined ? '–' : grouped(Math.round(gas))}
        </Stat>
        <Stat name="When" hint={`block ${grouped(settlement.blockNumber)}`}>
          <Time at={settlement.timestamp} />
        </Stat>
      </dl>
      <Card title="By whom">
        <Facts
          rows={[
            ['Settler', <Key of={settlement.settler} kind="account" />],
            ['Tips', <Amount of={settlement.tips} />],
            ['Fees', <Amount of={settlement.fees} />],
          ]}
        />
      </Card>
      <Card
        title="Proofs in this batch"
        note={
          proofs.totalCount > proofs.nodes.length
            ? `The last ${proofs.nodes.length} of ${grouped(proofs.totalCount)}.`
            : undefined
        }
        wide
      >
        <Table
          name="Proofs in this batch"
          rows={proofs.nodes}
          idOf={({ id }) => id}
          empty="None was paid."
          columns={[
            { name: 'Job', show: ({ id }) => <Key of={id.split(':')[0]} kind="job" /> },
            { name: 'Slice', right: true, show: ({ id }) => id.split(':')[1] },
            {
              name: 'Circuit',
              right: true,
              show: ({ circuit }) =>
                circuit === null ? '–' : <a href={`/circuits/${circuit.id}`}>{circuit.id}</a>,
            },
            { name: 'Prover', show: ({ prover }) => <Key of={prover.id} kind="account" /> },
            {
              name: 'Price',
              right: true,
              by: ({ price }) => BigInt(price),
              show: ({ price }) => <Amount of={price} />,
            },
            {
              name: 'Raise',
              right: true,
              by: ({ raise }) => BigInt(raise),
              show: ({ raise }) => <Amount of={raise} />,
            },
            {
              name: 'Fee',
              right: true,
              by: ({ fee }) => BigInt(fee),
              show: ({ fee }) => <Amount of={fee} />,
            },
          ]}
        />
      </Card>
      {skips.nodes.length === 0 ? null : (
        <Card title="Proved and not paid" wide>
          <Table
            name="Skipped proofs"
            rows={skips.nodes}
            idOf={({ id }) => id}
            empty="None."
            columns={[
              { name: 'Job', show: ({ slice }) => <Key of={slice.jobId} kind="job" /> },
              { name: 'Slice', right: true, show: ({ slice }) => slice.index },
              { name: 'Prover', show: ({ prover }) => <Key of={prover} kind="account" /> },
              { name: 'Why', show: ({ reason }) => words(reason) },
            ]}
          />
        </Card>
      )}
    </>
  );
}
