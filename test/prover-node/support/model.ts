import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeManifest, encodeManifest, type Manifest } from '../../../protocol/manifest.ts';
import { artifactOf } from '../../../protocol/store/digest.ts';
import { buildSlice } from '../../../slicer/build/build-slice.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import type { IntegerProgram } from '../../../slicer/integer/program.ts';
import { deriveDevelopmentPhase1 } from '../../../groth16/setup/trapdoor.ts';
import { copyShared } from '../../support/shared.ts';

/** Values of the tensors: two slices, 12 → 8 → 5. */
const SIZES = [12, 8, 5];
const RANGES = [
  { signed: false, bits: 8 },
  { signed: false, bits: 6 },
  { signed: true, bits: 8 },
];

export function program(slice: number): IntegerProgram {
  const [from, to] = [SIZES[slice], SIZES[slice + 1]];
  return {
    tensors: [
      { name: `t${slice}`, shape: [1, from], scale: 4, range: RANGES[slice] },
      { name: 'accumulator', shape: [1, to], scale: 4 },
      { name: `t${slice + 1}`, shape: [1, to], scale: 4, range: RANGES[slice + 1] },
    ],
    inputs: [0],
    outputs: [2],
    nodes: [
      {
        kind: 'gemm',
        name: 'gemm',
        input: 0,
        output: 1,
        weights: Int32Array.from({ length: from * to }, (_, i) => ((i * 7 + slice) % 11) - 4),
        bias: new Float64Array(to).fill(3),
      },
      { kind: 'rescale', name: 'rescale', input: 1, output: 2, shift: 4, relu: slice === 0 },
    ],
  };
}

/** Input values, and what the two slices make of them. */
export function sampleOf(seed: number): {
  readonly input: Float64Array;
  readonly middle: Float64Array;
  readonly output: Float64Array;
} {
  const input = Float64Array.from({ length: SIZES[0] }, (_, i) => (i * 31 + seed * 17) % 256);
  const [middle] = evaluateOutputs(program(0), [input]);
  return { input, middle, output: evaluateOutputs(program(1), [middle])[0] };
}

/**
 * A model of two real slices with real keys, as `sliceproof model build` leaves it in a folder. The second one's circuit
 * is one of lookups. Made once in a run.
 * @param keys seed of its keys, from which all of it follows
 */
export const buildSmallModel = (folder: string, keys = 'prover-node test'): Promise<void> =>
  copyShared(`small model, ${keys}`, (made) => makeSmallModel(made, keys), folder);

async function makeSmallModel(folder: string, keys: string): Promise<void> {
  const seed = Buffer.from(keys);
  const phase1 = deriveDevelopmentPhase1(seed);
  const slices: Manifest['slices'] = [];
  for (const id of [0, 1]) {
    const own = program(id);
    const zeros = new Float64Array(SIZES[id]);
    slices.push(
      await buildSlice(
        {
          id,
          name: `slice ${id}`,
          operators: ['Gemm'],
          program: own,
          inputs: [id],
          outputs: [id + 1],
          figures: { mode: id === 1 ? 'lookups' : 'bits' },
        } as never,
        {
          folder,
          onnx: sliceOnnx(own, `slice ${id}`),
          trial: [zeros],
          setup: { phase1, seed, workers: 1 },
        },
      ),
    );
  }
  const manifest: Manifest = {
    format: 'sliceproof-manifest/1',
    name: 'small',
    setup: 'development',
    source: artifactOf(Buffer.from('small.onnx')),
    tensors: SIZES.map((size, id) => ({ id, name: `t${id}`, shape: [1, size], scale: 4, ...RANGES[id] })),
    inputCount: 1,
    outputs: [2],
    slices,
    accuracy: { samples: 1, top1Float: 1, top1Quantised: 1, top1Agreement: 1, meanError: 0, maxError: 0 },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'manifest.json'), encodeManifest(manifest));
}

/** The small model with a registered key of slice 1 that its proving key does not belong to. */
export async function buildTrap(folder: string): Promise<void> {
  const other = `${folder}-other`;
  await buildSmallModel(other, 'another seed');
  await buildSmallModel(folder);
  const keyOf = (of: string): string => path.join(of, 'slices', '1', 'verifying.json');
  await copyFile(keyOf(other), keyOf(folder));
  const file = path.join(folder, 'manifest.json');
  const manifest = decodeManifest(await readFile(file));
  manifest.slices[1].artifacts.verifyingKey = artifactOf(await readFile(keyOf(folder)));
  await writeFile(file, encodeManifest(manifest));
}
