import type { BitChoice } from './bits.ts';
import { floatInputs, type FloatModel } from './float-model.ts';
import { floatKind } from './nodes/index.ts';
import type { Observation } from './observation.ts';
import { Quantiser, type Quantised } from './quantiser.ts';

export type { Quantised } from './quantiser.ts';

/**
 * Turns a float model into an integer program. Scales are fitted to what calibration saw; each bias takes up
 * the mean error that the rounding of weights and inputs leaves in its channel.
 */
export function quantise(model: FloatModel, observation: Observation, bits: BitChoice): Quantised {
  const quantiser = new Quantiser(model, observation, bits);
  model.nodes.forEach((node, index) => {
    floatKind(node).quantise(quantiser, node, bits.weights[index]);
    quantiser.releasePassing();
    for (const id of floatInputs(node)) quantiser.release(id);
  });
  return quantiser.finish();
}
