import type { FloatModel } from './float-model.ts';
import { floatKind } from './nodes/index.ts';

/** The value of every tensor of the model for one sample, by tensor index. */
export function evaluateFloat(model: FloatModel, inputs: readonly Float64Array[]): Float64Array[] {
  const values = new Array<Float64Array>(model.tensors.length);
  model.inputs.forEach((id, i) => (values[id] = inputs[i]));
  for (const node of model.nodes) values[node.output] = floatKind(node).evaluate(node, model.tensors, values);
  return values;
}
