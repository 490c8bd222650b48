import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { formatUnits } from 'ethers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeNpy } from '../../../protocol/npy.ts';
import { modelCommand } from '../../../slicer/command.ts';
import { buildSmallModel } from '../../prover-node/support/model.ts';
import { GAS } from '../../../slicer/plan/cost/target.ts';
import { normalisingModel } from '../../support/foreign-model.ts';
import { randomImages, randomSamples } from '../../support/lenet.ts';
import { SMALL_MODEL_SIZE, smallModel } from '../../support/small-model.ts';

let folder: string;
const at = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-policy-'));
  await buildSmallModel(at('built'));
  await writeFile(at('values.json'), '[{"slice": 0, "stake": 8}, {"slice": 1, "stake": 2}]');
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs `model plan` in this process; what it writes to standard output. */
async function plan(...flags: readonly string[]): Promise<string> {
  let written = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
  const quiet = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const command = modelCommand();
    command.commands.forEach((subcommand) => subcommand.exitOverride());
    await command.parseAsync(['plan', ...flags], { from: 'user' });
  } finally {
    write.mockRestore();
    quiet.mockRestore();
  }
  return written;
}

describe('sliceproof model plan --policy', () => {
  it('says of a built model what to have proved, as a table', async () => {
    const text = await plan(
      at('built'),
      '--policy',
      'random',
      '--detect',
      '1',
      '--values',
      at('values.json'),
    );
    expect(text).toMatch(/required\s+0\naudits\s+1\n/);
    expect(text).toContain('100 %');
  });

  it('prints what job post takes with --json', async () => {
    const flags = ['--policy', 'last:1', '--loss', '3', '--values', at('values.json'), '--json'];
    const { policy } = JSON.parse(await plan(at('built'), ...flags)) as { policy: Record<string, unknown> };
    expect(policy).toMatchObject({
      required: [1],
      audits: 0,
      mask: '0x02',
      detection: [0],
      best: { slice: 0, gain: 8 },
      deterrent: null,
      unprovable: [],
      weighted: 0.2,
    });
  });

  it('reckons in money as well as in constraints', async () => {
    const spend = async (...flags: readonly string[]): Promise<unknown> =>
      (
        JSON.parse(await plan(at('built'), '--policy', 'budget', ...flags, '--json')) as {
          policy: { cost: unknown };
        }
      ).policy.cost;
    const manifest = JSON.parse(await readFile(path.join(at('built'), 'manifest.json'), 'utf8')) as {
      slices: { constraints: number; weight: number }[];
    };
    const [least] = manifest.slices.map(({ constraints }) => constraints).sort((a, b) => a - b);
    expect(manifest.slices.map(({ weight }) => weight)).toEqual(
      manifest.slices.map(({ constraints }) => constraints),
    );
    // A constraint for 0.001, and a tip of 0.01: enough for the smaller of both.
    const cost = formatUnits(BigInt(least) * 10n ** 15n + 10n ** 16n, 18);
    expect(await spend('--unit-price', '0.001', '--spend', cost)).toEqual({
      unit: 'money',
      required: cost,
      highest: cost,
      expected: cost,
    });
    expect(await spend('--spend', '1000000')).toMatchObject({ unit: 'constraints' });
  });

  it('plans a float model and chooses in one go', async () => {
    await writeFile(at('small.onnx'), smallModel());
    const data = Float32Array.from(randomImages(1, 16, SMALL_MODEL_SIZE).flatMap((image) => [...image]));
    await writeFile(at('samples.npy'), writeNpy({ shape: [16, 6, 6], data }));
    const flags = [
      '--calibrate',
      at('samples.npy'),
      '--bits',
      '4',
      '--min-slices',
      '3',
      '--policy',
      'last:2',
    ];
    const { slices, policy } = JSON.parse(await plan(at('small.onnx'), ...flags, '--json')) as {
      slices: unknown[];
      policy: { required: number[] };
    };
    expect(slices.length).toBe(3);
    expect(policy.required).toEqual([1, 2]);
    expect(await plan(at('small.onnx'), ...flags)).toMatch(/required\s+1,2/);
  });

  it.each([
    ['POLICY_UNKNOWN', ['--policy', 'most']],
    ['POLICY_UNKNOWN', ['--policy', 'last:']],
    ['POLICY_COUNT', ['--policy', 'last:3']],
    ['POLICY_SPEND', ['--policy', 'budget']],
    ['POLICY_SPEND', ['--policy', 'mixed', '--spend', '1.5']],
    ['POLICY_AMOUNT', ['--policy', 'mixed', '--spend', 'all', '--unit-price', '1']],
    ['POLICY_REQUIRE', ['--policy', 'random', '--require', '2']],
    ['BUILD_FILE', ['--policy', 'all', '--values', '/does/not/exist']],
    ['BUILD_PLANNED', []],
    ['commander.invalidArgument', ['--policy', 'random', '--detect', 'often']],
    ['commander.invalidArgument', ['--policy', 'random', '--require', 'a']],
  ])('stops with %s for %j', async (code, flags) => {
    await expect(plan(at('built'), ...flags)).rejects.toMatchObject({ code });
  });

  it.each(['{}', '[{"slice": 7}]', '[{"slice": 0, "stake": -1}]', '[{"slice": 0}, {"slice": 0}]', '['])(
    'refuses %s as values',
    async (text) => {
      await writeFile(at('bad.json'), text);
      await expect(plan(at('built'), '--policy', 'all', '--values', at('bad.json'))).rejects.toMatchObject({
        code: 'POLICY_VALUES',
      });
    },
  );

  it('needs samples for a float model', async () => {
    await writeFile(at('small.onnx'), smallModel());
    await expect(plan(at('small.onnx'), '--policy', 'all')).rejects.toMatchObject({
      code: 'BUILD_CALIBRATE',
    });
  });
});

