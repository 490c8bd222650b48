import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '../../client/client.ts';
import { jobResult } from '../../client/jobs/job-result.ts';
import type { JobStatus } from '../../client/jobs/job-status.ts';
import { postJob } from '../../client/jobs/post-job.ts';
import type { PublishedManifest } from '../../client/jobs/read-model.ts';
import { drawDigit } from '../../protocol/draw-digit.ts';
import { readImage } from '../../protocol/image.ts';
import { quantiseTensor } from '../../protocol/manifest.ts';
import { NODE_NAMES, type Places } from './services.ts';
import type { Account, Role } from './accounts.ts';
import { DIGITS } from './model.ts';
import type { Screen } from './screen.ts';
import { watchJobs } from './watch.ts';

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
}

/** What the requester offers: prices that all three nodes can live with, and not too much time. */
function offerOf({ asset }: Client): Parameters<typeof postJob>[1]['offer'] {
  return {
    minUnitPrice: asset.parse('0.0001'),
    maxUnitPrice: asset.parse('0.01'),
    maxExecutionPrice: asset.parse('0.5'),
    settleTip: asset.parse('0.005'),
    rampSeconds: 10,
    bidWindow: 4,
    proveSeconds: 120,
    jobSeconds: 600,
  };
}

/**
 * Posts a job for each digit, shows them until they are finalized and reads what came out.
 * @param digits names of `examples/digits/images`, label first
 */
export async function runJobs(context: JobsContext, digits: readonly string[]): Promise<FinishedJob[]> {
  const { client, model, screen, accounts, places } = context;
  const [tensor] = model.manifest.tensors;
  const posted: { jobId: string; label: string }[] = [];
  const pictures: string[] = [];
  for (const digit of digits) {
    const pixels = readImage(await readFile(path.join(DIGITS, 'images', `${digit}.png`)), tensor.shape);
    pictures.push(drawDigit(pixels, 28));
    const { jobId, escrow } = await postJob(client, {
      published: model,
      inputs: [quantiseTensor(tensor, pixels)],
      offer: offerOf(client),
    });
    posted.push({ jobId, label: digit.split('-')[0] });
    screen.say(`   job ${jobId.slice(0, 10)} posted, ${client.asset.format(escrow, 4)} in escrow`);
  }
  screen.say(sideBySide(pictures, 29));
  const names = new Map(NODE_NAMES.map((name) => [accounts[name].address, name as string]));
  const statuses = await watchJobs(
    {
      client,
      screen,
      nameOf: (address) => names.get(address) ?? address.slice(0, 8),
      aggregator: places.aggregator,
      sliceNames: model.manifest.slices.map(({ name }) => name),
    },
    posted.map(({ jobId }) => jobId),
  );
  return Promise.all(
    posted.map(async ({ jobId, label }, i) => {
      const { top } = await jobResult(client, jobId);
      const predicted = top.label ?? String(top.index);
      screen.say(`   job ${jobId.slice(0, 10)}: the digit is a ${predicted}; its label says ${label}`);
      return { jobId, label, predicted, status: statuses[i] };
    }),
  );
}

function sideBySide(pictures: readonly string[], width: number): string {
  const columns = pictures.map((picture) => picture.split('\n'));
  const rows = Math.max(...columns.map((lines) => lines.length));
  return Array.from({ length: rows }, (_, row) =>
    columns
      .map((lines) => (lines[row] ?? '').padEnd(width))
      .join('')
      .trimEnd(),
  ).join('\n');
}
