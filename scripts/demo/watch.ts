import pc from 'picocolors';
import { z } from 'zod';
import type { Client } from '../../client/client.ts';
import type { JobStatus, SliceStatus } from '../../client/jobs/job-status.ts';
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

/** Seconds without a change after which the nodes' reasons are shown. */
const QUIET_SECONDS = 20;

/** Shows jobs while they run: a table in place on a terminal, a line a change elsewhere. */
export class Board {
  readonly #watching: Watching;
  readonly #latest = new Map<string, Watched>();
  /** One look after the other: what the aggregator says belongs to the state it was asked at. */
  #looking: Promise<void> = Promise.resolve();
  #changedAt = performance.now();
  #reasonsFrom = QUIET_SECONDS;
  #reasons: readonly string[] = [];

  constructor(watching: Watching) {
    this.#watching = watching;
  }

  update(status: JobStatus): void {
    this.#looking = this.#looking.then(async () => {
      const now = { status, proved: await provedSlices(this.#watching.aggregator, status) };
      const changes = changesOf(this.#watching, this.#latest.get(status.jobId), now);
      if (changes.length > 0) {
        this.#changedAt = performance.now();
        this.#reasonsFrom = QUIET_SECONDS;
        this.#reasons = [];
      }
      if (!this.#watching.screen.live) for (const change of changes) this.#watching.screen.say(change);
      this.#latest.set(status.jobId, now);
      this.#draw();
    });
    // What failed is thrown by `settle`.
    this.#looking.catch(() => undefined);
  }

  /** A job is no longer followed. */
  drop(jobId: string): void {
    this.#latest.delete(jobId);
  }

  /** Shows why nothing happens, when nothing has happened for a while; without a terminal more and more seldom. */
  explain(reasons: readonly string[]): void {
    const quiet = (performance.now() - this.#changedAt) / 1000;
    if (quiet < this.#reasonsFrom || reasons.length === 0) return;
    const lines = [`nothing has changed for ${quiet.toFixed(0)} s:`, ...reasons].map((line) => `   ${line}`);
    if (this.#watching.screen.live) {
      this.#reasons = lines;
      this.#draw();
    } else {
      this.#reasonsFrom = 2 * quiet;
      for (const line of lines) this.#watching.screen.say(line);
    }
  }

  /** Leaves what is shown as it is. */
  async settle(): Promise<void> {
    await this.#looking;
    this.#watching.screen.settle();
  }

  #draw(): void {
    const jobs = [...this.#latest.values()].map((watched) => drawJob(this.#watching, watched));
    this.#watching.screen.show([...jobs, ...this.#reasons].join('\n'));
  }
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

function drawJob({ client: { asset }, nameOf, sliceNames }: Watching, watched: Watched): string {
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

/** What is new about a job, a line each. */
function changesOf(
  { client: { asset }, nameOf, sliceNames }: Watching,
  before: Watched | undefined,
  now: Watched,
): string[] {
  const job = `job ${now.status.jobId.slice(0, 10)}`;
  const state = before?.status.state === now.status.state ? [] : [`${job}  ${now.status.state}`];
  const slices = now.status.slices.flatMap((slice) => {
    const sliceState = stateOf(slice, now.proved);
    const earlier = before?.status.slices[slice.slice];
    const same = earlier && stateOf(earlier, before.proved) === sliceState && earlier.holder === slice.holder;
    if (same || sliceState === 'open') return [];
    const leader = slice.holder === undefined ? '' : ` ${nameOf(slice.holder)}`;
    const name = `slice ${slice.slice} (${sliceNames[slice.slice]})`;
    return [`${job}  ${name}  ${sliceState}${leader} at ${asset.format(slice.price, 4)}`];
  });
  return [...state, ...slices];
}
