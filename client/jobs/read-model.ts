import { readModel, type RegisteredModel } from '../../protocol/contracts/model.ts';
import { decodeManifest, MAX_MANIFEST_BYTES, specOf, type Manifest } from '../../protocol/manifest.ts';
import { revertName } from '../../protocol/chain/revert.ts';
import { nameRevert } from '../../protocol/chain/revert.ts';
import { contractInterfaces } from '../../protocol/contracts/market.ts';
import type { Client } from '../client.ts';
import { ClientError } from '../errors.ts';

export interface PublishedManifest {
  readonly model: RegisteredModel;
  readonly manifest: Manifest;
}

/**
 * A model as chain and store have it, each tensor and slice of the manifest checked against the chain's.
 * @throws ClientError MODEL_UNKNOWN, MODEL_MISMATCH; StoreError; BadInputError MANIFEST_MALFORMED
 */
export async function readPublishedModel(
  { contracts, store }: Client,
  modelId: string,
): Promise<PublishedManifest> {
  const model = await readModel(contracts, modelId).catch((error: unknown) => {
    const named = nameRevert(error, contractInterfaces);
    if (revertName(named) !== 'UnknownModel') throw named;
    throw new ClientError('MODEL_UNKNOWN', `the registry knows no model ${modelId}`, {
      hint: 'Publish it with `sliceproof model publish`, or check the deployment file.',
    });
  });
  const manifest = decodeManifest(await store.get(model.manifestDigest, { maxBytes: MAX_MANIFEST_BYTES }));
  const shape = ({ count, bits, signed }: RegisteredModel['tensors'][number]): string =>
    `${count}:${bits}:${signed}`;
  const fits =
    manifest.inputCount === model.inputCount &&
    String(manifest.outputs) === String(model.outputs) &&
    String(manifest.tensors.map((tensor) => shape(specOf(tensor)))) === String(model.tensors.map(shape)) &&
    String(manifest.slices.map((slice) => [slice.inputs, slice.outputs, slice.provable])) ===
      String(model.slices.map((slice) => [slice.inputs, slice.outputs, slice.circuit !== 0]));
  if (!fits) {
    throw new ClientError(
      'MODEL_MISMATCH',
      `the manifest of model ${modelId} describes other slices than the chain`,
    );
  }
  return { model, manifest };
}
