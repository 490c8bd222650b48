import { createProofVerifier } from '../groth16/verify/verify.ts';
import { commitTensor } from '../protocol/commitment/commit.ts';
import { dequantiseTensor, hasKeys, specOf, type Manifest } from '../protocol/manifest.ts';
import { artifactOf } from '../protocol/store/digest.ts';
import { joinWhole, wholeInputs, wholeOutputs } from '../protocol/wholes.ts';
import type { Whole } from '../protocol/box.ts';
import { DeskError } from './errors.ts';
import { manifestDigestOf, type InferenceProof } from './inference-proof.ts';
import { deskTag } from './tag.ts';

/** What a proof that holds says. */
export interface InferenceReport {
  readonly model: {
    readonly name: string;
    /** sha-256 of the manifest: the model that the proof is about. */
    readonly manifestDigest: string;
    /** Whether somebody other than the file says that this is the model. */
    readonly known: boolean;
    /** `development`: whoever ran the setup can forge proofs. `ceremony` is what the manifest says. */
    readonly setup: Manifest['setup'];
  };
  readonly slices: readonly {
    readonly slice: number;
    readonly name: string;
    readonly inputs: readonly number[];
    readonly outputs: readonly number[];
    /** `executed`: nobody proved it; whether it is right rests on whoever made the file. */
    readonly state: 'proved' | 'executed';
  }[];
  readonly fullyProved: boolean;
  /** Commitments of the inputs. */
  readonly commitments: readonly string[];
  /** The inputs in the clear, where the file shows them. */
  readonly inputs: readonly ShownTensor[];
  readonly outputs: readonly ShownTensor[];
  /** Place of the largest value of the first output, and its label where the model names its classes. */
  readonly top: { readonly index: number; readonly label: string | null };
}

export interface ShownTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly integers: readonly number[];
  /** integers · 2^−scale. */
  readonly values: readonly number[];
}

/**
 * Checks an inference's proof: the output is the one that is committed to, each proved slice turns the commitments that it
 * reads into those that it writes, under the keys that the manifest names. Nothing in it is believed but the manifest,
 * which says what is computed; whose it is, its digest decides.
 * @param expected digest of the manifest that the proof has to be about, when it is known
 * @throws DeskError DESK_OTHER_MODEL, DESK_MANIFEST_FALSE, DESK_PROOF_FALSE; BadInputError VERIFYING_KEY_*, COMMITMENT_*
 */
export async function verifyInference(proof: InferenceProof, expected?: string): Promise<InferenceReport> {
  const { manifest, trace, proved } = proof;
  const manifestDigest = manifestDigestOf(manifest);
  if (expected !== undefined && expected !== manifestDigest) {
    throw new DeskError(
      'DESK_OTHER_MODEL',
      `expected a proof of the model ${expected}, this one is of ${manifestDigest}`,
    );
  }
  expectWiring(manifest);
  if (trace.length !== manifest.tensors.length) {
    throw falseProof(`expected ${manifest.tensors.length} commitments, one a tensor, got ${trace.length}`);
  }
  const shown = openAll(proof);
  const done = new Set<number>();
  for (const { slice: id, verifyingKey, proof: points } of proved) {
    const slice = manifest.slices.at(id);
    if (slice === undefined || !hasKeys(slice) || done.has(id)) {
      throw falseProof(`slice ${id} ${done.has(id) ? 'is proved twice' : 'is none that can be proved'}`);
    }
    if (artifactOf(Buffer.from(verifyingKey)).sha256 !== slice.artifacts.verifyingKey?.sha256) {
      throw falseProof(`slice ${id}: the verifying key isn't the one that the manifest names`);
    }
    const signals = [
      ...[...slice.inputs, ...slice.outputs].map((tensor) => BigInt(trace[tensor])),
      deskTag({ manifestDigest, trace, slice: id }),
    ];
    const verifier = await createProofVerifier(parsed(verifyingKey));
    const verdict = verifier.verify(signals.map(String), points);
    if (!verdict.ok) throw falseProof(`slice ${id} (${slice.name}): ${verdict.message}`);
    done.add(id);
  }
  const outputs = wholeOutputs(manifest).map((whole) => shownWhole(manifest, whole, shown));
  const lacking = outputs.indexOf(undefined);
  if (lacking >= 0) throw falseProof(`output ${wholeOutputs(manifest)[lacking].name} is not shown`);
  const given = wholeInputs(manifest).map((whole) => shownWhole(manifest, whole, shown));
  const all = outputs.filter((output) => output !== undefined);
  const index = all[0].integers.reduce((best, value, i, of) => (value > of[best] ? i : best), 0);
  return {
    model: { name: manifest.name, manifestDigest, known: expected !== undefined, setup: manifest.setup },
    slices: manifest.slices.map(({ id, name, inputs, outputs: written }) => ({
      slice: id,
      name,
      inputs,
      outputs: written,
      state: done.has(id) ? 'proved' : 'executed',
    })),
    fullyProved: done.size === manifest.slices.length,
    commitments: trace.slice(0, manifest.inputCount),
    inputs: given.filter((input) => input !== undefined),
    outputs: all,
    top: { index, label: manifest.labels?.[index] ?? null },
  };
}

