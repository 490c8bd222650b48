import { sizeOf } from '../integer/program.ts';
import { evaluateFloat } from './evaluate-float.ts';
import { floatInputs, type FloatModel, type FloatNode, type FloatOffset } from './float-model.ts';
import type { Sample } from './observation.ts';

/** e to the minus this is less than float32 keeps beside 1: Softmax gives nothing to what is so far below its row's largest. */
export const NOTHING_BELOW = 20;

/** What is so far below its row's largest has a share of at most 0.0002, and as much if it is farther. */
const FAR_BELOW = 9;

/** So many samples tell how far apart scores are; twice that is allowed for. */
const LOOKED_AT = 16;

/** By tensor: where what it holds goes before Softmax reads it, and how wide Softmax's rows are. */
interface Scores {
  readonly width: number;
  /** What Softmax multiplies them by. */
  readonly factor: number;
  /** By position of Softmax's input: the position here. */
  readonly places: Int32Array;
}

/**
 * Masks become as small as they have to be. What an attention adds to scores that are not to count (−10⁴, −10⁹, −∞, the
 * least float) would set the scale of those that do. Softmax can't tell it from twice the spread of the scores and
 * {@link NOTHING_BELOW} more; a row that is masked all over is moved up, which Softmax doesn't see.
 */
export function boundMasks(
  model: FloatModel,
  samples: readonly Sample[],
  foreign: readonly Sample[],
): FloatModel {
  const scores = scoresOf(model);
  const masks = model.nodes.filter(
    (node): node is FloatOffset => node.kind === 'offset' && scores.has(node.output),
  );
  if (masks.length === 0) return model;
  const spreads = spreadsOf(model, samples, foreign, masks);
  const nodes = model.nodes.map((node): FloatNode => {
    const place = node.kind === 'offset' ? scores.get(node.output) : undefined;
    if (node.kind !== 'offset' || place === undefined) return node;
    const depth = 2 * (spreads.get(node.input) ?? 0) + NOTHING_BELOW / place.factor;
    return { ...node, values: bounded(node.values, place, depth) };
  });
  return { ...model, nodes };
}

/** The numbers of a few samples, evenly taken. */
export function sampled(samples: readonly Sample[]): readonly number[] {
  const step = Math.ceil(samples.length / LOOKED_AT);
  return samples.flatMap((_, i) => (i % step === 0 ? [i] : []));
}

/** By tensor: how far apart its values are on some samples. */
function spreadsOf(
  model: FloatModel,
  samples: readonly Sample[],
  foreign: readonly Sample[],
  masks: readonly FloatOffset[],
): ReadonlyMap<number, number> {
  const seen = new Map(masks.map(({ input }) => [input, { low: Infinity, high: -Infinity }]));
  for (const i of sampled(samples)) {
    const values = evaluateFloat(model, samples[i], foreign[i]);
    for (const [input, range] of seen) {
      for (const value of values[input]) {
        if (value < range.low) range.low = value;
        if (value > range.high) range.high = value;
      }
    }
  }
  return new Map([...seen].map(([input, { low, high }]) => [input, high - low]));
}

function bounded(values: Float64Array, { width, places }: Scores, depth: number): Float64Array {
  const result = Float64Array.from(values);
  const largest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  for (let row = 0; row < places.length; row += width) {
    const most = places.subarray(row, row + width).reduce((max, at) => Math.max(max, values[at]), -Infinity);
    // −∞ all over is 0 / 0: that is for whoever looks for numbers that are none.
    if (most === -Infinity) continue;
    const up = most < largest - depth ? largest - most : 0;
    for (const at of places.subarray(row, row + width)) {
      result[at] = Math.max(values[at], most - depth) + up;
    }
  }
  return result;
}

/** The tensors that become the input of a Softmax by moves alone, and are nothing else's. */
export function scoresOf(model: FloatModel): ReadonlyMap<number, Scores> {
  const readers = new Map<number, number>();
  for (const id of [...model.nodes.flatMap(floatInputs), ...model.outputs]) {
    readers.set(id, (readers.get(id) ?? 0) + 1);
  }
  const writers = new Map(model.nodes.map((node) => [node.output, node]));
  const found = new Map<number, Scores>();
  const follow = (tensor: number, scores: Scores): void => {
    if (readers.get(tensor) !== 1) return;
    found.set(tensor, scores);
    const node = writers.get(tensor);
    if (node?.kind === 'reshape') return follow(node.input, scores);
    const moved = node?.kind === 'gather' ? scores.places.map((at) => node.indices[at]) : undefined;
    // Each value in one row, and all of them: a permutation.
    if (node?.kind !== 'gather' || moved === undefined) return;
    const size = sizeOf(model.tensors[node.input].shape);
    if (moved.length !== size || moved.includes(-1) || new Set(moved).size !== size) return;
    follow(node.input, { ...scores, places: moved });
  };
  for (const node of model.nodes) {
    if (node.kind !== 'softmax') continue;
    const { shape } = model.tensors[node.input];
    const places = Int32Array.from({ length: sizeOf(shape) }, (_, i) => i);
    follow(node.input, { width: shape.at(-1) ?? 1, factor: node.factor, places });
  }
  return found;
}

/** What a Softmax reads whose shares, moved at most, are the model's one output; undefined where there is none. */
export function lastScores({ nodes, outputs: [output, ...others] }: FloatModel): number | undefined {
  const writers = new Map(nodes.map((node) => [node.output, node]));
  let node = others.length === 0 ? writers.get(output) : undefined;
  while (node?.kind === 'reshape' || node?.kind === 'gather') node = writers.get(node.input);
  return node?.kind === 'softmax' ? node.input : undefined;
}

/**
 * By tensor that only Softmax reads: its values as they matter there. What is far below its row's largest gets next to no
 * share, wherever it is: it must not set the scale either, and may saturate.
 */
export function scoresThatCount(
  model: FloatModel,
): ReadonlyMap<number, (values: Float64Array) => Float64Array> {
  return new Map(
    [...scoresOf(model)].map(([tensor, { width, factor, places }]) => [
      tensor,
      (values: Float64Array): Float64Array => {
        const raised = Float64Array.from(values);
        for (let row = 0; row < places.length; row += width) {
          const of = places.subarray(row, row + width);
          const least = of.reduce((max, at) => Math.max(max, values[at]), -Infinity) - FAR_BELOW / factor;
          for (const at of of) raised[at] = Math.max(values[at], least);
        }
        return raised;
      },
    ]),
  );
}
