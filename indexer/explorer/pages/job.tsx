import { readJob, standing, type Job, type JobSlice } from '../data/job.ts';
import { percent } from '../data/format.ts';
import { useAnswer } from '../data/use-answer.ts';
import { JobState } from '../parts/job-table.tsx';
import { LedgerTable } from '../parts/ledger-table.tsx';
import { MoneyFlow, type Stream } from '../parts/money-flow.tsx';
import { Picture, Scores } from '../parts/picture.tsx';
import {
  Amount,
  Answered,
  Badge,
  Card,
  Facts,
  Hash,
  Key,
  SetupBadge,
  setupWords,
  Time,
} from '../parts/show.tsx';
import { SliceGraph } from '../parts/slice-graph.tsx';
import { Table } from '../parts/table.tsx';
import { Timeline, type Moment } from '../parts/timeline.tsx';
import type { PageProps } from '../router.ts';

export function JobPage({ of, query }: PageProps) {
  const asked = useAnswer(`job ${of}`, (signal) => readJob(of, signal));
  return (
    <Answered asked={asked} none="This market has no job of this id.">
      {(job) => <JobBody job={job} chosen={query.get('slice')} />}
    </Answered>
  );
}

function JobBody({ job, chosen }: { job: Job; chosen: string | null }) {
  const { model } = job;
  const nameOf = (index: number): string => model.manifest?.slices[index]?.name ?? '';
  const kinds = new Set(model.slices.flatMap(({ circuit }) => (circuit === null ? [] : [circuit.setup])));
  return (
    <>
      {kinds.has('DEVELOPMENT') ? (
        <p class="warning">
          <SetupBadge of="DEVELOPMENT" /> {setupWords('DEVELOPMENT')}
        </p>
      ) : null}
      <div class="grid">
        <Card title="What it is">
          <Facts
            rows={[
              ['State', <JobState {...job} />],
              [
                'Model',
                <a class="clip" href={`/models/${model.id}`}>
                  {model.manifest?.name ?? model.id}
                </a>,
              ],
              ['Requester', <Key of={job.requester} kind="account" />],
              ['Executor', <Key of={job.executor} kind="account" />],
              [
                'Who may take part',
                job.admissionHook === null ? 'anybody' : <Key of={job.admissionHook} kind="account" />,
              ],
              ['Posted', <Time at={job.timestamp} />],
              ['Proved', `${job.settledCount} of ${job.dueCount} slices that have to be`],
              ['Price of a constraint', <Prices {...job} />],
              ['Posted by transaction', <Hash of={job.transactionHash} />],
            ]}
          />
        </Card>
        <InAndOut job={job} />
      </div>
      <Card
        title="Slices"
        note="Each box is a slice, each line a tensor that one hands to the next; the contract checks that it is the same."
        wide
      >
        <SliceGraph
          inputCount={model.inputCount}
          slices={model.slices.map(({ index, inputs, outputs }) => {
            const slice = job.slices[index];
            return {
              index,
              name: nameOf(index),
              inputs,
              outputs,
              state: slice === undefined ? 'OPEN' : standing(slice),
              extra: slice?.audited ? 'audited' : slice?.challenger ? 'challenged' : undefined,
            };
          })}
        />
        <Rests job={job} />
        <SliceTable job={job} nameOf={nameOf} chosen={chosen} />
      </Card>
      <Card title="By when" wide>
        <Timeline moments={momentsOf(job)} />
      </Card>
      <Card
        title="Who was paid what"
        note={job.ledger.pageInfo.hasNextPage ? 'By the newest hundred movements of this job.' : undefined}
        wide
      >
        <MoneyFlow source="escrowed" streams={streamsOf(job)} />
      </Card>
      <Card title="Movements" wide>
        <LedgerTable rows={job.ledger.nodes} />
      </Card>
    </>
  );
}

