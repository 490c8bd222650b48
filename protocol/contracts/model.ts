import { AbiCoder, keccak256 } from 'ethers';
import type { TensorSpec } from '../commitment/commit.ts';
import type { Contracts } from './market.ts';
import { packSliceSpec, packTensorSpec, unpackSliceSpec, unpackTensorSpec, type SliceSpec } from './words.ts';

/** A model as ModelRegistry keeps it. Tensors 0 … inputCount − 1 are the model's inputs. */
export interface RegisteredModel {
  readonly modelId: string;
  readonly publisher: string;
  /** sha-256 of the manifest, under which it is in the store. */
  readonly manifestDigest: string;
  readonly inputCount: number;
  readonly outputs: readonly number[];
  readonly tensors: readonly TensorSpec[];
  readonly slices: readonly SliceSpec[];
}

/** A registered model, unpacked. Reverts as `modelInfo` does: UnknownModel. */
export async function readModel({ models }: Contracts, modelId: string): Promise<RegisteredModel> {
  const info = await models.modelInfo(modelId);
  return {
    modelId,
    publisher: info.publisher,
    manifestDigest: info.manifestDigest,
    inputCount: Number(info.inputCount),
    outputs: info.outputs.map(Number),
    tensors: info.tensors.map(unpackTensorSpec),
    slices: info.slices.map(unpackSliceSpec),
  };
}

/** What ModelRegistry hashes to a model's id. */
export interface ModelIdOf {
  readonly chainId: bigint;
  /** ModelRegistry's address. */
  readonly registry: string;
  readonly model: Omit<RegisteredModel, 'modelId'>;
  /** keccak256 of each slice's registered key; zero for a slice without circuit. */
  readonly keyDigests: readonly string[];
}

const MODEL_ID_WORDS = [
  ...['uint256', 'address', 'address', 'bytes32', 'uint16', 'uint16[]'],
  ...['uint64[]', 'uint256[]', 'bytes32[]'],
];

/** The id that ModelRegistry gives a model: it binds publisher, manifest, every slice and every key. */
export function modelIdOf({ chainId, registry, model, keyDigests }: ModelIdOf): string {
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(MODEL_ID_WORDS, [
      chainId,
      registry,
      model.publisher,
      model.manifestDigest,
      model.inputCount,
      model.outputs,
      model.tensors.map(packTensorSpec),
      model.slices.map(packSliceSpec),
      keyDigests,
    ]),
  );
}
