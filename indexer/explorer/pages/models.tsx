import { grouped, percent, sum } from '../data/format.ts';
import { ModelLink } from '../parts/job-table.tsx';
import { Listed } from '../parts/more.tsx';
import { Setups } from '../parts/setups.tsx';
import { Key, Time, type Setup } from '../parts/show.tsx';
import { Table } from '../parts/table.tsx';

interface ModelRow {
  readonly id: string;
  readonly publisher: string;
  readonly sliceCount: number;
  readonly provableCount: number;
  readonly jobCount: number;
  readonly timestamp: number;
  readonly slices: readonly { readonly weight: string; readonly circuit: { readonly setup: Setup } | null }[];
  readonly manifest: { readonly name: string; readonly accuracy: { readonly top1Quantised: number } } | null;
}

const FIELDS = `id publisher sliceCount provableCount jobCount timestamp
  slices { weight circuit { setup } } manifest { name accuracy { top1Quantised } }`;

export function ModelsPage() {
  return (
    <Listed<ModelRow> list="models(first: 20, after: $after)" fields={FIELDS}>
      {(rows) => (
        <Table
          name="Models"
          rows={rows}
          idOf={({ id }) => id}
          empty="Nobody has published a model yet."
          columns={[
            { name: 'Model', show: (model) => <ModelLink model={model} /> },
            { name: 'Keys', show: ({ slices }) => <Setups slices={slices} /> },
            {
              name: 'Slices proved',
              right: true,
              by: ({ sliceCount }) => sliceCount,
              show: ({ sliceCount, provableCount }) => `${provableCount} of ${sliceCount}`,
            },
            {
              name: 'Constraints',
              right: true,
              by: ({ slices }) => sum(slices, ({ weight }) => weight),
              show: ({ slices }) => grouped(sum(slices, ({ weight }) => weight).toString()),
            },
            {
              name: 'Accuracy',
              right: true,
              by: ({ manifest }) => manifest?.accuracy.top1Quantised ?? -1,
              show: ({ manifest }) =>
                manifest === null ? (
                  <span class="faint">–</span>
                ) : (
                  percent(manifest.accuracy.top1Quantised, 1)
                ),
            },
            {
              name: 'Jobs',
              right: true,
              by: ({ jobCount }) => jobCount,
              show: ({ jobCount }) => grouped(jobCount),
            },
            { name: 'Publisher', show: ({ publisher }) => <Key of={publisher} kind="account" /> },
            {
              name: 'Published',
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
