import type { OnnxGraph, OnnxNode } from './graph.ts';
import { findOperator } from './operators/index.ts';
import type { Move, NodeContext } from './operators/operator.ts';
import { reducedAxes } from './operators/reductions.ts';

/** A node of a checked graph with what is known of its inputs. */
export function contextOf(graph: OnnxGraph, node: OnnxNode): NodeContext {
  return {
    node,
    inputs: node.inputs.map((name) => (name === '' ? undefined : graph.tensors.get(name))),
    constant: (index) => graph.constants.get(node.inputs[index]),
  };
}

/** Where the values of each output come from, of a node that only moves those of its first input. */
export function movesOf(graph: OnnxGraph, node: OnnxNode): readonly Move[] | undefined {
  return findOperator(node)?.moves?.(contextOf(graph, node));
}

/** Axes that a reduction takes away, ascending. */
export function reducedAxesOf(graph: OnnxGraph, node: OnnxNode): readonly number[] {
  return reducedAxes(contextOf(graph, node));
}
