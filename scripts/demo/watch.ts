import pc from 'picocolors';
import type { Client } from '../../client/client.ts';
import type { JobStatus, SliceStatus } from '../../client/jobs/job-status.ts';
import { waitForJob } from '../../client/jobs/wait-for-job.ts';
import type { Screen } from './screen.ts';

/** What the demo shows while jobs run. */
export interface Watching {
  readonly client: Client;
  readonly screen: Screen;
  /** A node's name by its address. */
  readonly nameOf: (address: string) => string;
  /** Names of the model's slices. */
  readonly sliceNames: readonly string[];
}

const STATE_COLOURS: Readonly<Record<SliceStatus['state'], (text: string) => string>> = {
  Open: pc.dim,
  Held: pc.yellow,
  Lapsed: pc.red,
  Settled: pc.green,
};

/** Shows jobs until all are finalized: a table in place on a terminal, a line a change elsewhere. */
export async function watchJobs(
  watching: Watching,
  jobIds: readonly string[],
): Promise<readonly JobStatus[]> {
  const { client, screen } = watching;
  const latest = new Map<string, JobStatus>();
  const statuses = await Promise.all(
    jobIds.map((jobId) =>
      waitForJob(client, jobId, {
        onStatus: (status) => {
          if (!screen.live) sayChanges(watching, latest.get(jobId), status);
          latest.set(jobId, status);
          screen.show(jobIds.map((id) => drawJob(watching, latest.get(id))).join('\n'));
        },
      }),
    ),
  );
  screen.settle();
  return statuses;
}

function drawJob({ client: { asset }, nameOf, sliceNames }: Watching, status: JobStatus | undefined): string {
  if (!status) return '';
  const executor = status.executor === undefined ? '' : `, executed by ${nameOf(status.executor)}`;
  const head = `job ${status.jobId.slice(0, 10)}  ${pc.bold(status.state)}${executor}`;
  const rows = status.slices.map(({ slice, state, holder, price }) => {
    const leader = holder === undefined ? '–' : nameOf(holder);
    const cells = [
      String(slice).padStart(3),
      sliceNames[slice].padEnd(28),
      state.padEnd(8),
      leader.padEnd(6),
    ];
    return `  ${STATE_COLOURS[state](cells.join('  '))}  ${asset.format(price, 4)}`;
  });
  return [head, ...rows].join('\n');
}

function sayChanges(
  { client: { asset }, screen, nameOf, sliceNames }: Watching,
  before: JobStatus | undefined,
  now: JobStatus,
): void {
  const job = `job ${now.jobId.slice(0, 10)}`;
  if (before?.state !== now.state) screen.say(`${job}  ${now.state}`);
  for (const slice of now.slices) {
    const earlier = before?.slices[slice.slice];
    const same = earlier?.state === slice.state && earlier.holder === slice.holder;
    if (same || slice.state === 'Open') continue;
    const leader = slice.holder === undefined ? '' : ` ${nameOf(slice.holder)}`;
    screen.say(
      `${job}  slice ${slice.slice} (${sliceNames[slice.slice]})  ${slice.state}${leader} at ${asset.format(slice.price, 4)}`,
    );
  }
}
