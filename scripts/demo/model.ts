import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { Client } from '../../client/client.ts';
import { readPublishedModel, type PublishedManifest } from '../../client/jobs/read-model.ts';
import { publishModel } from '../../client/models/publish-model.ts';
import { SliceproofError } from '../../protocol/errors.ts';
import { printTable, standardOutput } from '../../protocol/terminal/output.ts';
import { writeWhole } from '../../protocol/files/write-whole.ts';
import { ownEnvironment } from '../child-environment.ts';
import { digestOf, keptModel } from './kept-model.ts';
import type { Screen } from './screen.ts';
import { whileWaiting } from './waiting.ts';

const root = path.dirname(path.dirname(import.meta.dirname));

/** The example: a trained network and real digits. */
export const DIGITS = path.join(root, 'examples', 'digits');

const buildSchema = z.object({
  slices: z.array(
    z.object({
      id: z.number(),
      operators: z.array(z.string()),
      constraints: z.number(),
      provingKeyBytes: z.number(),
      setupSeconds: z.number(),
    }),
  ),
  totalConstraints: z.number(),
  accuracy: z.object({
    samples: z.number(),
    top1Float: z.number(),
    top1Quantised: z.number(),
    meanError: z.number(),
    maxError: z.number(),
  }),
});

/** What a built model depends on: the example's files, the sources that build it, and what they build with. */
const SOURCES = ['examples/digits', 'slicer', 'groth16', 'protocol', 'bin', 'package-lock.json'];
const SUMMARY_FILE = 'build.json';

/** Builds the example with the command that anybody would use, if no earlier start did, and publishes it. */
export async function buildAndPublish(
  client: Client,
  workshop: string,
  screen: Screen,
): Promise<PublishedManifest> {
  const digest = await digestOf(root, SOURCES, process.version);
  const { folder, built } = await whileWaiting(
    screen,
    keptModel({ kept: path.join(root, '.sliceproof', 'models'), digest, workshop }, runBuild),
    () => 'building the model',
  );
  const summary = JSON.parse(await readFile(path.join(folder, SUMMARY_FILE), 'utf8')) as unknown;
  const { slices, totalConstraints, accuracy } = buildSchema.parse(summary);
  if (!built) screen.say('   built by an earlier start');
  printTable(
    standardOutput(false),
    ['slice', 'operators', 'constraints', 'key MiB', 'setup s'],
    slices.map(({ id, operators, constraints, provingKeyBytes, setupSeconds }) => [
      id,
      operators.join(' '),
      constraints,
      (provingKeyBytes / 2 ** 20).toFixed(1),
      setupSeconds.toFixed(1),
    ]),
  );
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  screen.say(
    `   ${totalConstraints.toLocaleString('en-US')} constraints; right on ${percent(accuracy.top1Quantised)} of ` +
      `${accuracy.samples} held-out digits, the float model on ${percent(accuracy.top1Float)}`,
  );
  let step = 'publishing the model';
  const published = publishModel(client, folder, (progress) => {
    step = `publishing: ${progress.step === 'model' ? 'model' : `${progress.step} ${progress.done} of ${progress.total}`}`;
  });
  const { modelId } = await whileWaiting(screen, published, () => step);
  screen.say(`   published as ${modelId}`);
  return readPublishedModel(client, modelId);
}

async function runBuild(folder: string): Promise<void> {
  const child = spawn(
    process.execPath,
    [
      path.join(root, 'bin', 'cli.ts'),
      ...['model', 'build', path.join(DIGITS, 'model.onnx')],
      ...['--calibrate', path.join(DIGITS, 'calibration')],
      ...['--held-out', path.join(DIGITS, 'heldout')],
      // For three nodes to share; cheapest would be fewer.
      ...['--min-slices', '4'],
      ...['--out', folder, '--json'],
    ],
    { cwd: root, env: ownEnvironment(root, process.env), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new SliceproofError('DEMO_BUILD_FAILED', `the model could not be built:\n${errors}`);
  await writeWhole(path.join(folder, SUMMARY_FILE), output);
}
