import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

/** Runs `model build` in this process; what it writes to standard output. */
async function run(...flags: readonly string[]): Promise<string> {
  let written = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
  try {
    const command = modelCommand();
    command.commands.forEach((subcommand) => subcommand.exitOverride());
    await command.parseAsync(['build', ...flags], { from: 'user' });
  } finally {
    write.mockRestore();
  }
  return written;
}

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
}

describe('sliceproof model build', () => {
  it('prints exactly what scripts expect with --json', async () => {
    const body = JSON.parse(await run(...flags(), '--json', '--min-slices', '2')) as Summary;
    expect(Object.keys(body)).toEqual(['slices', 'totalConstraints', 'accuracy']);
    expect(body.slices.length).toBe(2);
    for (const slice of body.slices) {
      expect(Object.keys(slice)).toEqual([
        'id',
        'operators',
        'constraints',
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
    ['--workers', 'two'],
  ])('refuses %s %s', async (flag, value) => {
    const quiet = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await expect(run(...flags({ [flag]: value }))).rejects.toMatchObject({
      code: 'commander.invalidArgument',
    });
    quiet.mockRestore();
  });
});
