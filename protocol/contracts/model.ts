import type { TensorSpec } from '../commitment/commit.ts';
import type { Contracts } from './market.ts';
import { unpackSliceSpec, unpackTensorSpec, type SliceSpec } from './words.ts';

/** A model as the registry has it. */
export interface RegisteredModel {
  readonly modelId: string;
  readonly publisher: string;
  /** sha-256 of the manifest in the artifact store. */
  readonly manifestDigest: string;
  /** Tensors 0 … inputCount − 1 are the model's inputs. */
  readonly inputCount: number;
  /** Tensor ids of the model's outputs. */
  readonly outputs: readonly number[];
  readonly tensors: readonly TensorSpec[];
  readonly slices: readonly SliceSpec[];
}

/** @throws the call's error with the contract's `UnknownModel` */
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

/** Signals of a slice, in order: the commitments of its inputs and of its outputs (the tag comes last). */
export function tensorsOf(slice: SliceSpec): readonly number[] {
  return [...slice.inputs, ...slice.outputs];
}
