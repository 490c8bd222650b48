import type { AttributeProto, GraphProto, NodeProto } from '../schema.ts';

/** The graphs that an attribute holds: branches and bodies. */
export function graphsOf({ g, graphs = [] }: AttributeProto): readonly GraphProto[] {
  return g ? [g, ...graphs] : graphs;
}

/** An attribute with its graphs changed. */
export function withGraphs(
  attribute: AttributeProto,
  change: (graph: GraphProto) => GraphProto,
): AttributeProto {
  if (graphsOf(attribute).length === 0) return attribute;
  const { g, graphs } = attribute;
  return {
    ...attribute,
    ...(g ? { g: change(g) } : {}),
    ...(graphs && graphs.length > 0 ? { graphs: graphs.map(change) } : {}),
  };
}

/** A node with other names for all tensors, those within its graphs included. */
export function renamedNode(node: NodeProto, nameOf: (name: string) => string): NodeProto {
  const at = (name: string): string => (name === '' ? '' : nameOf(name));
  return {
    ...node,
    input: (node.input ?? []).map(at),
    output: (node.output ?? []).map(at),
    attribute: (node.attribute ?? []).map((attribute) =>
      withGraphs(attribute, (graph) => renamedGraph(graph, nameOf)),
    ),
  };
}

function renamedGraph(graph: GraphProto, nameOf: (name: string) => string): GraphProto {
  const named = <T extends { readonly name?: string }>(all: readonly T[] = []): T[] =>
    all.map((one) => ({ ...one, name: nameOf(one.name ?? '') }));
  return {
    ...graph,
    node: (graph.node ?? []).map((node) => renamedNode(node, nameOf)),
    initializer: named(graph.initializer),
    input: named(graph.input),
    output: named(graph.output),
    valueInfo: named(graph.valueInfo),
  };
}

/** The names that a graph, and those in it, give to tensors. */
export function definedNames(graph: GraphProto): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = ({ node = [], initializer = [], input = [] }: GraphProto): void => {
    for (const { name = '' } of [...initializer, ...input]) names.add(name);
    for (const { output = [], attribute = [] } of node) {
      for (const name of output) names.add(name);
      attribute.flatMap(graphsOf).forEach(visit);
    }
  };
  visit(graph);
  return names;
}

/** The tensors from outside that the graphs in a node's attributes read, each once. */
export function capturedNames(attributes: readonly AttributeProto[]): readonly string[] {
  const captured = new Set<string>();
  const visit = (graph: GraphProto, outer: ReadonlySet<string>): void => {
    const known = new Set(outer);
    for (const { name = '' } of [...(graph.initializer ?? []), ...(graph.input ?? [])]) known.add(name);
    for (const { input = [], output = [], attribute = [] } of graph.node ?? []) {
      for (const name of input) if (name !== '' && !known.has(name)) captured.add(name);
      for (const inner of attribute.flatMap(graphsOf)) visit(inner, known);
      for (const name of output) known.add(name);
    }
    for (const { name = '' } of graph.output ?? []) if (!known.has(name)) captured.add(name);
  };
  for (const graph of attributes.flatMap(graphsOf)) visit(graph, new Set());
  return [...captured];
}
