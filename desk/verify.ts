import { decodeVerifyingKey } from '../groth16/formats/verifying-key.ts';
import { createProofVerifier } from '../groth16/verify/verify.ts';
import { commitTensor } from '../protocol/commitment/commit.ts';
import { hasKeys, specOf, type Manifest } from '../protocol/manifest.ts';
import { artifactOf } from '../protocol/store/digest.ts';
import { largestAt, openWhole, wholeInputs, wholeOutputs, type OpenedWhole } from '../protocol/wholes.ts';
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
  readonly inputs: readonly OpenedWhole[];
  readonly outputs: readonly OpenedWhole[];
  /** Place of the largest value of the first output, and its label where the model names its classes. */
  readonly top: { readonly index: number; readonly label: string | null };
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
    const file = new TextEncoder().encode(verifyingKey);
    if (artifactOf(file).sha256 !== slice.artifacts.verifyingKey?.sha256) {
      throw falseProof(`slice ${id}: the verifying key isn't the one that the manifest names`);
    }
    const signals = [
      ...[...slice.inputs, ...slice.outputs].map((tensor) => BigInt(trace[tensor])),
      deskTag({ manifestDigest, trace, slice: id }),
    ];
    const verifier = await createProofVerifier(decodeVerifyingKey(file));
    const verdict = verifier.verify(signals.map(String), points);
    if (!verdict.ok) throw falseProof(`slice ${id} (${slice.name}): ${verdict.message}`);
    done.add(id);
  }
  return {
    ...resultOf(manifest, shown),
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
    inputs: wholeInputs(manifest).flatMap((whole) => openShown(manifest, whole, shown) ?? []),
  };
}

/**
 * What a proof's file shows as the output, and that it is what is committed to; no proof is looked at.
 * @throws DeskError DESK_PROOF_FALSE; BadInputError COMMITMENT_*
 */
export function shownResult(proof: InferenceProof): Pick<InferenceReport, 'outputs' | 'top'> {
  return resultOf(proof.manifest, openAll(proof));
}

type Shown = ReadonlyMap<number, Float64Array>;

function resultOf(manifest: Manifest, shown: Shown): Pick<InferenceReport, 'outputs' | 'top'> {
  const outputs = wholeOutputs(manifest).map((whole) => {
    const output = openShown(manifest, whole, shown);
    if (output === undefined) throw falseProof(`output ${whole.name} is not shown`);
    return output;
  });
  const index = largestAt(outputs[0].integers);
  return { outputs, top: { index, label: manifest.labels?.[index] ?? null } };
}

function openShown(manifest: Manifest, whole: Whole, shown: Shown): OpenedWhole | undefined {
  return openWhole(manifest, whole, (tensor) => shown.get(tensor));
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
function openAll({ manifest, trace, opened }: InferenceProof): Shown {
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

function falseProof(message: string): DeskError {
  return new DeskError('DESK_PROOF_FALSE', message);
}
