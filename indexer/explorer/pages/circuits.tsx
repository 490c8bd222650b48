import { ask } from '../data/ask.ts';
import { grouped } from '../data/format.ts';
import { useAnswer } from '../data/use-answer.ts';
import { Listed } from '../parts/more.tsx';
import {
  Amount,
  Answered,
  Card,
  Facts,
  Hash,
  Key,
  SetupBadge,
  setupWords,
  Time,
  type Setup,
} from '../parts/show.tsx';
import { Table } from '../parts/table.tsx';
import type { PageProps } from '../router.ts';

interface CircuitRow {
  readonly id: string;
  readonly setup: Setup;
  readonly signals: number;
  readonly registrant: string;
  readonly timestamp: number;
  readonly keyDigest: string;
}

export function CircuitsPage() {
  return (
    <Listed<CircuitRow>
      list="circuits(first: 50, after: $after)"
      fields="id setup signals registrant timestamp keyDigest"
    >
      {(rows) => (
        <Table
          name="Circuits"
          rows={rows}
          idOf={({ id }) => id}
          empty="Nobody has registered a circuit yet."
          columns={[
            {
              name: 'Circuit',
              by: ({ id }) => Number(id),
              show: ({ id }) => <a href={`/circuits/${id}`}>{id}</a>,
            },
            { name: 'Keys', by: ({ setup }) => setup, show: ({ setup }) => <SetupBadge of={setup} /> },
            { name: 'Signals', right: true, by: ({ signals }) => signals, show: ({ signals }) => signals },
            { name: 'Registrant', show: ({ registrant }) => <Key of={registrant} kind="account" /> },
            { name: 'Verifying key', show: ({ keyDigest }) => <Hash of={keyDigest} /> },
            {
              name: 'Registered',
              right: true,
              by: ({ timestamp }) => timestamp,
              show: ({ timestamp }) => <Time at={timestamp} />,
            },
          ]}
        />
      )}
    </Listed>
  );
}

interface Circuit extends CircuitRow {
  readonly setupDigest: string;
  readonly srsId: string;
  readonly verifier: string | null;
  readonly gasLimit: number | null;
  readonly transactionHash: string;
  readonly proofs: {
    readonly totalCount: number;
    readonly nodes: readonly {
      readonly id: string;
      readonly price: string;
      readonly timestamp: number;
      readonly prover: { readonly id: string };
      readonly settlement: { readonly id: string };
      readonly job: { readonly id: string };
    }[];
  };
}

const CIRCUIT = `query ($id: ID!) { circuit(id: $id) {
  id setup signals registrant timestamp keyDigest setupDigest srsId verifier gasLimit transactionHash
  proofs(first: 50) { totalCount nodes { id price timestamp prover { id } settlement { id } job { id } } }
} }`;

export function CircuitPage({ of }: PageProps) {
  const asked = useAnswer(
    `circuit ${of}`,
    async (signal) => (await ask<{ circuit: Circuit | null }>(CIRCUIT, { id: of }, signal)).circuit,
  );
  return (
    <Answered asked={asked} none="The registry has no circuit of this number.">
      {(circuit) => (
        <>
          <p class={circuit.setup === 'DEVELOPMENT' ? 'warning' : 'note'}>
            <SetupBadge of={circuit.setup} /> {setupWords(circuit.setup)}
          </p>
          <Card title="What it is">
            <Facts
              rows={[
                ['Public signals', circuit.signals],
                ['Registrant', <Key of={circuit.registrant} kind="account" />],
                ['Registered', <Time at={circuit.timestamp} />],
                ['Verifying key', <Hash of={circuit.keyDigest} />],
                ['How the keys were made', <Hash of={circuit.setupDigest} />],
                ...(circuit.verifier === null
                  ? []
                  : ([
                      ['Verifier', <Key of={circuit.verifier} kind="account" />],
                      ['Gas a proof at most', grouped(circuit.gasLimit ?? 0)],
                    ] as const)),
              ]}
            />
          </Card>
          <Card title="Proofs" note={`${grouped(circuit.proofs.totalCount)} were paid.`} wide>
            <Table
              name="Proofs of this circuit"
              rows={circuit.proofs.nodes}
              idOf={({ id }) => id}
              empty="None was paid yet."
              columns={[
                { name: 'Job', show: ({ job }) => <Key of={job.id} kind="job" /> },
                { name: 'Slice', show: ({ id }) => id.split(':')[1] },
                { name: 'Prover', show: ({ prover }) => <Key of={prover.id} kind="account" /> },
                {
                  name: 'Price',
                  right: true,
                  by: ({ price }) => BigInt(price),
                  show: ({ price }) => <Amount of={price} />,
                },
                { name: 'Settled', show: ({ settlement }) => <Key of={settlement.id} kind="settlement" /> },
                {
                  name: 'When',
                  right: true,
                  by: ({ timestamp }) => timestamp,
                  show: ({ timestamp }) => <Time at={timestamp} />,
                },
              ]}
            />
          </Card>
        </>
      )}
    </Answered>
  );
}
