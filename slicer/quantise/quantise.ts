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
  const foreignBefore = foreignDepths(model);
  model.nodes.forEach((node, index) => {
    // An accumulator would tie what comes before a foreign node to what comes after it, into one slice with it.
    for (const id of floatInputs(node)) {
      if (foreignBefore[id] < foreignBefore[node.output]) quantiser.put(id, quantiser.ranged(id));
    }
    floatKind(node).quantise(quantiser, node, bits.weights[index]);
    quantiser.releasePassing();
    for (const id of floatInputs(node)) quantiser.release(id);
  });
  return quantiser.finish();
}

/** By tensor: how many nodes that can't be proved come before it, one after the other. */
function foreignDepths({ tensors, nodes }: FloatModel): readonly number[] {
  const depths = tensors.map(() => 0);
  for (const node of nodes) {
    const before = Math.max(0, ...floatInputs(node).map((id) => depths[id]));
    depths[node.output] = before + (node.kind === 'foreign' ? 1 : 0);
  }
  return depths;
}
