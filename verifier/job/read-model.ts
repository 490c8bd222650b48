import { ZeroHash } from 'ethers';
import { externalDigestOf, readCircuit, type ExternalCircuit } from '../../protocol/contracts/external.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { setupDigestOfSlice } from '../../protocol/contracts/setup-digest.ts';
import { modelIdOf, readModel, type RegisteredModel } from '../../protocol/contracts/model.ts';
import {
  circuitArtifacts,
  decodeManifest,
  hasKeys,
  MAX_MANIFEST_BYTES,
  specOf,
  type Manifest,
} from '../../protocol/manifest.ts';
import { keyDigestOf } from '../../groth16/lookups/key-digest.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import { decodeVerifyingKey } from '../../groth16/formats/verifying-key.ts';
import { verifyingKeyToSolidity } from '../../groth16/verify/solidity.ts';
import { ReceiptError } from '../errors.ts';

/** Largest verifying key that is fetched: 4 MiB. */
const MAX_KEY_BYTES = 1 << 22;

/** A model from the registry, with the digests of the keys that its id binds. */
export interface BoundModel {
  readonly model: RegisteredModel;
  /** By slice; zero where there is no circuit. */
  readonly keyDigests: readonly string[];
  /** By slice: what verifies its proofs where no key does. */
  readonly externals: readonly (ExternalCircuit | undefined)[];
  /** By slice: the setup that its circuit was registered with; undefined where there is no circuit. */
  readonly setupDigests: readonly (string | undefined)[];
}

/** A manifest with the text that it was read from, whose sha-256 the model's id binds. */
export interface BoundManifest {
  readonly manifest: Manifest;
  readonly text: string;
}

/**
 * Reads a model, its keys and external verifiers from the registries and reckons its id again, so that tensors, slices and keys are
 * known to be those that the job named.
 * @throws ReceiptError RECEIPT_DEPLOYMENT_MISMATCH, RECEIPT_MODEL_MISMATCH
 */
export async function readBoundModel(contracts: Contracts, modelId: string): Promise<BoundModel> {
  const { circuits, deployment } = contracts;
  const [registry, circuitRegistry] = await Promise.all([
    contracts.market.modelRegistry(),
    contracts.models.circuitRegistry(),
  ]);
  const { addresses } = deployment;
  if (registry !== addresses.modelRegistry || circuitRegistry !== addresses.circuitRegistry) {
    throw new ReceiptError(
      'RECEIPT_DEPLOYMENT_MISMATCH',
      `the market's registries are ${registry} and ${circuitRegistry}, the deployment file names others`,
    );
  }
  const model = await readModel(contracts, modelId);
  const externals: (ExternalCircuit | undefined)[] = [];
  const setupDigests: (string | undefined)[] = [];
  const keyDigests: string[] = [];
  for (const { circuit } of model.slices) {
    const registered = circuit === 0 ? undefined : await readCircuit(contracts, circuit);
    const external = registered?.external;
    externals.push(external);
    setupDigests.push(registered?.setupDigest);
    if (circuit === 0) keyDigests.push(ZeroHash);
    else if (external !== undefined) keyDigests.push(externalDigestOf(external));
    else keyDigests.push(keyDigestOf(await circuits.verifyingKey(circuit)));
  }
  const came = modelIdOf({
    chainId: BigInt(deployment.chainId),
    registry: addresses.modelRegistry,
    model,
    keyDigests,
  });
  if (came === modelId) return { model, keyDigests, externals, setupDigests };
  throw new ReceiptError(
    'RECEIPT_MODEL_MISMATCH',
    `what the registry holds under model ${modelId} hashes to ${came}`,
    { hint: 'The RPC gives inconsistent answers; ask another one.' },
  );
}

/**
 * The manifest that a model's id binds, each tensor, slice and key of it compared with the registered ones.
 * @throws ReceiptError RECEIPT_MANIFEST_MISMATCH, RECEIPT_SETUP_MISMATCH, RECEIPT_KEY_MISMATCH; StoreError; BadInputError
 * MANIFEST_MALFORMED, VERIFYING_KEY_MALFORMED
 */
