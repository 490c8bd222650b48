import { floatInputs, type FloatModel, type FloatNode } from './float-model.ts';

/**
 * MaxPool(Relu(x)) becomes Relu(MaxPool(x)), and so for Clip: all are monotone, and a quarter of the values is left to take
 * apart into bits. Only where nothing else reads the activation.
 */
export function poolFirst(model: FloatModel): FloatModel {
  const readers = new Map<number, FloatNode[]>();
  for (const node of model.nodes) {
    for (const id of floatInputs(node)) readers.set(id, [...(readers.get(id) ?? []), node]);
  }
  const tensors = [...model.tensors];
  const replaced = new Map<FloatNode, readonly FloatNode[]>();
  for (const relu of model.nodes) {
    const [pool, ...others] = readers.get(relu.output) ?? [];
    if ((relu.kind !== 'relu' && relu.kind !== 'clip') || pool?.kind !== 'max-pool' || others.length > 0)
      continue;
    if (model.outputs.includes(relu.output)) continue;
    const pooled = tensors.push({ name: `${pool.name}/pooled`, shape: tensors[pool.output].shape }) - 1;
    replaced.set(relu, [
      { ...pool, input: relu.input, output: pooled },
      { ...relu, input: pooled, output: pool.output },
    ]);
    replaced.set(pool, []);
  }
  return { ...model, tensors, nodes: model.nodes.flatMap((node) => replaced.get(node) ?? [node]) };
}
