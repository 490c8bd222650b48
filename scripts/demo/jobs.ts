import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '../../client/client.ts';
import { jobResult } from '../../client/jobs/job-result.ts';
import type { JobStatus } from '../../client/jobs/job-status.ts';
import type { PublishedManifest } from '../../client/jobs/read-model.ts';
import { drawDigit } from '../../protocol/draw-digit.ts';
import { readImage } from '../../protocol/image.ts';
import { quantiseTensor } from '../../protocol/manifest.ts';
import type { Account, Role } from './accounts.ts';
import { runErrands } from './errands.ts';
import { DIGITS } from './model.ts';
import type { Screen } from './screen.ts';
import type { Places } from './services.ts';

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

/** How many times dearer and slower than measured a first offer may turn out. */
const SLACK = 2;

/**
 * Has each digit read: posts a job for it, shows it until it is finalized and reads what came out.
 * @param digits names of `examples/digits/images`, label first
 */
export async function runJobs(context: JobsContext, digits: readonly string[]): Promise<FinishedJob[]> {
  const { client, model, screen, accounts, places } = context;
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
  const inputs = pixels.map((image) => [quantiseTensor(tensor, image)]);
  const done = await runErrands({ client, model, screen, accounts, places, slack: SLACK }, inputs);
  return Promise.all(
    done.map(async ({ status, abandoned }, i) => {
      const { jobId } = status;
      const label = digits[i].split('-')[0];
      const { top } = await jobResult(client, jobId);
      const predicted = top.label ?? String(top.index);
      screen.say(`   job ${jobId.slice(0, 10)}: the digit is a ${predicted}; its label says ${label}`);
      return { jobId, label, predicted, status, abandoned };
    }),
  );
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