function Prices({ minUnitPrice, maxUnitPrice, highUnitPrice }: Job) {
  return (
    <>
      <Amount of={minUnitPrice} bare /> to <Amount of={highUnitPrice ?? maxUnitPrice} />
    </>
  );
}

/** What of the result is proved, and what is the executor's word. */
function Rests({ job }: { job: Job }) {
  const weights = job.model.slices.map(({ weight }) => Number(weight));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const proved = job.slices
    .filter(({ state }) => state === 'SETTLED')
    .reduce((sum, { index }) => sum + (weights[index] ?? 0), 0);
  const only = job.slices.filter(({ due }) => !due).length;
  return (
    <p class="note">
      {all === 0
        ? 'Nothing of this model can be proved. '
        : `Proved so far: ${percent(proved / all)} of what can be, by constraints. `}
      {only === 0
        ? 'Every slice has to be proved.'
        : `${only} ${only === 1 ? 'slice is' : 'slices are'} only executed: that rests on whoever did it.`}
    </p>
  );
}

function SliceTable({
  job,
  nameOf,
  chosen,
}: {
  job: Job;
  nameOf: (index: number) => string;
  chosen: string | null;
}) {
  const circuitOf = ({ index }: JobSlice) => job.model.slices[index]?.circuit ?? null;
  return (
    <Table
      name="Slices of this job"
      rows={job.slices}
      idOf={({ index }) => String(index)}
      empty="No slices."
      columns={[
        {
          name: 'Slice',
          by: ({ index }) => index,
          show: ({ index }) => (
            <span class={chosen === String(index) ? 'chosen clip' : 'clip'} title={nameOf(index)}>
              {index} {nameOf(index)}
            </span>
          ),
        },
        {
          name: 'State',
          by: standing,
          show: (slice) => (
            <>
              <Badge of={standing(slice)}>
                {standing(slice) === 'EXECUTED' ? 'executed only' : undefined}
              </Badge>
              {slice.audited ? <Badge of="EXTERNAL">drawn</Badge> : null}
              {slice.challenger === null ? null : <Badge of="HELD">challenged</Badge>}
              {slice.lapseCount > 0 ? <Badge of="LAPSED">{`lapsed ${slice.lapseCount} ×`}</Badge> : null}
            </>
          ),
        },
        { name: 'Prover', show: ({ holder }) => <Key of={holder} kind="account" /> },
        {
          name: 'Price',
          right: true,
          by: ({ price }) => BigInt(price ?? 0),
          show: ({ price }) => <Amount of={price} />,
        },
        { name: 'Bids', right: true, by: ({ bidCount }) => bidCount, show: ({ bidCount }) => bidCount },
        {
          name: 'Proof due',
          show: ({ state, lockEnd }) => <Time at={state === 'HELD' ? lockEnd : null} />,
        },
        {
          name: 'Settled',
          show: ({ proof }) =>
            proof === null ? (
              <Key of={null} kind="settlement" />
            ) : (
              <Key of={proof.transactionHash} kind="settlement" />
            ),
        },
        {
          name: 'Circuit',
          show: (slice) => {
            const circuit = circuitOf(slice);
            return circuit === null ? (
              <span class="faint">none</span>
            ) : (
              <>
                <a href={`/circuits/${circuit.id}`}>{circuit.id}</a> <SetupBadge of={circuit.setup} />
              </>
            );
          },
        },
      ]}
    />
  );
}