describe('sliceproof model plan of a model that can’t be proved whole', () => {
  const flags = (...more: readonly string[]): readonly string[] => [
    at('normalising.onnx'),
    '--calibrate',
    at('normalising.npy'),
    '--bits',
    '4',
    ...more,
  ];
  beforeAll(async () => {
    await writeFile(at('normalising.onnx'), normalisingModel());
    const values = randomSamples(1, 8, 32).flatMap(([sample]) => [...sample]);
    await writeFile(
      at('normalising.npy'),
      writeNpy({ shape: [8, 2, 4, 4], data: Float32Array.from(values) }),
    );
  });

  it('says which share is only executed, and claims no proof, time or gas for that', async () => {
    const body = JSON.parse(await plan(...flags('--policy', 'all', '--json'))) as {
      provableShare: number;
      gas: number;
      slices: readonly Record<string, unknown>[];
      policy: {
        required: number[];
        unprovable: number[];
        slices: readonly { provable: boolean; coverage: number }[];
      };
    };
    const only = body.slices.findIndex(({ operators }) => String(operators) === 'MeanVarianceNormalization');
    expect(body.slices[only]).toMatchObject({
      provable: false,
      mode: null,
      constraints: 0,
      domain: 0,
      fill: 0,
      boundary: 0,
      proveSeconds: 0,
      memoryMiB: 0,
    });
    expect(body.policy.unprovable).toEqual([only]);
    expect(body.policy.required).not.toContain(only);
    expect(body.policy.slices[only]).toMatchObject({ provable: false, coverage: 0 });
    expect(body.gas).toBe((body.slices.length - 1) * GAS.slice + body.slices.length * GAS.tensor);
    // Every multiply-add is in the convolution and the matrix.
    expect(body.provableShare).toBe(1);
  });

  it('names the operators in its table', async () => {
    const text = await plan(...flags());
    expect(text).toMatch(/MeanVarianceNormalization\W+not provable/u);
    expect(text).toContain(
      'provable: 100.00 % of all multiply-adds; MeanVarianceNormalization: only executed, in 1 of',
    );
  });
});
