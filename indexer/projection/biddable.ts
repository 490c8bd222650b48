import type { Changes } from './changes.ts';
import type { Rows } from './rows.ts';

/**
 * The last second in which somebody may bid on a slice, as things are: it is due and nobody holds it, or its holder may still be
 * bid less for. Null: nobody may, whatever time it is. As `Bids.bid` of the contracts decides.
 */
export function biddableUntil(job: Rows['Job'], slice: Omit<Rows['Slice'], 'biddableUntil'>): bigint | null {
  const { audited, challenger } = slice;
  if (job.state !== 'TRACED' || job.deadline === null || !slice.due) return null;
  if (job.cancelled && !audited && challenger === null) return null;
  if (slice.state === 'OPEN') return job.deadline - job.bidWindow - job.proveSeconds;
  if (slice.state !== 'HELD' || job.bidWindow === 0n || slice.windowEnd === null) return null;
  // Nobody can bid less than nothing.
  if (slice.unitPrice === null || slice.unitPrice === 0n) return null;
  return slice.windowEnd < job.deadline ? slice.windowEnd : job.deadline;
}

/** Changes a slice of a job. */
export function putSlice(
  changes: Changes,
  job: Rows['Job'],
  slice: Omit<Rows['Slice'], 'biddableUntil'>,
): void {
  changes.put('Slice', { ...slice, biddableUntil: biddableUntil(job, slice) });
}

/** Changes a job in what its slices can be bid on by. */
export async function putJobWithSlices(changes: Changes, job: Rows['Job']): Promise<void> {
  changes.put('Job', job);
  // What is paid can't be bid on any more, and of most jobs that end all is.
  if (job.settledCount === job.dueCount) return;
  const { sliceCount } = await changes.require('Model', job.modelId);
  for (const slice of await changes.getMany('Slice', sliceIdsOf(job.id, sliceCount))) {
    const until = biddableUntil(job, slice);
    if (until !== slice.biddableUntil) changes.put('Slice', { ...slice, biddableUntil: until });
  }
}

/** The names of all slices of a job. */
export function sliceIdsOf(jobId: string, sliceCount: number): readonly string[] {
  return Array.from({ length: sliceCount }, (_, index) => `${jobId}:${index}`);
}
