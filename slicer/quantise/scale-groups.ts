import type { FloatModel } from './float-model.ts';

/**
 * Tensors that are joined want one scale: a join moves values, it can't multiply them. Looks through what only
 * moves values, back to where they are made.
 * @returns by tensor: the others of its group; nothing for a tensor that is joined with none
 */
export function scaleGroups(model: FloatModel): ReadonlyMap<number, readonly number[]> {
  const writers = new Map(model.nodes.map((node) => [node.output, node]));
  const groups = new Map<number, Set<number>>();
  const isWhole = (tensor: number): boolean => model.tensors[tensor].whole !== undefined;
  const sourcesOf = (tensor: number): readonly number[] => {
    const node = writers.get(tensor);
    switch (node?.kind) {
      case 'concat':
        return node.inputs.flatMap(sourcesOf);
      case 'reshape':
        return isWhole(node.input) === isWhole(tensor) ? sourcesOf(node.input) : [tensor];
      case 'gather':
      case 'max-pool':
        return sourcesOf(node.input);
      default:
        return [tensor];
    }
  };
  for (const node of model.nodes) {
    if (node.kind !== 'concat') continue;
    const group = new Set(sourcesOf(node.output));
    for (const member of [...group]) for (const other of groups.get(member) ?? []) group.add(other);
    for (const member of group) groups.set(member, group);
  }
  return new Map(
    [...groups].map(([tensor, group]) => [tensor, [...group].filter((other) => other !== tensor)]),
  );
}
