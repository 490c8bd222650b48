import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeNpy } from '../../../protocol/npy.ts';
import { modelCommand } from '../../../slicer/command.ts';
import { randomImages } from '../../support/lenet.ts';
import { SMALL_MODEL_SIZE, smallModel } from '../../support/small-model.ts';

let folder: string;
const file = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-command-'));
  const samples = async (name: string, seed: number, count: number): Promise<void> => {
    const data = Float32Array.from(
      randomImages(seed, count, SMALL_MODEL_SIZE).flatMap((image) => [...image]),
    );
    await writeFile(file(name), writeNpy({ shape: [count, 6, 6], data }));
  };
  await writeFile(file('small.onnx'), smallModel());
  await samples('calibration.npy', 1, 64);
  await samples('held-out.npy', 2, 40);
  await writeFile(file('classes.npy'), writeNpy({ shape: [40], data: new Uint8Array(40) }));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a command of `model` in this process; what it writes to standard output. */
async function runCommand(name: string, flags: readonly string[]): Promise<string> {
  let written = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
  try {
    const command = modelCommand();
    command.commands.forEach((subcommand) => subcommand.exitOverride());
    await command.parseAsync([name, ...flags], { from: 'user' });
  } finally {
    write.mockRestore();
  }
  return written;
}

const run = (...given: readonly string[]): Promise<string> => runCommand('build', given);

function flags(replaced: Readonly<Record<string, string>> = {}): string[] {
  const all: Record<string, string> = {
    '--calibrate': file('calibration.npy'),
    '--held-out': file('held-out.npy'),
    '--labels': file('classes.npy'),
    '--out': file('built'),
    ...replaced,
  };
  return [file('small.onnx'), ...Object.entries(all).flat()];
}

/** What `--json` is promised to be; that it is no more is tested. */
interface Summary {
  readonly slices: readonly {
    readonly operators: readonly string[];
    readonly constraints: number;
  }[];
  readonly totalConstraints: number;
  readonly accuracy: { readonly samples: number; readonly top1Float: number };
  readonly tradeoff: {
    readonly points: readonly { readonly chosen: boolean; readonly accuracy: { readonly samples: number } }[];
  };
}

