import { randomBytes as secureRandomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { openChallenger } from '../groth16/lookups/challenge.ts';
import { createProverPool, type ProverPool } from '../groth16/prove/pool.ts';
import { createProofVerifier } from '../groth16/verify/verify.ts';
import { decodeVerifyingKey } from '../groth16/formats/verifying-key.ts';
import { writeWitness } from '../groth16/formats/witness-file.ts';
import { commitTensor, sampleSalt } from '../protocol/commitment/commit.ts';
import { hasKeys, specOf, type Manifest, type ManifestSlice } from '../protocol/manifest.ts';
import { fieldToHex, type OpenTensor } from '../protocol/tensor-bundle.ts';
import { readManifest, sliceFile } from '../slicer/build/folder.ts';
import { compileSlice } from '../slicer/circuit/compile.ts';
import { executeModel } from '../slicer/execute/execute-model.ts';
import { openSlice } from '../slicer/execute/session.ts';
import { decodeProgram } from '../slicer/integer/serialise.ts';
import { DeskError } from './errors.ts';
import { manifestDigestOf, type InferenceProof } from './inference-proof.ts';
import { deskTag } from './tag.ts';

export interface InferencesToProve {
  /** What `sliceproof model build` wrote. */
  readonly folder: string;
  /** The inputs of each inference: the integers of each input tensor, as protocol/inputs reads them. */
  readonly inputs: readonly (readonly Float64Array[])[];
  /** Which slices are proved. Default: every one that has keys. */
  readonly slices?: readonly number[];
  /** Whether the proof's file shows the input too. Default: it shows the output alone. */
  readonly publicInput?: boolean;
  /** Processes that prove. */
  readonly workers: number;
  /** Of each process, that share the work of one proof. Default: 1. */
  readonly threads?: number;
  readonly onProgress?: (progress: ProveProgress) => void;
  readonly signal?: AbortSignal;
  /** A cryptographic source of salts and blindings. Default: node:crypto's. */
  readonly randomBytes?: (size: number) => Uint8Array;
}

/** Where the work stands. */
export interface ProveProgress {
  /** Proofs that are made, and how many there will be. */
  readonly done: number;
  readonly of: number;
  /** The slice whose witness was computed last; undefined while the model runs. */
  readonly slice?: string;
}

/** An inference's tensors by id, each with its salt and commitment. */
interface Trace {
  readonly tensors: readonly OpenTensor[];
  readonly commitments: readonly string[];
}

/**
 * Runs a built model and proves its slices: no chain, no store. Every proof is verified before it is given out. Slices are
 * taken one after the other, all inferences of one together, so that a circuit is compiled once and its key is read once.
 * @returns one proof an inference, in their order
 * @throws DeskError DESK_SLICES, DESK_TRACE_FALSE, DESK_PROOF_REFUSED; BuildError BUILD_FILE; ExecuteError; ProveError
 */
export async function proveInferences(work: InferencesToProve): Promise<InferenceProof[]> {
  const {
    folder,
    inputs,
    workers,
    threads = 1,
    publicInput = false,
    onProgress,
    randomBytes = secureRandomBytes,
  } = work;
  const manifest = await readManifest(folder);
  const chosen = chosenSlices(manifest, work.slices);
  const of = chosen.length * inputs.length;
  onProgress?.({ done: 0, of });
  const traces: Trace[] = [];
  for (const given of inputs) traces.push(await traceOf(folder, manifest, given, randomBytes));
  const manifestDigest = manifestDigestOf(manifest);
  const proofs = traces.map((): InferenceProof['proved'] => []);
  const pool = createProverPool({ workers, threads });
  try {
    let done = 0;
    // Witnesses are computed while proofs are made, one more than there are processes: they are large.
    const running = new Set<Promise<void>>();
    let fail: (reason: unknown) => void = () => undefined;
    const failed = new Promise<never>((_, reject) => (fail = reject));
    failed.catch(() => undefined);
    for (const slice of chosen) {
      const prover = await openSliceProver(folder, slice, pool, work.signal);
      for (const [inference, { tensors, commitments }] of traces.entries()) {
        while (running.size > workers) await Promise.race([...running, failed]);
        const tag = deskTag({ manifestDigest, trace: commitments, slice: slice.id });
        const proving = await prover.begin({ tensors, commitments }, tag, randomBytes);
        onProgress?.({ done, of, slice: slice.name });
        const proved = proving().then((proof) => {
          proofs[inference].push({ slice: slice.id, verifyingKey: prover.verifyingKey, proof });
          onProgress?.({ done: ++done, of, slice: slice.name });
        });
        running.add(proved);
        proved.catch(fail).finally(() => running.delete(proved));
      }
    }
    await Promise.all(running);
  } finally {
    await pool.close();
  }
  const shown = [...(publicInput ? Array(manifest.inputCount).keys() : []), ...manifest.outputs];
  return traces.map(({ tensors, commitments }, i) => ({
    format: 'sliceproof-proof/1',
    manifest,
    trace: [...commitments],
    proved: proofs[i].toSorted((one, other) => one.slice - other.slice),
    opened: [...new Set(shown)].map((tensor) => ({
      tensor,
      salt: fieldToHex(tensors[tensor].salt),
      values: Array.from(tensors[tensor].values),
    })),
  }));
}

function chosenSlices(
  { slices, name }: Manifest,
  wanted: readonly number[] | undefined,
): readonly ManifestSlice[] {
  if (wanted === undefined) return slices.filter(hasKeys);
  return [...new Set(wanted)]
    .toSorted((one, other) => one - other)
    .map((id) => {
      const slice = slices.at(id);
      if (slice !== undefined && hasKeys(slice)) return slice;
      throw new DeskError(
        'DESK_SLICES',
        slice === undefined
          ? `expected slices 0 … ${slices.length - 1} of ${name}, got ${id}`
          : `slice ${id} of ${name} has no keys here: ${slice.external ? `it is proved by ${slice.external.system}` : 'it is executed and not proved'}`,
      );
    });
}

async function traceOf(
  folder: string,
  manifest: Manifest,
  inputs: readonly Float64Array[],
  randomBytes: (size: number) => Uint8Array,
): Promise<Trace> {
  const values = await executeModel(manifest.slices, inputs, async (id) =>
    openSlice(await readFile(sliceFile(folder, id, 'onnx'))),
  );
  const tensors = values.map((of) => ({ values: Float64Array.from(of), salt: sampleSalt(randomBytes) }));
  const commitments = tensors.map(({ values: of, salt }, id) =>
    fieldToHex(commitTensor(specOf(manifest.tensors[id]), of, salt)),
  );
  return { tensors, commitments };
}

/** What proves one slice, of any number of inferences. */
interface SliceProver {
  /** The verifying key's file. */
  readonly verifyingKey: string;
  /** Computes the witness; what is returned makes the proof. */
  begin(
    trace: Trace,
    tag: bigint,
    randomBytes: (size: number) => Uint8Array,
  ): Promise<() => Promise<unknown>>;
}

async function openSliceProver(
  folder: string,
  { id, name, mode, inputs, outputs }: ManifestSlice,
  pool: ProverPool,
  signal: AbortSignal | undefined,
): Promise<SliceProver> {
  const provingKey = sliceFile(folder, id, 'provingKey');
  const verifyingKey = await readFile(sliceFile(folder, id, 'verifyingKey'), 'utf8');
  const verifier = await createProofVerifier(decodeVerifyingKey(Buffer.from(verifyingKey)));
  const { computeWitness } = compileSlice(decodeProgram(await readFile(sliceFile(folder, id, 'program'))), {
    mode,
  });
  const challenger = mode === 'lookups' ? await openChallenger(await readFile(provingKey)) : undefined;
  return {
    verifyingKey,
    begin: async ({ tensors, commitments }, tag, randomBytes) => {
      const witness = computeWitness({
        inputs: inputs.map((tensor) => tensors[tensor].values),
        inputSalts: inputs.map((tensor) => tensors[tensor].salt),
        outputSalts: outputs.map((tensor) => tensors[tensor].salt),
        tag,
        ...(challenger === undefined ? {} : { challenge: challenger.source(randomBytes) }),
      });
      const expected = [...[...inputs, ...outputs].map((tensor) => BigInt(commitments[tensor])), tag];
      if (witness.publicSignals.some((signal, i) => signal !== expected[i])) {
        throw new DeskError(
          'DESK_TRACE_FALSE',
          `slice ${id} (${name}): its circuit computes something else than its ONNX model`,
          {
            hint: 'The folder’s files do not belong together: build the model again, or run `sliceproof model audit`.',
          },
        );
      }
      const file = writeWitness(witness.values);
      return async () => {
        const { proof } = await pool.prove({ provingKey, witness: file, signal });
        const verdict = verifier.verify(expected.map(String), proof);
        if (verdict.ok) return proof;
        throw new DeskError(
          'DESK_PROOF_REFUSED',
          `slice ${id} (${name}): its proof does not hold: ${verdict.message}`,
          {
            hint: 'Its keys belong to another circuit: build the model again, or run `sliceproof model audit`.',
          },
        );
      };
    },
  };
}
