import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ContractTransaction } from 'ethers';
import { nameRevert } from '../../protocol/chain/revert.ts';
import type { VerifyingKeyStruct } from '../../protocol/contracts/generated/interfaces/ICircuitRegistry.ts';
import { contractInterfaces } from '../../protocol/contracts/market.ts';
import { setupDigestOf } from '../../protocol/contracts/setup-digest.ts';
import { packSliceSpec, packTensorSpec } from '../../protocol/contracts/words.ts';
import {
  artifactKinds,
  encodeManifest,
  hasKeys,
  specOf,
  type Manifest,
  type ManifestSlice,
} from '../../protocol/manifest.ts';
import type { Artifact } from '../../protocol/store/digest.ts';
import { expectDigest } from '../../protocol/store/expect-digest.ts';
import { readManifest, sliceFile } from '../../slicer/build/folder.ts';
import { expectSliceOnnx } from '../../slicer/execute/slice-check.ts';
import { decodeVerifyingKey } from '../../groth16/formats/verifying-key.ts';
import { verifyingKeyToSolidity, type SolidityVerifyingKey } from '../../groth16/verify/solidity.ts';
import type { Client } from '../client.ts';
import { withExternals, type ExternalSlice } from './externals.ts';

/** What is under way, for whoever shows it. */
export type PublishProgress =
  | { readonly step: 'rehearse'; readonly done: number; readonly total: number }
  | { readonly step: 'store'; readonly done: number; readonly total: number }
  | { readonly step: 'circuit'; readonly done: number; readonly total: number }
  | { readonly step: 'model' };

export interface PublishedModel {
  readonly modelId: string;
  readonly manifestDigest: string;
  /** Circuit numbers by slice; 0 where a slice isn't provable. */
  readonly circuits: readonly number[];
  /** Bytes that went to the store. */
  readonly bytes: number;
  readonly gasUsed: bigint;
}

/**
 * Puts a built model's artifacts into the store, then its circuits and itself into the registries, as they are.
 * @throws as {@link publishModel}, but for what a rehearsal finds
 */
export async function registerBuild(
  client: Client,
  folder: string,
  onProgress: (progress: PublishProgress) => void = () => undefined,
  externals: readonly ExternalSlice[] = [],
): Promise<PublishedModel> {
  const built = await readManifest(folder);
  const manifest = withExternals(built, externals);
  const descriptions = externals.map(({ description }) => description);
  const { digest: manifestDigest, bytes } = await storeArtifacts(
    client,
    folder,
    { manifest, descriptions },
    onProgress,
  );
  const { circuits, gasUsed } = await registerCircuits(client, folder, manifest, onProgress);
  onProgress({ step: 'model' });
  const { modelId, gas } = await registerModel(client, manifest, manifestDigest, circuits);
  return { modelId, manifestDigest, circuits, bytes, gasUsed: gasUsed + gas };
}

async function readArtifact(
  folder: string,
  slice: ManifestSlice,
  kind: keyof ManifestSlice['artifacts'],
): Promise<Uint8Array> {
  const file = sliceFile(folder, slice.id, kind);
  return expectDigest(await readFile(file), (slice.artifacts[kind] as Artifact).sha256, file);
}

async function readTranscript(folder: string, { sha256 }: Artifact): Promise<Uint8Array> {
  const file = path.join(folder, 'ceremony.json');
  return expectDigest(await readFile(file), sha256, file);
}

async function storeArtifacts(
  { store }: Client,
  folder: string,
  { manifest, descriptions }: { readonly manifest: Manifest; readonly descriptions: readonly Uint8Array[] },
  onProgress: (progress: PublishProgress) => void,
): Promise<{ digest: string; bytes: number }> {
  const total = manifest.slices.flatMap(artifactKinds).length + 1;
  const put: Artifact[] = [];
  for (const slice of manifest.slices) {
    for (const kind of artifactKinds(slice)) {
      const bytes = await readArtifact(folder, slice, kind);
      if (kind === 'onnx') expectSliceOnnx(bytes, { foreign: !hasKeys(slice) });
      put.push(await store.put(bytes));
      onProgress({ step: 'store', done: put.length, total });
    }
  }
  for (const description of descriptions) put.push(await store.put(description));
  if (manifest.transcript !== undefined)
    put.push(await store.put(await readTranscript(folder, manifest.transcript)));
  const kept = await store.put(encodeManifest(manifest));
  onProgress({ step: 'store', done: total, total });
  return { digest: kept.sha256, bytes: [...put, kept].reduce((sum, artifact) => sum + artifact.bytes, 0) };
}

