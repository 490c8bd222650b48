import { colour } from '../../protocol/terminal/colour.ts';
import { z } from 'zod';
import type { Client } from '../../client/client.ts';
import type { JobStatus, SliceStatus } from '../../client/jobs/job-status.ts';
import type { Screen } from './screen.ts';
import { ask } from './ask.ts';

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
  open: colour.dim,
  held: colour.yellow,
  lapsed: colour.red,
  settled: colour.green,
};

/** Seconds without a change after which the nodes' reasons are shown. */
const QUIET_SECONDS = 20;

/** Shows jobs while they run: a table in place on a terminal, some lines a job elsewhere. */
export class Board {
  readonly #watching: Watching;
  readonly #latest = new Map<string, Watched>();
  /** One look after the other: what the aggregator says belongs to the state it was asked at. */
  #looking: Promise<void> = Promise.resolve();
  #changedAt = performance.now();
  #toldAt = performance.now();
  #reasonsFrom = QUIET_SECONDS;
  #reasons: readonly string[] = [];

  constructor(watching: Watching) {
    this.#watching = watching;
  }

  update(status: JobStatus): void {
    this.#looking = this.#looking.then(async () => {
      const now = { status, proved: await provedSlices(this.#watching.aggregator, status) };
      const before = this.#latest.get(status.jobId);
      if (hasChanged(before, now)) {
        this.#changedAt = performance.now();
        this.#reasonsFrom = QUIET_SECONDS;
        this.#reasons = [];
        if (!this.#watching.screen.live) this.#tell(before, now);
      }
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

  /** Without a terminal: what stays to be read, and how far a job is when that is little for a while. */
  #tell(before: Watched | undefined, now: Watched): void {
    const quiet = (performance.now() - this.#toldAt) / 1000;
    const news = newsOf(this.#watching, before, now);
    const lines = news.length > 0 || quiet < QUIET_SECONDS ? news : [progressOf(now)];
    for (const line of lines) this.#watching.screen.say(`   job ${now.status.jobId.slice(0, 10)} ${line}`);
    if (lines.length > 0) this.#toldAt = performance.now();
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
      const response = await ask(`${aggregator}/proofs/${jobId}/${slice}`);
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
  const head = `job ${status.jobId.slice(0, 10)}  ${colour.bold(status.state)}${executor}`;
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

/** Whether a job is another than it was: its state, or who has a slice and what became of it. */
function hasChanged(before: Watched | undefined, now: Watched): boolean {
  if (before?.status.state !== now.status.state) return true;
  return now.status.slices.some((slice) => {
    const earlier = before.status.slices[slice.slice];
    return stateOf(earlier, before.proved) !== stateOf(slice, now.proved) || earlier.holder !== slice.holder;
  });
}

/** What of it stays to be read where nothing changes in place, a line each: who executed the job, what went wrong, its end. */
function newsOf(watching: Watching, before: Watched | undefined, { status }: Watched): string[] {
  const { state, executor, slices } = status;
  const lapsed = slices.flatMap(({ slice, state: now, holder }) =>
    now === 'lapsed' && before?.status.slices[slice].state !== 'lapsed'
      ? [`slice ${slice} has lapsed: ${watching.nameOf(holder ?? '')} did not prove it in time`]
      : [],
  );
  if (before?.status.state === state || !SAID_STATES.has(state)) return lapsed;
  if (state === 'traced') {
    return executor === undefined ? lapsed : [`executed by ${watching.nameOf(executor)}`, ...lapsed];
  }
  return [state === 'finalized' ? `finalized: ${provers(watching, status)}` : state, ...lapsed];
}

/** That a job is posted its line says that gives its price; that it is claimed, its execution does. */
const SAID_STATES = new Set<JobStatus['state']>(['traced', 'finalized', 'closed']);

/** Who proved what, and what all of it cost. */
function provers({ client: { asset }, nameOf }: Watching, { slices }: JobStatus): string {
  const settled = slices.filter(({ state }) => state === 'settled');
  const names = [...new Set(settled.map(({ holder }) => holder ?? ''))];
  const shares = names.map((holder) => {
    const own = settled.filter((slice) => slice.holder === holder).map(({ slice }) => slice);
    return `${own.join(' ')} by ${nameOf(holder)}`;
  });
  const paid = settled.reduce((sum, { price }) => sum + price, 0n);
  return `slices ${shares.join(', ')}, for ${asset.format(paid, 4)}`;
}

/** How far a job is. */
function progressOf({ status, proved }: Watched): string {
  const due = status.slices.filter((slice) => slice.due);
  const count = (...states: readonly string[]): number =>
    due.filter((slice) => states.includes(stateOf(slice, proved))).length;
  return `of ${due.length} slices ${count('held', 'proved', 'settled')} are taken, ${count('proved', 'settled')} proved`;
}
