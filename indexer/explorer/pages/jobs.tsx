import { JOB_ROW, JobTable, type JobRow } from '../parts/job-table.tsx';
import { Listed } from '../parts/more.tsx';
import type { PageProps } from '../router.ts';

const STATES = ['POSTED', 'CLAIMED', 'TRACED', 'FINALIZED', 'CLOSED'];

export function JobsPage({ query }: PageProps) {
  const asked = query.get('state')?.toUpperCase() ?? '';
  const state = STATES.find((one) => one === asked);
  const where = state === undefined ? '' : `, where: { state: { equals: ${state} } }`;
  return (
    <>
      <p class="choices">
        {['', ...STATES].map((one) => (
          <a
            key={one}
            href={one === '' ? '/jobs' : `/jobs?state=${one.toLowerCase()}`}
            {...(one === (state ?? '') ? { 'aria-current': 'true' as const } : {})}
          >
            {one === '' ? 'all' : one.toLowerCase()}
          </a>
        ))}
      </p>
      <Listed<JobRow> list={`jobs(first: 25, after: $after${where})`} fields={JOB_ROW}>
        {(rows) => (
          <JobTable
            rows={rows}
            empty={state === undefined ? 'Nobody has posted a job yet.' : `No job is ${state.toLowerCase()}.`}
          />
        )}
      </Listed>
    </>
  );
}
