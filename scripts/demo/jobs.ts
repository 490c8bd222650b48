import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { Client } from '../../client/client.ts';
import { jobResult } from '../../client/jobs/job-result.ts';
import type { JobStatus } from '../../client/jobs/job-status.ts';
import type { PublishedManifest } from '../../client/jobs/read-model.ts';
import { drawDigit } from '../../protocol/draw-digit.ts';
import { readImage } from '../../protocol/image.ts';
import { quantiseTensor } from '../../protocol/manifest.ts';
import type { Account, Role } from './accounts.ts';
import { Errand } from './errand.ts';
import { DIGITS } from './model.ts';
import { askNodes, nodesAsks } from './nodes.ts';
import { asksFor } from './offer.ts';
import type { Screen } from './screen.ts';
import { NODE_NAMES, type Places } from './services.ts';
import { Board } from './watch.ts';

export interface JobsContext {
  readonly client: Client;
  readonly model: PublishedManifest;
  readonly screen: Screen;
  readonly accounts: Readonly<Record<Role, Account>>;
  readonly places: Places;
}

/** A job of the demo at its end. */
export interface FinishedJob {
  readonly jobId: string;
  readonly label: string;
  readonly predicted: string;
  readonly status: JobStatus;
  /** Jobs that were posted for the same digit before, and given up. */
  readonly abandoned: readonly string[];
}

/** Milliseconds between looks at what the nodes say. */
const TEND_MS = 3000;

/**
 * Has each digit read: posts a job for it, shows it until it is finalized and reads what came out.
 * @param digits names of `examples/digits/images`, label first
 */
export async function runJobs(context: JobsContext, digits: readonly string[]): Promise<FinishedJob[]> {
  const { client, model, screen, accounts, places } = context;
  const { modelId } = model.model;
  const provable = model.manifest.slices.filter((slice) => slice.provable).length;
  let asks = await nodesAsks(places, modelId, provable, screen);
  const [tensor] = model.manifest.tensors;
  const pixels = await Promise.all(
    digits.map(async (digit) =>
      readImage(await readFile(path.join(DIGITS, 'images', `${digit}.png`)), tensor.shape),
    ),
  );
  screen.say(
    sideBySide(
      pixels.map((image) => drawDigit(image, 28)),
      29,
    ),
  );
  const names = new Map(NODE_NAMES.map((name) => [accounts[name].address, name as string]));
  const board = new Board({
    client,
    screen,
    nameOf: (address) => names.get(address) ?? address.slice(0, 8),
    aggregator: places.aggregator,
    sliceNames: model.manifest.slices.map(({ name }) => name),
  });
  const posting = new PQueue({ concurrency: 1 });
  const errands = pixels.map(
    (image) =>
      new Errand(
        {
          client,
          model,
          screen,
          board,
          jobs: digits.length,
          asks: async () => (asks = asksFor(await askNodes(places), modelId, provable) ?? asks),
          alone: (work) => posting.add(work),
        },
        [quantiseTensor(tensor, image)],
      ),
  );
  const over = new AbortController();
  const tending = tendAll(client, places, errands, over.signal);
  const ends = Promise.all(errands.map((errand) => errand.run())).finally(() => over.abort());
  const [statuses] = await Promise.all([ends, tending]);
  await board.settle();
  return Promise.all(
    statuses.map(async (status, i) => {
      const { jobId } = status;
      const label = digits[i].split('-')[0];
      const { top } = await jobResult(client, jobId);
      const predicted = top.label ?? String(top.index);
      screen.say(`   job ${jobId.slice(0, 10)}: the digit is a ${predicted}; its label says ${label}`);
      return { jobId, label, predicted, status, abandoned: errands[i].abandoned };
    }),
  );
}

/** Looks at what the nodes say, again and again, until the jobs are over. */
async function tendAll(
  { provider }: Client,
  places: Places,
  errands: readonly Errand[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(TEND_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const [reports, block] = await Promise.all([askNodes(places), provider.getBlock('latest')]);
    const anyHeld = errands.some((errand) => errand.anyHeld);
    for (const errand of errands) await errand.tend(reports, block?.timestamp ?? 0, anyHeld);
  }
}

function sideBySide(pictures: readonly string[], width: number): string {
  const columns = pictures.map((picture) => picture.split('\n'));
  const rows = Array.from({ length: Math.max(...columns.map((lines) => lines.length)) }, (_, row) =>
    columns
      .map((lines) => (lines[row] ?? '').padEnd(width))
      .join('')
      .trimEnd(),
  );
  // Paper above and below all of them shows nothing.
  const inked = rows.map((row) => row !== '');
  return rows.slice(inked.indexOf(true), inked.lastIndexOf(true) + 1).join('\n');
}
