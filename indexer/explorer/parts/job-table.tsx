import { Amount, Badge, Key, Time } from './show.tsx';
import { Table } from './table.tsx';

export const JOB_ROW = `id state closeReason cancelled timestamp requester initialEscrow dueCount settledCount
  model { id manifest { name } }`;

export interface JobRow {
  readonly id: string;
  readonly state: string;
  readonly closeReason: string | null;
  readonly cancelled: boolean;
  readonly timestamp: number;
  readonly requester: string;
  readonly initialEscrow: string;
  readonly dueCount: number;
  readonly settledCount: number;
  readonly model: { readonly id: string; readonly manifest: { readonly name: string } | null };
}

export function JobState({
  state,
  closeReason,
  cancelled,
}: Pick<JobRow, 'state' | 'closeReason' | 'cancelled'>) {
  return (
    <>
      <Badge of={state}>{closeReason === null ? state.toLowerCase() : closeReason.toLowerCase()}</Badge>
      {cancelled && state !== 'CLOSED' ? <Badge of="LAPSED">cancel announced</Badge> : null}
    </>
  );
}

export function ModelLink({ model }: { model: JobRow['model'] }) {
  if (model.manifest === null) return <Key of={model.id} kind="model" />;
  return (
    <a class="clip" href={`/models/${model.id}`} title={model.id}>
      {model.manifest.name}
    </a>
  );
}

export function JobTable({ rows, empty }: { rows: readonly JobRow[]; empty: string }) {
  return (
    <Table
      name="Jobs"
      rows={rows}
      idOf={({ id }) => id}
      empty={empty}
      columns={[
        { name: 'Job', show: ({ id }) => <Key of={id} kind="job" /> },
        { name: 'State', show: (job) => <JobState {...job} /> },
        { name: 'Proved', show: ({ dueCount, settledCount }) => `${settledCount} of ${dueCount}` },
        { name: 'Model', show: ({ model }) => <ModelLink model={model} /> },
        { name: 'Requester', show: ({ requester }) => <Key of={requester} kind="account" /> },
        { name: 'Escrow', right: true, show: ({ initialEscrow }) => <Amount of={initialEscrow} /> },
        { name: 'Posted', right: true, show: ({ timestamp }) => <Time at={timestamp} /> },
      ]}
    />
  );
}
