import type { FloatModel } from './float-model.ts';

/** How many bits each weight and each activation gets; what nothing reads is ignored. */
export interface BitChoice {
  /** By node index of the float model: bits of a linear operator's weights, sign included. 2 … 16. */
  readonly weights: readonly number[];
  /** By tensor index of the float model: bits at the model's inputs and after each rescale. 1 … 16. */
  readonly activations: readonly number[];
}

/** The same bits everywhere. */
export function uniformBits(model: FloatModel, weights: number, activations: number): BitChoice {
  return {
    weights: model.nodes.map(() => weights),
    activations: model.tensors.map(() => activations),
  };
}
