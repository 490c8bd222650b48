import type { OnnxGraph, OnnxNode } from '../onnx/index.ts';
import { QuantiseError } from './errors.ts';
import type { FloatModel } from './float-model.ts';
import { foreign } from './lower/foreign.ts';
import { fuse } from './lower/fuse.ts';
import { provableOperators } from './lower/index.ts';
import { Lowering } from './lower/lowering.ts';
import { poolFirst } from './pool-first.ts';

/**
 * An ONNX graph in the operators of {@link FloatModel}; what can be written so is in `lower/`.
 * What can't is run by ONNX Runtime as it is, and not proved.
 * @throws QuantiseError QUANTISE_UNSUPPORTED_NODE (naming node and operator): it reads no tensor
 */
export function lowerGraph(graph: OnnxGraph): FloatModel {
  const lowering = new Lowering(graph);
  const fused = fuse(graph);
  for (const node of graph.nodes) {
    if (fused.has(node)) fused.get(node)?.(lowering, named(node));
    else lowerNode(lowering, named(node));
  }
  return poolFirst(lowering.finish());
}

function lowerNode(lowering: Lowering, node: OnnxNode): void {
  const lower = node.foreign ? undefined : provableOperators.get(node.operator);
  if (lower === undefined) return foreign(lowering, node);
  try {
    lower(lowering, node);
  } catch (error) {
    if (!(error instanceof QuantiseError) || error.code !== 'QUANTISE_UNSUPPORTED_NODE') throw error;
    foreign(lowering, node);
  }
}

/** Exporters may leave a node without a name; then it goes by what it writes. */
function named(node: OnnxNode): OnnxNode {
  return node.name === '' ? { ...node, name: node.outputs[0] } : node;
}
