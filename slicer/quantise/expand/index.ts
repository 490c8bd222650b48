import { buildGraph, type OnnxGraph, type OnnxNode } from '../../onnx/index.ts';
import { rawNode } from '../../onnx/write.ts';
import { attentions } from './attention.ts';
import { dynamics } from './dynamic.ts';
import { einsums } from './einsum.ts';
import { features } from './features.ts';
import { finites } from './finite.ts';
import { fused } from './fused.ts';
import { kernels } from './kernels.ts';
import { norms } from './norms.ts';
import { Parts, type Expand } from './parts.ts';
import { places } from './places.ts';
import { recurrences } from './recurrent.ts';
import { reductions } from './reductions.ts';
import { resizes } from './resize.ts';
import { rotaries } from './rotary.ts';
import { tops } from './top.ts';
import { trees } from './trees.ts';
import { volumes } from './volumes.ts';

/** By operator, with its domain in front where that is not ONNX's own: how it is made of smaller ones. */
const expansions: ReadonlyMap<string, Expand> = new Map(
  Object.entries({
    ...attentions,
    ...dynamics,
    ...einsums,
    ...features,
    ...finites,
    ...fused,
    ...kernels,
    ...norms,
    ...places,
    ...recurrences,
    ...reductions,
    ...resizes,
    ...rotaries,
    ...tops,
    ...trees,
    ...volumes,
  }),
);

/** A graph in which operators are made of smaller ones. */
interface Expanded {
  readonly graph: OnnxGraph;
  /** By the name of a tensor that the given graph doesn't have: the first result of the node that it is of. */
  readonly origins: ReadonlyMap<string, string>;
}

/**
 * Operators that are a few others become these, those in turn what they are made of.
 * @param except first results of nodes that stay as they are
 */
export function expand(given: OnnxGraph, except: ReadonlySet<string> = new Set()): Expanded {
  let graph = given;
  const origins = new Map<string, string>();
  for (;;) {
    const constants = new Map(graph.constants);
    const replaced = graph.nodes.map((node): readonly OnnxNode[] => {
      const [first] = node.outputs;
      const origin = origins.get(first) ?? first;
      const made = except.has(origin) ? undefined : partsOf(graph, node);
      if (made === undefined) return [node];
      for (const [name, tensor] of made.constants) constants.set(name, tensor);
      for (const name of made.nodes.flatMap(({ outputs }) => outputs)) {
        if (!graph.tensors.has(name)) origins.set(name, origin);
      }
      return made.nodes;
    });
    const nodes = replaced.flat();
    if (nodes.length === graph.nodes.length && nodes.every((node, i) => node === graph.nodes[i])) {
      return { graph, origins };
    }
    // What is without values is a constant already, and would be written again.
    for (const name of nodes.flatMap(({ outputs }) => outputs)) constants.delete(name);
    graph = buildGraph({ ...graph, nodes, constants, types: graph.tensors });
  }
}

function partsOf(graph: OnnxGraph, node: OnnxNode): Parts | undefined {
  const domain = node.foreign ? rawNode(graph, node).domain : '';
  const prefix = !domain || domain === 'ai.onnx' ? '' : `${domain}:`;
  const write = expansions.get(`${prefix}${node.operator}`);
  if (!write) return undefined;
  const parts = new Parts(graph, node);
  return write(parts) ? parts : undefined;
}
