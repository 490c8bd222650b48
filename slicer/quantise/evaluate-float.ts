import type { FloatModel } from './float-model.ts';
import { floatKind } from './nodes/index.ts';

/**
 * The value of every tensor of the model for one sample, by tensor index.
 * @param foreign what ONNX Runtime gives for the model's foreign nodes, in their order
 * @param round what becomes of each value that a node computes
 */
export function evaluateFloat(
  model: FloatModel,
  inputs: readonly Float64Array[],
  foreign: readonly Float64Array[] = [],
  round?: (value: number) => number,
): Float64Array[] {
  const values = new Array<Float64Array>(model.tensors.length);
  model.inputs.forEach((id, i) => (values[id] = inputs[i]));
  const given = foreign.values();
  for (const node of model.nodes) {
    const known = node.kind === 'foreign' ? given.next().value : undefined;
    const found = known ?? floatKind(node).evaluate(node, model.tensors, values);
    values[node.output] = round ? found.map(round) : found;
  }
  return values;
}
