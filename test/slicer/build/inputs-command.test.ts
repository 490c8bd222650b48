// The command on a model of two inputs whose file leaves a dimension open.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeNpy } from '../../../protocol/npy.ts';
import { modelCommand } from '../../../slicer/command.ts';
import { buildGraph, writeOnnx } from '../../../slicer/onnx/index.ts';
import { modelCodec } from '../../../slicer/onnx/schema.ts';
import { node, randomConstants, randomImages } from '../../support/lenet.ts';

/** Two inputs of 1×n, whose sum is read by a matrix that n has to be 4 for. */
function openModel(): Uint8Array {
  const fixed = buildGraph({
    name: 'open',
    inputs: ['left', 'right'].map((name) => ({ name, type: 'float32', shape: [1, 4] })),
    outputs: [{ name: 'y' }],
    constants: randomConstants(5, { w: [[3, 4], 0.4], b: [[3], 0.1] }),
    nodes: [node('Add', ['left', 'right'], 's'), node('Gemm', ['s', 'w', 'b'], 'y', { transB: 1 })],
  });
  const model = modelCodec.decode(writeOnnx(fixed));
  const input = model.graph?.input?.map((value) => ({
    ...value,
    type: {
      tensorType: { ...value.type?.tensorType, shape: { dim: [{ dimValue: 1 }, { dimParam: 'n' }] } },
    },
  }));
  return modelCodec.encode({ ...model, graph: { ...model.graph, input, output: [{ name: 'y' }] } });
}

let folder: string;
const at = (...names: string[]): string => path.join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-inputs-command-'));
  await writeFile(at('open.onnx'), openModel());
  for (const name of ['both', 'one']) await mkdir(at(name));
  const samples = (seed: number): Uint8Array => {
    const data = Float32Array.from(randomImages(seed, 8, 4).flatMap((values) => [...values]));
    return writeNpy({ shape: [8, 4], data });
  };
  await writeFile(at('both', 'left.npy'), samples(1));
  await writeFile(at('both', 'right.npy'), samples(2));
  await writeFile(at('one', 'left.npy'), samples(1));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs `model plan` in this process; what it writes to standard output. */
async function plan(samples: string, ...flags: readonly string[]): Promise<string> {
  let written = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
  const quiet = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const given = [at('open.onnx'), '--calibrate', at(samples), '--bits', '8', '--json', ...flags];
  try {
    const command = modelCommand();
    command.commands.forEach((subcommand) => subcommand.exitOverride());
    await command.parseAsync(['plan', ...given], { from: 'user' });
  } finally {
    write.mockRestore();
    quiet.mockRestore();
  }
  return written;
}

describe('sliceproof model plan of two inputs with an open dimension', () => {
  it('takes its size and a file of each input', async () => {
    const { slices } = JSON.parse(await plan('both', '--dimension', 'n=4')) as {
      slices: { operators: string[]; constraints: number }[];
    };
    expect(slices.flatMap(({ operators }) => operators)).toEqual(['Add', 'Gemm']);
    expect(slices.reduce((sum, { constraints }) => sum + constraints, 0)).toBeGreaterThan(0);
  });

  it.each([
    ['ONNX_DYNAMIC_SHAPE', 'both', []],
    ['ONNX_UNKNOWN_DIMENSION', 'both', ['--dimension', 'n=4', 'm=2']],
    ['ONNX_SHAPE_MISMATCH', 'both', ['--dimension', 'n=5']],
    ['SAMPLE_INPUTS', 'one', ['--dimension', 'n=4']],
    ['commander.invalidArgument', 'both', ['--dimension', 'n']],
    ['commander.invalidArgument', 'both', ['--dimension', 'n=0']],
  ])('stops with %s on samples of %s and %j', async (code, samples, flags) => {
    await expect(plan(samples, ...flags)).rejects.toMatchObject({ code });
  });
});