function InAndOut({ job }: { job: Job }) {
  const labels = job.model.manifest?.labels ?? [];
  const { publicInputs, revealedOutputs } = job;
  const [output] = revealedOutputs ?? [];
  const best = output === undefined ? -1 : output.values.indexOf(Math.max(...output.values));
  return (
    <Card title="In and out">
      <div class="in-and-out">
        <div>
          <h3>Input</h3>
          {publicInputs === null ? (
            <p class="note">
              Not public: no store that this indexer knows gives it to everybody. The chain has its
              commitment.
            </p>
          ) : (
            publicInputs.map(({ tensor, values }) => (
              <Picture key={tensor} values={values} name={`Input ${tensor} of the model, drawn`} />
            ))
          )}
        </div>
        <div>
          <h3>Output</h3>
          {output === undefined ? (
            <p class="note">
              {job.outputCommitmentOnly
                ? 'Private: the job reveals only a commitment.'
                : 'It is revealed with the trace.'}
            </p>
          ) : output.values.length <= 32 ? (
            <>
              <p class="answer">{labels[best] ?? `class ${best}`}</p>
              <Scores values={output.values} labels={labels} />
            </>
          ) : (
            <p class="note">{`${output.values.length} values, the largest at place ${best}.`}</p>
          )}
        </div>
      </div>
    </Card>
  );
}

/** What happened, and last moments while they can still come. */
function momentsOf(job: Job): readonly Moment[] {
  const { timestamp, tracedAt, endedAt, claimEnd, commitBy, challengeSeconds, closing, cancelEnd, slices } =
    job;
  const event = (name: string, at: number | null): readonly Moment[] =>
    at === null ? [] : [{ name, at, kind: 'event' }];
  const until = (name: string, at: number | null): readonly Moment[] =>
    at === null || at === 0 || endedAt !== null ? [] : [{ name, at, kind: 'deadline' }];
  const held = slices.flatMap(({ state, windowEnd, lockEnd }) =>
    state === 'HELD' && windowEnd !== null && lockEnd !== null ? [{ windowEnd, lockEnd }] : [],
  );
  const proofs = slices.flatMap(({ proof }) => (proof === null ? [] : [proof.timestamp]));
  const latest = (times: readonly number[]): number | null =>
    times.length === 0 ? null : Math.max(...times);
  return [
    ...event('posted', timestamp),
    ...event('traced', tracedAt),
    ...event('first proof settled', proofs.length === 0 ? null : Math.min(...proofs)),
    ...event('last proof settled', proofs.length < 2 ? null : latest(proofs)),
    ...event('ended', endedAt),
    ...(tracedAt === null
      ? [...until('claim runs out', claimEnd), ...until('last moment for a trace', commitBy)]
      : []),
    ...until('last bids', latest(held.map(({ windowEnd }) => windowEnd))),
    ...until('last held slice has to be proved', latest(held.map(({ lockEnd }) => lockEnd))),
    ...(tracedAt === null || challengeSeconds === 0
      ? []
      : until('last challenge', tracedAt + challengeSeconds)),
    ...until('end of what a cancel leaves open', cancelEnd),
    ...until('can be expired', closing),
  ];
}

const TONES: Readonly<Record<string, readonly [string, Stream['tone']]>> = {
  SLICE_PAID: ['for proofs', 'proof'],
  EXECUTION_PAID: ['for the execution', 'execution'],
  FEE: ['fee', 'fee'],
  TIP: ['for settling', 'tip'],
  REFUND: ['back', 'back'],
  CHALLENGE_REWARD: ['for a challenge', 'execution'],
  CHALLENGE_DELAY: ['for the delay', 'back'],
  MADE_WHOLE: ['made whole', 'back'],
  REWARD: ['for booking a lapse', 'tip'],
  BURNED: ['burned', 'burned'],
};

function streamsOf({ ledger, escrow, raises }: Job): readonly Stream[] {
  const sums = new Map<string, Stream>();
  for (const { kind, account, balanceChange } of ledger.nodes) {
    const known = TONES[kind];
    if (known === undefined) continue;
    const [name, tone] = known;
    const key = `${kind} ${account.id}`;
    const before = sums.get(key)?.amount ?? 0n;
    sums.set(key, { name, tone, account: account.id, amount: before + BigInt(balanceChange) });
  }
  const order = Object.values(TONES).map(([name]) => name);
  return [
    ...[...sums.values()].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name)),
    { name: 'still in escrow', tone: 'left', amount: BigInt(escrow) },
    { name: 'waits for who proves what lapsed', tone: 'left', amount: BigInt(raises) },
  ];
}