describe('sliceproof model build', () => {
  it('prints exactly what scripts expect with --json', async () => {
    const body = JSON.parse(await run(...flags(), '--json', '--min-slices', '2')) as Summary;
    expect(Object.keys(body)).toEqual([
      'slices',
      'provableShare',
      'totalConstraints',
      'accuracy',
      'assumed',
      'tradeoff',
    ]);
    expect(body.slices.length).toBe(2);
    for (const slice of body.slices) {
      expect(Object.keys(slice)).toEqual([
        'id',
        'operators',
        'provable',
        'constraints',
        'multiplyAdds',
        'provingKeyBytes',
        'setupSeconds',
      ]);
    }
    expect(body.slices[0].operators).toEqual(expect.arrayContaining(['Conv', 'MaxPool', 'Relu']));
    expect(body.totalConstraints).toBe(body.slices.reduce((sum, slice) => sum + slice.constraints, 0));
    expect(Object.keys(body.accuracy)).toEqual([
      'samples',
      'top1Float',
      'top1Quantised',
      'meanError',
      'maxError',
    ]);
    // The same table is in the folder, and a picture of it.
    const written: unknown = JSON.parse(await readFile(file('built/tradeoff.json'), 'utf8'));
    expect(written).toEqual(body.tradeoff);
    expect(body.tradeoff.points.filter(({ chosen }) => chosen).length).toBe(1);
    for (const point of body.tradeoff.points) expect(point.accuracy.samples).toBe(40);
    const svg = await readFile(file('built/tradeoff.svg'), 'utf8');
    expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/);
    // The line's points, and those of the held-out samples; the legend has one of each.
    expect(svg.match(/<circle [^>]*fill="#/g)?.length).toBe(2 * body.tradeoff.points.length + 2);
    // All labels are class 0: both models are right exactly where they say so.
    expect(body.accuracy.samples).toBe(40);
    expect(body.accuracy.top1Float).toBeLessThan(1);
  });

  it('prints a table, the accuracy and a warning of the setup', async () => {
    const text = await run(...flags(), '--bits', '6');
    expect(text).toMatch(/slice.*layers.*operators.*constraints.*key KiB.*setup s/);
    expect(text).toMatch(/held-out samples.*top-1 float.*top-1 quantised/);
    expect(text).toContain('development setup: whoever ran this build can forge proofs');
  });

  it.each([
    ['BUILD_FILE', { '--calibrate': '/does/not/exist.npy' }],
    ['SAMPLE_SHAPE', { '--calibrate': 'classes.npy' }],
    ['SAMPLE_FORMAT', { '--held-out': 'small.onnx' }],
    ['BUILD_LABELS', { '--held-out': 'calibration.npy' }],
    ['NPY_INVALID', { '--labels': 'small.onnx' }],
  ])('stops with %s', async (code, replaced) => {
    const places = Object.fromEntries(
      Object.entries(replaced).map(([flag, name]) => [flag, path.resolve(folder, name)]),
    );
    await expect(run(...flags(places))).rejects.toMatchObject({ code });
  });

  it.each([
    ['--budget', '0'],
    ['--budget-accuracy', '-1'],
    ['--bits', '1'],
    ['--task', 'guess'],
    ['--scale', '0'],
    ['--mean', '0.5,'],
    ['--workers', 'two'],
  ])('refuses %s %s', async (flag, value) => {
    const quiet = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await expect(run(...flags({ [flag]: value }))).rejects.toMatchObject({
      code: 'commander.invalidArgument',
    });
    quiet.mockRestore();
  });
});

describe('sliceproof model plan', () => {
  const plan = (...given: readonly string[]): Promise<string> =>
    runCommand('plan', [file('small.onnx'), '--calibrate', file('calibration.npy'), '--bits', '4', ...given]);

  it('prints exactly what scripts expect with --json', async () => {
    const body = JSON.parse(await plan('--json', '--min-slices', '2')) as {
      readonly slices: readonly Record<string, unknown>[];
      readonly totalConstraints: number;
    };
    expect(Object.keys(body)).toEqual([
      'slices',
      'tensors',
      'inputCount',
      'outputs',
      'provableShare',
      'totalConstraints',
      'totalProveSeconds',
      'latencySeconds',
      'gas',
      'memoryMiB',
      'task',
      'assumed',
    ]);
    expect(body.slices.length).toBe(2);
    for (const slice of body.slices) {
      expect(slice.fill).toBeLessThanOrEqual(1);
      expect(slice.boundary).toBeGreaterThan(0);
      expect(slice.boundary).toBeLessThan(1);
    }
  });

  it('says what it assumed of outputs and of bytes, and nothing of what it was told', async () => {
    const scores = 'output scores is taken for scores of 3 classes: --task regress if it is numbers\n';
    const pixels = 'bytes of samples are taken for pixels and divided by 255: --scale 1 if they are not\n';
    expect(await plan()).toContain(scores);
    expect(await plan('--task', 'regress')).not.toContain('taken for');
    const bytes = randomImages(3, 8, SMALL_MODEL_SIZE).flatMap((image) => [...image]);
    const data = Uint8Array.from(bytes, (value) => 255 * Math.abs(value));
    await writeFile(file('bytes.npy'), writeNpy({ shape: [8, 6, 6], data }));
    const ofBytes = (...given: readonly string[]): Promise<string> =>
      runCommand('plan', [file('small.onnx'), '--calibrate', file('bytes.npy'), '--bits', '4', ...given]);
    expect(await ofBytes()).toContain(pixels);
    expect(await ofBytes('--scale', '1/255')).not.toContain(pixels);
    const told = JSON.parse(await ofBytes('--scale', '1', '--task', 'classify', '--json')) as { assumed: unknown };
    expect(told.assumed).toEqual([]);
  });

  it('prints a table and draws the slices', async () => {
    const text = await plan('--target', 'gas', '--picture', file('plan.svg'));
    expect(text).toMatch(/slice.*layers.*operators.*mode.*constraints.*domain.*fill.*edge.*prove s.*MiB/);
    expect(text).toContain('constraints in 1 slices');
    const svg = await readFile(file('plan.svg'), 'utf8');
    // Two boxes, the bar of one, the background; one arrow.
    expect(svg.match(/<rect /g)?.length).toBe(4);
    expect(svg.match(/<path /g)?.length).toBe(1);
  });
});
