import { ask } from '../data/ask.ts';
import { grouped, median, percent } from '../data/format.ts';
import { curveOf } from '../data/periods.ts';
import { useAmounts } from '../data/show-amount.ts';
import { useAnswer } from '../data/use-answer.ts';
import { Chart, type Point } from '../parts/chart.tsx';
import { JOB_ROW, JobTable, type JobRow } from '../parts/job-table.tsx';
import { Setups } from '../parts/setups.tsx';
import {
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
import { SliceGraph } from '../parts/slice-graph.tsx';
import { Table } from '../parts/table.tsx';
import type { PageProps } from '../router.ts';

/** What a constraint cost in an hour or a day. */
interface PricedIn {
  readonly start: number;
  readonly unitPrices: { readonly p50: string } | null;
}

interface Model {
  readonly id: string;
  readonly publisher: string;
  readonly manifestDigest: string;
  readonly inputCount: number;
  readonly sliceCount: number;
  readonly provableCount: number;
  readonly jobCount: number;
  readonly timestamp: number;
  readonly transactionHash: string;
  readonly slices: readonly {
    readonly index: number;
    readonly weight: string;
    readonly inputs: readonly number[];
    readonly outputs: readonly number[];
    readonly circuit: { readonly id: string; readonly setup: Setup } | null;
  }[];
  readonly tensors: readonly { readonly count: string; readonly bits: number }[];
  readonly manifest: {
    readonly name: string;
    readonly accuracy: {
      readonly samples: number;
      readonly top1Float: number;
      readonly top1Quantised: number;
      readonly top1Agreement: number;
    };
    readonly slices: readonly {
      readonly name: string;
      readonly operators: readonly string[];
      readonly constraints: number;
    }[];
  } | null;
  readonly days: readonly PricedIn[];
  readonly hours: readonly PricedIn[];
  readonly jobs: {
    readonly nodes: readonly (JobRow & {
      readonly tracedAt: number | null;
      readonly slices: readonly { readonly state: string; readonly unitPrice: string | null }[];
    })[];
  };
}

const MODEL = `query ($id: Bytes32!) { model(id: $id) {
  id publisher manifestDigest inputCount sliceCount provableCount jobCount timestamp transactionHash
  slices { index weight inputs outputs circuit { id setup } }
  tensors { count bits }
  manifest { name accuracy { samples top1Float top1Quantised top1Agreement } slices { name operators constraints } }
  days: periods(length: DAY, last: 366) { start unitPrices { p50 } }
  hours: periods(length: HOUR, last: 168) { start unitPrices { p50 } }
  jobs(first: 30) { nodes { ${JOB_ROW} tracedAt slices { state unitPrice } } }
} }`;

export function ModelPage({ of }: PageProps) {
  const asked = useAnswer(
    `model ${of}`,
    async (signal) => (await ask<{ model: Model | null }>(MODEL, { id: of }, signal)).model,
  );
  return (
    <Answered asked={asked} none="Nobody has published a model of this id.">
      {(model) => <Body model={model} />}
    </Answered>
  );
}

function Body({ model }: { model: Model }) {
  const { manifest } = model;
  const accuracy = manifest?.accuracy;
  return (
    <>
      {model.slices.some(({ circuit }) => circuit?.setup === 'DEVELOPMENT') ? (
        <p class="warning">
          <SetupBadge of="DEVELOPMENT" /> {setupWords('DEVELOPMENT')}
        </p>
      ) : null}
      <div class="grid">
        <Card title="What it is">
          <Facts
            rows={[
              [
                'Name',
                manifest === null ? (
                  <span class="faint">not known: this indexer has no store that has its manifest</span>
                ) : (
                  manifest.name
                ),
              ],
              ['Keys', <Setups slices={model.slices} />],
              ['Publisher', <Key of={model.publisher} kind="account" />],
              ['Published', <Time at={model.timestamp} />],
              ['Slices', `${model.sliceCount}, of which ${model.provableCount} can be proved`],
              ['Jobs', grouped(model.jobCount)],
              ['Manifest', <Hash of={model.manifestDigest} />],
            ]}
          />
        </Card>
        <Card title="Accuracy" note="As its publisher measured it on samples that it was not calibrated on.">
          {accuracy === undefined ? (
            <p class="empty">Told by the manifest, which is not known here.</p>
          ) : (
            <Facts
              rows={[
                ['Float model', percent(accuracy.top1Float, 1)],
                ['What is proved (integers)', percent(accuracy.top1Quantised, 1)],
                ['Both say the same', percent(accuracy.top1Agreement, 1)],
                ['Samples', grouped(accuracy.samples)],
              ]}
            />
          )}
        </Card>
        <Card title="Price" note="Of a constraint, the middle of each day’s, hour’s or job’s proofs.">
          <PriceHistory model={model} />
        </Card>
      </div>
      <Card title="Slices" wide>
        <SliceGraph
          inputCount={model.inputCount}
          slices={model.slices.map(({ index, inputs, outputs, circuit }) => ({
            index,
            name: manifest?.slices[index]?.name ?? '',
            inputs,
            outputs,
            state: circuit === null ? 'EXECUTED' : 'PROVABLE',
          }))}
        />
        <Table
          name="Slices of this model"
          rows={model.slices}
          idOf={({ index }) => String(index)}
          empty="No slices."
          columns={[
            {
              name: 'Slice',
              by: ({ index }) => index,
              show: ({ index }) => (
                <span class="clip">{`${index} ${manifest?.slices[index]?.name ?? ''}`}</span>
              ),
            },
            {
              name: 'Operators',
              show: ({ index }) => (
                <span class="clip" title={manifest?.slices[index]?.operators.join(' ') ?? ''}>
                  {manifest?.slices[index]?.operators.join(' ') ?? '–'}
                </span>
              ),
            },
            {
              name: 'Constraints',
              right: true,
              by: ({ weight }) => BigInt(weight),
              show: ({ index, weight }) => {
                const exact = manifest?.slices[index]?.constraints;
                return exact === undefined ? grouped(weight) : grouped(exact);
              },
            },
            {
              name: 'Hands on',
              right: true,
              show: ({ outputs }) =>
                `${grouped(outputs.reduce((all, tensor) => all + Number(model.tensors[tensor]?.count ?? 0), 0))} values`,
            },
            {
              name: 'Circuit',
              show: ({ circuit }) =>
                circuit === null ? (
                  <span class="faint">executed only</span>
                ) : (
                  <a href={`/circuits/${circuit.id}`}>{circuit.id}</a>
                ),
            },
            {
              name: 'Keys',
              show: ({ circuit }) =>
                circuit === null ? <span class="faint">–</span> : <SetupBadge of={circuit.setup} />,
            },
          ]}
        />
      </Card>
      <Card title="Jobs" wide>
        <JobTable rows={model.jobs.nodes} empty="Nobody has asked this model yet." />
      </Card>
    </>
  );
}

function PriceHistory({ model }: { model: Model }) {
  const amounts = useAmounts();
  const priced = (periods: readonly PricedIn[]): readonly Point[] =>
    periods.flatMap(({ start, unitPrices }) =>
      unitPrices === null ? [] : [{ at: start, value: Number(unitPrices.p50) }],
    );
  const points = curveOf(priced(model.days), priced(model.hours)) ?? pricesOfJobs(model);
  return <Chart name="Price of a constraint" points={points} {...amounts} />;
}

function pricesOfJobs({ jobs }: Model): readonly Point[] {
  return jobs.nodes.flatMap(({ tracedAt, slices }) => {
    const paid = slices.flatMap(({ state, unitPrice }) =>
      state === 'SETTLED' && unitPrice !== null ? [Number(unitPrice)] : [],
    );
    const middle = median(paid);
    return middle === undefined || tracedAt === null ? [] : [{ at: tracedAt, value: middle }];
  });
}
