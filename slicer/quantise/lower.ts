import type { OnnxGraph, OnnxNode } from '../onnx/index.ts';
import { nameNode } from '../onnx/refuse.ts';
import { QuantiseError } from './errors.ts';
import type { FloatModel } from './float-model.ts';
import { fuse } from './lower/fuse.ts';
import { provableOperators } from './lower/index.ts';
import { Lowering } from './lower/lowering.ts';
import { poolFirst } from './pool-first.ts';

/**
 * An ONNX graph in the operators of {@link FloatModel}; what can be written so is in `lower/`.
 * @throws QuantiseError QUANTISE_UNSUPPORTED_OPERATOR, QUANTISE_UNSUPPORTED_NODE (naming node and operator)
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
  const lower = provableOperators.get(node.operator);
  if (lower === undefined) {
    throw new QuantiseError('QUANTISE_UNSUPPORTED_OPERATOR', `${nameNode(node)} can't be proved`, {
      hint: `Provable are ${[...provableOperators.keys()].toSorted().join(', ')}.`,
      details: { node: node.name, operator: node.operator },
    });
  }
  lower(lowering, node);
}

/** Exporters may leave a node without a name; then it goes by what it writes. */
function named(node: OnnxNode): OnnxNode {
  return node.name === '' ? { ...node, name: node.outputs[0] } : node;
}