export async function readBoundManifest(store: ArtifactStore, bound: BoundModel): Promise<BoundManifest> {
  const { model, keyDigests } = bound;
  const bytes = await store.get(model.manifestDigest, { maxBytes: MAX_MANIFEST_BYTES });
  const read = expectManifest(bound, Buffer.from(bytes).toString('utf8'));
  for (const slice of read.manifest.slices) {
    if (!hasKeys(slice)) continue;
    const { id } = slice;
    const key = decodeVerifyingKey(
      await store.get(circuitArtifacts(slice).verifyingKey.sha256, { maxBytes: MAX_KEY_BYTES }),
    );
    if (keyDigestOf(verifyingKeyToSolidity(key)) === keyDigests[id]) continue;
    throw new ReceiptError(
      'RECEIPT_KEY_MISMATCH',
      `slice ${id} of model ${model.modelId} is proved with another key than its manifest names`,
      { details: { slice: id } },
    );
  }
  return read;
}

/**
 * A text as the manifest that a model's id binds, compared with the registered tensors, slices, verifiers and setups. Of
 * keys the manifest has the files' digests and the registry their points: only {@link readBoundManifest} compares them.
 * @throws ReceiptError RECEIPT_MANIFEST_MISMATCH, RECEIPT_SETUP_MISMATCH, RECEIPT_KEY_MISMATCH; BadInputError
 * MANIFEST_MALFORMED
 */
export function expectManifest({ model, externals, setupDigests }: BoundModel, text: string): BoundManifest {
  const bytes = Buffer.from(text);
  const { sha256 } = artifactOf(bytes);
  if (sha256 !== model.manifestDigest) {
    throw new ReceiptError(
      'RECEIPT_MANIFEST_MISMATCH',
      `expected the manifest ${model.manifestDigest} of model ${model.modelId}, got one whose sha-256 is ${sha256}`,
    );
  }
  const manifest = decodeManifest(bytes);
  const differs = firstDifference(model, manifest);
  if (differs !== undefined) {
    throw new ReceiptError(
      'RECEIPT_MANIFEST_MISMATCH',
      `the manifest of model ${model.modelId} differs from the chain in ${differs}`,
      { hint: 'Its publisher registered something else than it describes.' },
    );
  }
  for (const slice of manifest.slices) {
    const { id } = slice;
    if (slice.external?.verifier !== externals[id]?.verifier.toLowerCase()) {
      throw new ReceiptError(
        'RECEIPT_KEY_MISMATCH',
        `slice ${id} of model ${model.modelId} is verified by ${externals[id]?.verifier ?? 'a key'}, its manifest names ${slice.external?.verifier ?? 'none'}`,
        { details: { slice: id } },
      );
    }
    const expected = setupDigestOfSlice(manifest, slice);
    if (expected === setupDigests[id]) continue;
    throw new ReceiptError(
      'RECEIPT_SETUP_MISMATCH',
      `slice ${id} of model ${model.modelId} is registered with the setup ${setupDigests[id]}, its manifest says ${manifest.setup}, which is ${expected}`,
      {
        hint: 'Its publisher says something else of the setup than when the key was registered: take it for a development one.',
        details: { slice: id },
      },
    );
  }
  return { manifest, text };
}

function firstDifference(model: RegisteredModel, manifest: Manifest): string | undefined {
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  if (manifest.inputCount !== model.inputCount) return 'its number of inputs';
  if (!same(manifest.outputs, model.outputs)) return 'its outputs';
  if (manifest.tensors.length !== model.tensors.length) return 'its number of tensors';
  if (manifest.slices.length !== model.slices.length) return 'its number of slices';
  for (const [id, { count, bits, signed }] of model.tensors.entries()) {
    const own = specOf(manifest.tensors[id]);
    if (own.count !== count || own.bits !== bits || own.signed !== signed) return `tensor ${id}`;
  }
  for (const [id, { circuit, inputs, outputs }] of model.slices.entries()) {
    const own = manifest.slices[id];
    const fits = own.provable === (circuit !== 0) && same(own.inputs, inputs) && same(own.outputs, outputs);
    if (!fits) return `slice ${id}`;
  }
  return undefined;
}
