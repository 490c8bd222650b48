import pc from 'picocolors';
import { z } from 'zod';
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
  /** Asked whether it has a proof that isn't settled yet. */
  readonly aggregator: string;
}

/** A slice with a proof that waits at the aggregator, besides what the chain knows. */
interface Watched {
  readonly status: JobStatus;
  readonly proved: ReadonlySet<number>;
}

const proofsSchema = z.object({ proofs: z.array(z.object({ state: z.string() })) });

const STATE_COLOURS: Readonly<Record<SliceStatus['state'], (text: string) => string>> = {
  open: pc.dim,
  held: pc.yellow,
  lapsed: pc.red,
  settled: pc.green,
};

/** Shows jobs until all are finalized: a table in place on a terminal, a line a change elsewhere. */
export async function watchJobs(
  watching: Watching,
  jobIds: readonly string[],
): Promise<readonly JobStatus[]> {
  const { client, screen, aggregator } = watching;
  const latest = new Map<string, Watched>();
  const update = (status: JobStatus, proved: ReadonlySet<number>): void => {
    const now = { status, proved };
    if (!screen.live) sayChanges(watching, latest.get(status.jobId), now);
    latest.set(status.jobId, now);
    screen.show(jobIds.map((id) => drawJob(watching, latest.get(id))).join('\n'));
  };
  const statuses = await Promise.all(
    jobIds.map(async (jobId) => {
      // One look after the other: what the aggregator says belongs to the state it was asked at.
      let looking = Promise.resolve();
      const end = await waitForJob(client, jobId, {
        onStatus: (status) => {
          looking = looking.then(async () => update(status, await provedSlices(aggregator, status)));
        },
      });
      await looking;
      return end;
    }),
  );
  screen.settle();
  return statuses;
}

/** The slices that are held and whose proof the aggregator has accepted. */
async function provedSlices(aggregator: string, { jobId, slices }: JobStatus): Promise<ReadonlySet<number>> {
  const held = slices.filter(({ state }) => state === 'held').map(({ slice }) => slice);
  const proved = await Promise.all(
    held.map(async (slice) => {
      const response = await fetch(`${aggregator}/proofs/${jobId}/${slice}`);
      const { proofs } = proofsSchema.parse(await response.json());
      return proofs.some(({ state }) => state !== 'dropped') ? [slice] : [];
    }),
  );
  return new Set(proved.flat());
}

/** What the demo calls a slice's state: the market's word, or that its proof waits to be settled. */
function stateOf({ slice, state }: SliceStatus, proved: ReadonlySet<number>): string {
  return proved.has(slice) ? 'proved' : state;
}

function drawJob({ client: { asset }, nameOf, sliceNames }: Watching, watched: Watched | undefined): string {
  if (!watched) return '';
  const { status, proved } = watched;
  const executor = status.executor === undefined ? '' : `, executed by ${nameOf(status.executor)}`;
  const head = `job ${status.jobId.slice(0, 10)}  ${pc.bold(status.state)}${executor}`;
  const rows = status.slices.map((row) => {
    const { slice, state, holder, price } = row;
    const leader = holder === undefined ? '–' : nameOf(holder);
    const cells = [
      String(slice).padStart(3),
      sliceNames[slice].padEnd(28),
      stateOf(row, proved).padEnd(8),
      leader.padEnd(6),
    ];
    return `  ${STATE_COLOURS[state](cells.join('  '))}  ${asset.format(price, 4)}`;
  });
  return [head, ...rows].join('\n');
}

function sayChanges(
  { client: { asset }, screen, nameOf, sliceNames }: Watching,
  before: Watched | undefined,
  now: Watched,
): void {
  const job = `job ${now.status.jobId.slice(0, 10)}`;
  if (before?.status.state !== now.status.state) screen.say(`${job}  ${now.status.state}`);
  for (const slice of now.status.slices) {
    const state = stateOf(slice, now.proved);
    const earlier = before?.status.slices[slice.slice];
    const same = earlier && stateOf(earlier, before.proved) === state && earlier.holder === slice.holder;
    if (same || state === 'open') continue;
    const leader = slice.holder === undefined ? '' : ` ${nameOf(slice.holder)}`;
    screen.say(
      `${job}  slice ${slice.slice} (${sliceNames[slice.slice]})  ${state}${leader} at ${asset.format(slice.price, 4)}`,
    );
  }
}