/**
 * Slices in order read what the model is given or an earlier one wrote, and every other tensor is written once: so proofs
 * of all slices are a proof of the whole.
 */
function expectWiring({ tensors, inputCount, slices }: Manifest): void {
  const written = new Set(Array(inputCount).keys());
  for (const { id, inputs, outputs } of slices) {
    const early = inputs.find((tensor) => !written.has(tensor));
    if (early !== undefined) {
      throw new DeskError(
        'DESK_MANIFEST_FALSE',
        `slice ${id} reads tensor ${early}, which nothing before it writes`,
      );
    }
    for (const tensor of outputs) {
      if (written.has(tensor)) {
        throw new DeskError(
          'DESK_MANIFEST_FALSE',
          `slice ${id} writes tensor ${tensor}, which there is already`,
        );
      }
      written.add(tensor);
    }
  }
  if (written.size !== tensors.length) {
    throw new DeskError(
      'DESK_MANIFEST_FALSE',
      `${tensors.length - written.size} tensors are written by no slice`,
    );
  }
}

/** The values of the tensors that the file shows, each as its commitment binds it. */
function openAll({ manifest, trace, opened }: InferenceProof): ReadonlyMap<number, Float64Array> {
  const shown = new Map<number, Float64Array>();
  for (const { tensor, salt, values } of opened) {
    const own = manifest.tensors.at(tensor);
    if (own === undefined || shown.has(tensor))
      throw falseProof(`tensor ${tensor} is shown twice or isn't there`);
    const integers = Float64Array.from(values);
    if (commitTensor(specOf(own), integers, BigInt(salt)) !== BigInt(trace[tensor])) {
      throw falseProof(`tensor ${tensor} (${own.name}) is not what its commitment binds`);
    }
    shown.set(tensor, integers);
  }
  return shown;
}

function shownWhole(
  { tensors }: Manifest,
  whole: Whole,
  shown: ReadonlyMap<number, Float64Array>,
): ShownTensor | undefined {
  const pieces: Float64Array[] = [];
  for (const { tensor } of whole.pieces) {
    const values = shown.get(tensor);
    if (values === undefined) return undefined;
    pieces.push(values);
  }
  const integers = joinWhole(whole, pieces);
  return {
    name: whole.name,
    shape: [...whole.shape],
    integers: Array.from(integers),
    values: Array.from(dequantiseTensor(tensors[whole.pieces[0].tensor], integers)),
  };
}

/** What is no JSON is refused by the schema of keys, with a name. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function falseProof(message: string): DeskError {
  return new DeskError('DESK_PROOF_FALSE', message);
}