async function registerCircuits(
  client: Client,
  folder: string,
  manifest: Manifest,
  onProgress: (progress: PublishProgress) => void,
): Promise<{ circuits: number[]; gasUsed: bigint }> {
  const circuits: number[] = [];
  let gasUsed = 0n;
  for (const slice of manifest.slices) {
    const { number, gas } = await registerCircuit(
      client,
      await registrationOf(client, folder, manifest, slice),
    );
    circuits.push(number);
    gasUsed += gas;
    onProgress({ step: 'circuit', done: circuits.length, total: manifest.slices.length });
  }
  return { circuits, gasUsed };
}

/** A call of the registry that gives a circuit its number. It is idempotent, and returns the number. */
interface Registration {
  ask(): Promise<bigint>;
  call(): Promise<ContractTransaction>;
}

/** Undefined: the slice is executed and never proved. */
async function registrationOf(
  { contracts: { circuits: registry } }: Client,
  folder: string,
  manifest: Manifest,
  slice: ManifestSlice,
): Promise<Registration | undefined> {
  const { external, inputs, outputs } = slice;
  if (hasKeys(slice)) {
    const bytes = await readArtifact(folder, slice, 'verifyingKey');
    const parsed = decodeVerifyingKey(bytes);
    const call = [toCall(verifyingKeyToSolidity(parsed)), setupDigestOf(manifest)] as const;
    return {
      ask: () => registry.registerCircuit.staticCall(...call),
      call: () => registry.registerCircuit.populateTransaction(...call),
    };
  }
  if (external === undefined) return undefined;
  const { verifier, gasLimit, description } = external;
  const call = [verifier, inputs.length + outputs.length + 1, gasLimit, description.sha256] as const;
  return {
    ask: () => registry.registerExternal.staticCall(...call),
    call: () => registry.registerExternal.populateTransaction(...call),
  };
}

async function registerCircuit(
  { contracts: { circuits: registry }, sender }: Client,
  registration: Registration | undefined,
): Promise<{ number: number; gas: bigint }> {
  if (registration === undefined) return { number: 0, gas: 0n };
  // A call tells whether there is anything to send.
  const isNew = (await named(registration.ask())) > (await registry.circuitCount());
  const receipt = isNew ? await sender.send('register circuit', () => registration.call()) : undefined;
  return { number: Number(await registration.ask()), gas: receipt?.gasUsed ?? 0n };
}

/** @throws ChainError CHAIN_REVERTED with the contract's own error */
async function named<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((error: unknown) => {
    throw nameRevert(error, contractInterfaces);
  });
}

async function registerModel(
  { contracts: { models }, sender }: Client,
  manifest: Manifest,
  manifestDigest: string,
  circuits: readonly number[],
): Promise<{ modelId: string; gas: bigint }> {
  const call = [
    manifestDigest,
    manifest.tensors.map((tensor) => packTensorSpec(specOf(tensor))),
    manifest.inputCount,
    manifest.outputs,
    manifest.slices.map((slice, i) => packSliceSpec({ ...slice, circuit: circuits[i] })),
  ] as const;
  const [digest, tensors, inputCount, outputs, slices] = call;
  // The id binds its publisher, so it is asked in the publisher's name.
  const modelId = await models.registerModel.staticCall(digest, tensors, inputCount, [...outputs], slices, {
    from: sender.address,
  });
  if (BigInt(await models.modelStore(modelId)) !== 0n) return { modelId, gas: 0n };
  const receipt = await sender.send('register model', () =>
    models.registerModel.populateTransaction(digest, tensors, inputCount, [...outputs], slices),
  );
  return { modelId, gas: receipt.gasUsed };
}

/** ethers wants arrays that it could write to. */
export function toCall({ alpha, beta, gamma, delta, sigma, ic }: SolidityVerifyingKey): VerifyingKeyStruct {
  const g2 = ({ x, y }: SolidityVerifyingKey['beta']): VerifyingKeyStruct['beta'] => ({
    x: [...x],
    y: [...y],
  });
  return { alpha, beta: g2(beta), gamma: g2(gamma), delta: g2(delta), sigma: g2(sigma), ic: [...ic] };
}
