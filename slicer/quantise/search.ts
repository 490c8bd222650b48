import { setImmediate } from 'node:timers/promises';
import { sizeOf, type IntegerProgram } from '../integer/program.ts';
import { uniformBits, type BitChoice } from './bits.ts';
import { QuantiseError } from './errors.ts';
import type { FloatModel } from './float-model.ts';
import type { Loss } from './loss.ts';
import type { Observation } from './observation.ts';
import { quantise, type Quantised, type RunOperator } from './quantise.ts';

export interface SearchOptions {
  readonly loss: Loss;
  /** The largest loss; 0 … 1. */
  readonly maxLoss: number;
  /** Constraints of the whole model's circuits, or anything that grows with them. */
  readonly cost: (program: IntegerProgram) => number;
  /** For operators without a proof. */
  readonly run?: RunOperator;
  /** Called with each candidate that is better than those before. */
  readonly onStep?: (candidate: Assessed) => void;
}

/** A choice of bits and what was found of it. */
export interface Assessed {
  readonly bits: BitChoice;
  readonly cost: number;
  readonly loss: number;
}

export interface SearchResult {
  readonly best: Assessed & { readonly quantised: Quantised };
  /** Everything that was looked at, in order. */
  readonly visited: readonly Assessed[];
}

type Candidate = SearchResult['best'];

/** One number of bits that can be made smaller. */
interface Knob {
  readonly kind: keyof BitChoice;
  readonly index: number;
  /** What a bit less was worth when it was last looked at. */
  merit: number;
}

const WIDEST = 12;
const NARROWEST = 2;

/** A step that saves less than this share of the cost is not worth its evaluation. */
const LEAST_SAVING = 0.01;

/** Multiply-adds of all evaluations together, some minutes' worth; but some evaluations are always made. */
const MOST_WORK = 2e11;
const LEAST_EVALUATIONS = 24;

/** What ONNX Runtime is asked for takes as long as about so many multiply-adds here. */
const FOREIGN_WORK = 1e6;

/**
 * The bits that make the model cheapest while it loses no more than allowed: first the fewest bits that do
 * everywhere alike, then, one weight matrix or activation at a time, one bit less where that saves most for
 * the loss that it adds. What a bit less is worth changes little from step to step, so only the knob that
 * looked best is looked at again, and turned if it still is (Minoux's lazy greedy, 1978).
 * @throws QuantiseError QUANTISE_BUDGET: not even the most bits keep within `maxLoss`
 */
export async function searchBits(
  model: FloatModel,
  observation: Observation,
  options: SearchOptions,
): Promise<SearchResult> {
  const { loss, maxLoss, cost, run, onStep } = options;
  const visited: Assessed[] = [];
  const assess = async (bits: BitChoice): Promise<Candidate> => {
    // A candidate takes a tenth of a second and more: others get their turn in between.
    await setImmediate();
    const quantised = await quantise(model, observation, bits, run);
    const found = {
      bits,
      cost: cost(quantised.program),
      loss: loss.of(observation, quantised),
    };
    visited.push(found);
    return { ...found, quantised };
  };
  const most = Math.max(LEAST_EVALUATIONS, MOST_WORK / workOf(model, observation));
  let best = await fewestUniform(model, assess, options);
  const knobs = knobsOf(model, best.quantised);
  while (knobs.length > 0 && visited.length < most) {
    knobs.sort((a, b) => b.merit - a.merit);
    const [knob, next] = knobs;
    const candidate =
      best.bits[knob.kind][knob.index] > NARROWEST ? await assess(oneLess(best.bits, knob)) : undefined;
    const saves = candidate !== undefined && best.cost - candidate.cost >= LEAST_SAVING * best.cost;
    if (!saves || candidate.loss > maxLoss) {
      knobs.shift();
      continue;
    }
    knob.merit = merit(best, candidate);
    if (next && knob.merit < next.merit) continue;
    best = candidate;
    // Its next bit may be worth more or less: it is looked at before the others.
    knob.merit = Infinity;
    onStep?.(best);
  }
  return { best, visited };
}

function knobsOf(model: FloatModel, { narrowed }: Quantised): Knob[] {
  return [
    ...model.nodes.flatMap((node, index): Knob[] =>
      'weights' in node ? [{ kind: 'weights', index, merit: Infinity }] : [],
    ),
    ...narrowed.map((index): Knob => ({ kind: 'activations', index, merit: Infinity })),
  ];
}

/** Multiply-adds of one evaluation of all samples. */
function workOf(model: FloatModel, { samples }: Observation): number {
  const each = model.nodes.map((node) => {
    const size = sizeOf(model.tensors[node.output].shape);
    if (node.kind === 'foreign') return FOREIGN_WORK + size;
    return 'weights' in node && 'bias' in node ? (size * node.weights.length) / node.bias.length : size;
  });
  return samples.length * each.reduce((sum, work) => sum + work, 1);
}

async function fewestUniform(
  model: FloatModel,
  assess: (bits: BitChoice) => Promise<Candidate>,
  { loss, maxLoss, onStep }: SearchOptions,
): Promise<Candidate> {
  let best: Candidate | undefined;
  for (const bits of [8, 7, 6, 5, 4, 3]) {
    const candidate = await assess(uniformBits(model, bits, bits));
    if (candidate.loss > maxLoss) break;
    best = candidate;
    onStep?.(best);
  }
  for (let bits = 10; !best && bits <= WIDEST; bits += 2) {
    const candidate = await assess(uniformBits(model, bits, bits));
    if (candidate.loss <= maxLoss) best = candidate;
  }
  if (!best) {
    const lost = loss.kind === 'answers' ? 'change more than' : 'leave a mean error above';
    const of = loss.kind === 'answers' ? 'of the answers' : "of the output's range";
    throw new QuantiseError(
      'QUANTISE_BUDGET',
      `even ${WIDEST} bits ${lost} ${(100 * maxLoss).toFixed(2)} % ${of} on the calibration samples`,
      { hint: 'Allow a larger accuracy budget, or fix the number of bits.' },
    );
  }
  return best;
}

function oneLess(bits: BitChoice, { kind, index }: Knob): BitChoice {
  return { ...bits, [kind]: bits[kind].map((value, i) => (i === index ? value - 1 : value)) };
}

/** Constraints saved for each share of loss added; steps that add none come first. */
function merit(from: Assessed, to: Assessed): number {
  return (from.cost - to.cost) / Math.max(to.loss - from.loss, 1e-5);
}
