import { randomBytes } from 'node:crypto';
import type { SliceSpec } from '../../../protocol/contracts/words.ts';
import { commitTensor, sampleSalt } from '../../../protocol/commitment/commit.ts';
import { encodeManifest, specOf, type Manifest } from '../../../protocol/manifest.ts';
import type { ProofSubmission } from '../../../protocol/proof-submission.ts';
import { artifactOf } from '../../../protocol/store/digest.ts';
import type { ArtifactStore } from '../../../protocol/store/store.ts';
import { compileSlice, type CompiledSlice } from '../../../slicer/circuit/compile.ts';
import { writeWitness } from '../../../groth16/formats/witness-file.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import type { IntegerProgram, TensorValues } from '../../../slicer/integer/program.ts';
import { encodeProgram } from '../../../slicer/integer/serialise.ts';
import { createNativeJsBackend } from '../../../groth16/prove/native-js/backend.ts';
import { developmentSetup, type SetupResult } from '../../../groth16/setup/development-setup.ts';
import { sampleDevelopmentPhase1 } from '../../../groth16/setup/trapdoor.ts';

/**
 * A model of three small slices: 4 numbers → 3 → 2 → 2. The first two are provable and have circuits and keys of
 * their own, the last one is only executed.
 */
export interface TinyModel {
  readonly manifest: Manifest;
  readonly slices: readonly TinySlice[];
  /** Values of all four tensors. */
  run(input: readonly number[]): TensorValues[];
  /** Puts manifest and artifacts into a store; the manifest's digest. */
  publish(store: ArtifactStore): Promise<string>;
  /** A real proof of a slice. */
  prove(
    slice: number,
    values: readonly TensorValues[],
    salts: readonly bigint[],
    tag: bigint,
  ): Promise<ProofSubmission['proof']>;
}

export interface TinySlice {
  readonly program: IntegerProgram;
  readonly compiled: CompiledSlice;
  readonly setup: SetupResult;
  readonly spec: Omit<SliceSpec, 'circuit'>;
}

const RANGES = [
  { signed: false, bits: 8 },
  { signed: false, bits: 8 },
  { signed: true, bits: 8 },
  { signed: true, bits: 8 },
];
const SIZES = [4, 3, 2, 2];

/** The slices that come first can be proved, the others are only executed. */
const PROVABLE = 2;
const WEIGHTS = [
  [3, -1, 2, 5, 1, 1, -4, 2, 7, 0, 1, -2],
  [2, 1, -3, -1, 4, 1],
  [1, 2, 3, -1],
];

function program(slice: number): IntegerProgram {
  const [from, to] = [SIZES[slice], SIZES[slice + 1]];
  return {
    tensors: [
      { name: `t${slice}`, shape: [1, from], scale: 4, range: RANGES[slice] },
      { name: 'acc', shape: [1, to], scale: 4 },
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
        weights: Int32Array.from(WEIGHTS[slice]),
        bias: new Float64Array(to).fill(slice + 1),
      },
      { kind: 'rescale', name: 'rescale', input: 1, output: 2, shift: 3, relu: slice === 0 },
    ],
  };
}

let made: Promise<TinyModel> | undefined;

/** The one of this process: its circuits and keys, which nobody changes, take longer to make than most tests with it. */
export const tinyModel = (): Promise<TinyModel> => (made ??= makeTinyModel());

async function makeTinyModel(): Promise<TinyModel> {
  const phase1 = sampleDevelopmentPhase1((count) => randomBytes(count));
  const backend = createNativeJsBackend();
  const slices: TinySlice[] = [];
  for (let slice = 0; slice < 3; slice++) {
    const own = program(slice);
    const compiled = compileSlice(own);
    slices.push({
      program: own,
      compiled,
      setup: await developmentSetup(compiled.r1cs, { phase1, workers: 1 }),
      spec: { weight: slice < PROVABLE ? slice + 1 : 0, inputs: [slice], outputs: [slice + 1] },
    });
  }
  const artifacts = slices.map(({ program: own, setup }, i) => ({
    onnx: Buffer.from(`slice ${i} as ONNX`),
    program: encodeProgram(own),
    r1cs: Buffer.from(`circuit ${i}`),
    provingKey: setup.provingKey,
    verifyingKey: Buffer.from(JSON.stringify(setup.verifyingKey)),
  }));
  const manifest: Manifest = {
    format: 'sliceproof-manifest/1',
    name: 'tiny',
    setup: 'development',
    source: artifactOf(Buffer.from('tiny.onnx')),
    tensors: SIZES.map((size, id) => ({ id, name: `t${id}`, shape: [1, size], scale: 4, ...RANGES[id] })),
    inputCount: 1,
    outputs: [3],
    slices: slices.map(({ compiled, spec }, id) => ({
      id,
      name: `slice ${id}`,
      operators: ['Gemm', 'Relu'],
      constraints: compiled.r1cs.constraints,
      mode: 'bits' as const,
      provable: id < PROVABLE,
      weight: spec.weight,
      inputs: [...spec.inputs],
      outputs: [...spec.outputs],
      setupSeconds: 0,
      artifacts: {
        onnx: artifactOf(artifacts[id].onnx),
        program: artifactOf(artifacts[id].program),
        ...(id < PROVABLE && {
          r1cs: artifactOf(artifacts[id].r1cs),
          provingKey: artifactOf(artifacts[id].provingKey),
          verifyingKey: artifactOf(artifacts[id].verifyingKey),
        }),
      },
    })),
    accuracy: { samples: 1, top1Float: 1, top1Quantised: 1, top1Agreement: 1, meanError: 0, maxError: 0 },
    labels: ['left', 'right'],
  };
  return {
    manifest,
    slices,
    run(input) {
      const values: TensorValues[] = [Float64Array.from(input)];
      for (const { program: own } of slices)
        values.push(...evaluateOutputs(own, [values[values.length - 1]]));
      return values;
    },
    async publish(store) {
      for (const files of artifacts) for (const bytes of Object.values(files)) await store.put(bytes);
      return (await store.put(encodeManifest(manifest))).sha256;
    },
    async prove(slice, values, salts, tag) {
      const witness = slices[slice].compiled.computeWitness({
        inputs: [values[slice]],
        inputSalts: [salts[slice]],
        outputSalts: [salts[slice + 1]],
        tag,
      });
      const { proof } = await backend.prove({
        provingKey: slices[slice].setup.provingKey,
        witness: writeWitness(witness.values),
      });
      return proof;
    },
  };
}

/** Fresh salts and commitments of a run's tensors. */
export function commitRun(
  { manifest }: TinyModel,
  values: readonly TensorValues[],
): { readonly salts: readonly bigint[]; readonly commitments: readonly bigint[] } {
  const salts = values.map(() => sampleSalt(randomBytes));
  const commitments = values.map((tensor, id) =>
    commitTensor(specOf(manifest.tensors[id]), tensor, salts[id]),
  );
  return { salts, commitments };
}
