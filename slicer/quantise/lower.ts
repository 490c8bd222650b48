import type { OnnxGraph, OnnxNode } from '../onnx/index.ts';
import type { FloatModel } from './float-model.ts';
import { expand } from './expand/index.ts';
import { scaling } from './lower/affine.ts';
import { integerOperators } from './lower/arithmetic.ts';
import { foreign } from './lower/foreign.ts';
import { fuse, singly, type Step } from './lower/fuse.ts';
import { provableOperators } from './lower/index.ts';
import { countsInIntegers } from './lower/integers.ts';
import { Lowering } from './lower/lowering.ts';
import { poolFirst } from './pool-first.ts';

/** What a graph goes through on its way to a float model, after its operators are written one by one; in order. */
export const PASSES = ['fold', 'fuse', 'pool first'] as const;
type Pass = (typeof PASSES)[number];

/**
 * An ONNX graph in the operators of {@link FloatModel}; what can be written so is in `lower/`.
 * What can't is run by ONNX Runtime as it is, and not proved.
 * @param passes fewer than all to find out which of them is wrong
 * @throws QuantiseError QUANTISE_UNSUPPORTED_NODE (naming node and operator): it reads no tensor
 */
export function lowerGraph(graph: OnnxGraph, passes: readonly Pass[] = PASSES): FloatModel {
  const whole = new Set<string>();
  for (;;) {
    const { graph: expanded, origins } = expand(graph, whole);
    const model = lowerExpanded(expanded, passes);
    // What can be proved in part only is run as its file has it.
    const beyond = model.nodes.flatMap((node) =>
      node.kind === 'foreign' && origins.has(node.tensor) ? [origins.get(node.tensor) as string] : [],
    );
    if (beyond.length === 0) return model;
    for (const origin of beyond) whole.add(origin);
  }
}

function lowerExpanded(graph: OnnxGraph, passes: readonly Pass[]): FloatModel {
  const steps = passes.includes('fuse') ? fuse(graph) : singly(graph);
  const reads = steps.flatMap((step) => step.reads);
  const lowering = new Lowering(graph, reads, { folds: passes.includes('fold'), scaling });
  for (const step of steps) lowerStep(lowering, graph, step);
  const model = lowering.finish();
  return passes.includes('pool first') ? poolFirst(model) : model;
}

function lowerStep(lowering: Lowering, graph: OnnxGraph, { node, lower }: Step): void {
  const as = named(node);
  if (lower) return lower(lowering, as);
  const operators = countsInIntegers(graph, node) ? integerOperators : provableOperators;
  const provable = node.foreign ? undefined : operators.get(node.operator);
  if (provable === undefined || !lowering.attempt(provable, as)) foreign(lowering, as);
}

/** Exporters may leave a node without a name; then it goes by what it writes. */
function named(node: OnnxNode): OnnxNode {
  return node.name === '' ? { ...node, name: node.outputs[0] } : node;
}
