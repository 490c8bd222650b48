import type { GraphProto, ModelProto, NodeProto } from '../schema.ts';
import { definedNames, renamedNode } from './names.ts';

/**
 * The model with the branch in place of each If whose condition is known.
 * @param taken by the first output of an If: which branch is taken
 */
export function withBranches(model: ModelProto, taken: ReadonlyMap<string, boolean>): ModelProto {
  const { graph } = model;
  if (!graph) return model;
  const initializer = [...(graph.initializer ?? [])];
  const node = (graph.node ?? []).flatMap((one): readonly NodeProto[] => {
    const condition = one.opType === 'If' ? taken.get(one.output?.[0] ?? '') : undefined;
    if (condition === undefined) return [one];
    const wanted = condition ? 'then_branch' : 'else_branch';
    const branch = one.attribute?.find(({ name }) => name === wanted)?.g;
    if (!branch) return [one];
    const own = definedNames(branch);
    const label = one.output?.[0] ?? '';
    const nameOf = (name: string): string => (own.has(name) ? `${label}/${name}` : name);
    for (const constant of branch.initializer ?? []) {
      initializer.push({ ...constant, name: nameOf(constant.name ?? '') });
    }
    return [
      ...(branch.node ?? []).map((inner, i) =>
        renamedNode({ ...inner, name: `${one.name || label}/${inner.name || i}` }, nameOf),
      ),
      ...results(one, branch, nameOf),
    ];
  });
  return { ...model, graph: { ...graph, node, initializer } };
}

/** What the branch gives, under the names that the If has for it. */
function results(one: NodeProto, branch: GraphProto, nameOf: (name: string) => string): readonly NodeProto[] {
  return (one.output ?? []).flatMap((output, i) =>
    output === ''
      ? []
      : [
          {
            opType: 'Identity',
            name: `${one.name || output}/result${i}`,
            input: [nameOf(branch.output?.[i]?.name ?? '')],
            output: [output],
            attribute: [],
          },
        ],
  );
}
