import { commitTensor, type TensorSpec } from './commitment/commit.ts';
import { BadInputError } from './errors.ts';
import type { ArtifactStore, Visibility } from './store/store.ts';
import {
  decodeBundle,
  decodeTensor,
  encodeBundle,
  encodeTensor,
  fieldToHex,
  MAX_BUNDLE_BYTES,
  MAX_TENSOR_BYTES,
  type OpenTensor,
} from './tensor-bundle.ts';

/** A tensor's values with its place in the model. */
export interface TensorToSeal {
  readonly id: number;
  readonly spec: TensorSpec;
  readonly values: Float64Array;
  readonly salt: bigint;
}

/** Tensors that are in the store, committed. */
export interface SealedTensors {
  /** Commitments, in the order in which the tensors came. */
  readonly commitments: readonly bigint[];
  /** sha-256 of the bundle: the job's `inputDigest` or `traceDigest`. */
  readonly digest: string;
}

/**
 * Puts tensors into the store, each with its salt, and the bundle that lists them. When this returns, whatever is
 * committed on chain can be opened again, also after a crash.
 * @param visibility `private`: what a job is about is for those with a stake in it
 */
export async function sealTensors(
  store: ArtifactStore,
  tensors: readonly TensorToSeal[],
  visibility: Visibility = 'private',
): Promise<SealedTensors> {
  const entries = [];
  const commitments: bigint[] = [];
  for (const { id, spec, values, salt } of tensors) {
    const commitment = commitTensor(spec, values, salt);
    const { sha256 } = await store.put(encodeTensor(spec, { values, salt }), { visibility });
    entries.push({ id, commitment: fieldToHex(commitment), sha256 });
    commitments.push(commitment);
  }
  const { sha256: digest } = await store.put(encodeBundle(entries), { visibility });
  return { commitments, digest };
}

/**
 * Fetches some tensors of a bundle and checks each against the commitment that the chain knows; nothing that
 * the bundle says is believed.
 * @param digest sha-256 of the bundle
 * @param wanted tensors with the commitments from the job or its trace
 * @throws BadInputError BUNDLE_MALFORMED, BUNDLE_INCOMPLETE, TENSOR_MALFORMED, TENSOR_MISMATCH; StoreError
 */
export async function openTensors(
  store: ArtifactStore,
  digest: string,
  wanted: readonly { readonly id: number; readonly spec: TensorSpec; readonly commitment: bigint }[],
  signal?: AbortSignal,
): Promise<OpenTensor[]> {
  const bundle = decodeBundle(await store.get(digest, { maxBytes: MAX_BUNDLE_BYTES, signal }));
  const places = new Map(bundle.tensors.map(({ id, sha256 }) => [id, sha256]));
  const opened: OpenTensor[] = [];
  for (const { id, spec, commitment } of wanted) {
    const sha256 = places.get(id);
    if (sha256 === undefined) {
      throw new BadInputError(
        'BUNDLE_INCOMPLETE',
        `expected tensor ${id} in bundle ${digest}, it lists ${[...places.keys()].join(', ') || 'none'}`,
      );
    }
    opened.push(
      decodeTensor(await store.get(sha256, { maxBytes: MAX_TENSOR_BYTES, signal }), spec, commitment),
    );
  }
  return opened;
}
