import { evaluateFloat } from './evaluate-float.ts';
import { floatInputs, type FloatLinear, type FloatModel, type FloatNode } from './float-model.ts';
import { NOTHING_BELOW, sampled, scoresOf } from './masks.ts';
import type { Sample } from './observation.ts';

/** What adds no less than this to scores is taken for a mask: no score is so far from others. */
const LEAST_MASK = 1000;

/**
 * Masks that the model computes, from a list of the tokens that count, become as small as they have to be. A linear operator
 * whose results go nowhere but into scores of a Softmax, by moves and sums, and that gives nothing or far less than nothing,
 * gives nothing or as little as Softmax can't tell from −∞. What constants add to scores by way of such sums goes no further
 * below either.
 */
export function boundComputedMasks(
  model: FloatModel,
  samples: readonly Sample[],
  foreign: readonly Sample[],
): FloatModel {
  const factors = scoreFactors(model);
  const alone = scoresOf(model);
  const suspects = model.nodes.filter(
    (node) => factors.has(node.output) && !alone.has(node.output) && isSuspect(node),
  );
  if (suspects.length === 0) return model;
  const seen = rangesOf(model, samples, foreign, suspects);
  const masks = new Map(
    suspects.flatMap((node) => {
      const { least, between } = seen.parts.get(node.output) as Part;
      return node.kind === 'offset' || (least >= LEAST_MASK && !between) ? [[node, least] as const] : [];
    }),
  );
  const hidden = new Set([...masks.keys()].map(({ output }) => output));
  const depth = depthOf(model, factors, hidden, seen.spreads);
  const nodes = model.nodes.map((node): FloatNode => {
    const least = masks.get(node);
    if (least === undefined) return node;
    if (node.kind === 'offset')
      return { ...node, values: node.values.map((value) => Math.max(value, -depth)) };
    return scaled(node as FloatLinear, Math.min(1, depth / least));
  });
  return { ...model, nodes };
}

/** Linear operators and constants that could be masks by their numbers. */
function isSuspect(node: FloatNode): boolean {
  const isLarge = (value: number): boolean => Math.abs(value) >= LEAST_MASK;
  if (node.kind === 'offset') return node.values.some((value) => value <= -LEAST_MASK);
  return (node.kind === 'conv' || node.kind === 'gemm') && node.weights.some(isLarge);
}

function scaled<Node extends FloatLinear>(node: Node, by: number): Node {
  const times = (values: Float64Array): Float64Array => values.map((value) => value * by);
  return { ...node, weights: times(node.weights), bias: times(node.bias) };
}

/** Whether a node passes on what it reads from a tensor, moved or with something added to it. */
function passes(node: FloatNode, from: number): boolean {
  if (node.kind === 'add') return !node.subtract || node.inputs[1] !== from;
  return node.kind === 'reshape' || node.kind === 'gather' || node.kind === 'offset';
}

/** By tensor that goes nowhere but into scores: the least that a Softmax multiplies these by. */
function scoreFactors({ nodes, outputs }: FloatModel): ReadonlyMap<number, number> {
  const factors = new Map<number, number>();
  const others = new Set(outputs);
  for (const node of nodes.toReversed()) {
    const isScore = !others.has(node.output) && factors.has(node.output);
    for (const input of floatInputs(node)) {
      const factor = node.kind === 'softmax' ? node.factor : factors.get(node.output);
      if (factor !== undefined && (node.kind === 'softmax' || (isScore && passes(node, input)))) {
        factors.set(input, Math.min(factor, factors.get(input) ?? Infinity));
      } else others.add(input);
    }
  }
  for (const other of others) factors.delete(other);
  return factors;
}

/** What a tensor's values are: how far the nearest but zero is below zero, and whether one is above. */
interface Part {
  readonly least: number;
  readonly between: boolean;
}

/** What some samples give: of suspects their parts, of all tensors how far apart their values are. */
function rangesOf(
  model: FloatModel,
  samples: readonly Sample[],
  foreign: readonly Sample[],
  suspects: readonly FloatNode[],
): { readonly parts: ReadonlyMap<number, Part>; readonly spreads: Float64Array } {
  const [low, high] = [Infinity, -Infinity].map((start) =>
    new Float64Array(model.tensors.length).fill(start),
  );
  const parts = new Map<number, Part>(
    suspects.map(({ output }) => [output, { least: Infinity, between: false }]),
  );
  for (const i of sampled(samples)) {
    const values = evaluateFloat(model, samples[i], foreign[i]);
    for (const [id, of] of values.entries()) {
      for (const value of of) {
        if (value < low[id]) low[id] = value;
        if (value > high[id]) high[id] = value;
      }
    }
    for (const [id, { least, between }] of parts) {
      const set = values[id].filter((value) => value !== 0);
      parts.set(id, {
        least: set.reduce((nearest, value) => Math.min(nearest, Math.abs(value)), least),
        between: between || set.some((value) => value > 0),
      });
    }
  }
  return { parts, spreads: high.map((most, id) => most - low[id]) };
}

/** Twice how far apart scores are without their masks, and what Softmax can't tell from −∞ below that. */
function depthOf(
  { nodes }: FloatModel,
  factors: ReadonlyMap<number, number>,
  hidden: ReadonlySet<number>,
  spreads: Float64Array,
): number {
  const writers = new Map(nodes.map((node) => [node.output, node]));
  const spread = (tensor: number): number => {
    const node = writers.get(tensor);
    if (node?.kind === 'offset' && hidden.has(tensor)) return spread(node.input);
    if (hidden.has(tensor)) return 0;
    if (node === undefined || !factors.has(tensor)) return spreads[tensor];
    const from = floatInputs(node);
    return from.every((input) => passes(node, input))
      ? from.reduce((sum, input) => sum + spread(input), 0)
      : spreads[tensor];
  };
  const depths = nodes.flatMap((node) =>
    node.kind === 'softmax' ? [2 * spread(node.input) + NOTHING_BELOW / node.factor] : [],
  );
  return depths.reduce((most, depth) => Math.max(most, depth), 0);
}
