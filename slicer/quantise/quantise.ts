import type { BitChoice } from './bits.ts';
import { QuantiseError } from './errors.ts';
import { floatInputs, type FloatForeign, type FloatModel } from './float-model.ts';
import { floatKind } from './nodes/index.ts';
import { lastScores, scoresThatCount } from './masks.ts';
import type { Observation } from './observation.ts';
import { Quantiser, type Quantised } from './quantiser.ts';

export type { Quantised } from './quantiser.ts';

/**
 * Runs an operator that can't be proved.
 * @param inputs by sample: what it reads, as reals
 * @returns by sample: what it gives
 */
export type RunOperator = (
  node: FloatForeign,
  inputs: readonly (readonly Float64Array[])[],
) => Promise<readonly Float64Array[]>;

/**
 * Turns a float model into an integer program. Scales are fitted to what calibration saw; each bias takes up
 * the mean error that the rounding of weights and inputs leaves in its channel. Operators that only ONNX Runtime runs are
 * run on what the integers before them stand for: what comes of a sample is what the program will give for it.
 */
export async function quantise(
  model: FloatModel,
  observation: Observation,
  bits: BitChoice,
  run?: RunOperator,
): Promise<Quantised> {
  const quantiser = new Quantiser(model, observation, bits);
  const foreignBefore = foreignDepths(model);
  const last = lastScores(model);
  let scores: readonly Float64Array[] | undefined;
  for (const [index, node] of model.nodes.entries()) {
    // An accumulator would tie what comes before a foreign node to what comes after it, into one slice with it.
    for (const id of floatInputs(node)) {
      if (foreignBefore[id] < foreignBefore[node.output]) quantiser.put(id, quantiser.ranged(id));
    }
    if (node.kind === 'softmax' && node.input === last) {
      const counting = scoresThatCount(model).get(last);
      scores = quantiser.reals([last]).map(([values]) => counting?.(values) ?? values);
    }
    if (node.kind === 'foreign') quantiser.receive(await resultsOf(quantiser, node, run));
    floatKind(node).quantise(quantiser, node, bits.weights[index]);
    quantiser.releasePassing();
    for (const id of floatInputs(node)) quantiser.release(id);
  }
  return { ...quantiser.finish(), ...(scores ? { scores } : {}) };
}

function resultsOf(
  quantiser: Quantiser,
  node: FloatForeign,
  run: RunOperator | undefined,
): Promise<readonly Float64Array[]> {
  if (run === undefined) {
    throw new QuantiseError(
      'QUANTISE_UNSUPPORTED_OPERATOR',
      `${node.operator} node "${node.name}" can't be proved, and nothing runs it`,
    );
  }
  return run(node, quantiser.reals(node.inputs));
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
