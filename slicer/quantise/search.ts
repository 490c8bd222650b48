import { setImmediate } from 'node:timers/promises';
import type { IntegerProgram } from '../integer/program.ts';
import { uniformBits, type BitChoice } from './bits.ts';
import { QuantiseError } from './errors.ts';
import { estimateFlips } from './flips.ts';
import type { FloatModel } from './float-model.ts';
import type { Observation } from './observe.ts';
import { quantise, type Quantised } from './quantise.ts';

export interface SearchOptions {
  /** The largest share of samples whose largest output may become another one; 0 … 1. */
  readonly maxFlips: number;
  /** Constraints of the whole model's circuits, or anything that grows with them. */
  readonly cost: (program: IntegerProgram) => number;
  /** Called with each candidate that is better than those before. */
  readonly onStep?: (candidate: Candidate) => void;
}

/** A choice of bits and what came of it. */
export interface Candidate {
  readonly bits: BitChoice;
  readonly quantised: Quantised;
  readonly cost: number;
  /** Estimated by {@link estimateFlips}. */
  readonly flips: number;
}

/** One number of bits that can be made smaller. */
interface Knob {
  readonly kind: keyof BitChoice;
  readonly index: number;
}

const WIDEST = 12;
const NARROWEST = 2;

/** A step that saves less than this share of the cost is not worth its evaluation. */
const LEAST_SAVING = 0.01;

/**
 * The bits that make the model cheapest while its answers stay what they are: first the fewest bits that do
 * everywhere alike, then, one weight matrix or activation at a time, one bit less where that saves most for
 * the flips that it adds.
 * @throws QuantiseError QUANTISE_BUDGET: not even the most bits keep within `maxFlips`
 */
export async function searchBits(
  model: FloatModel,
  observation: Observation,
  options: SearchOptions,
): Promise<Candidate> {
  const float = observation.outputs.map(([outputs]) => outputs);
  const assess = async (bits: BitChoice): Promise<Candidate> => {
    // A candidate takes a tenth of a second and more: others get their turn in between.
    await setImmediate();
    const quantised = quantise(model, observation, bits);
    const outputs = quantised.outputs.map(([values]) => values);
    return { bits, quantised, cost: options.cost(quantised.program), flips: estimateFlips(float, outputs) };
  };
  let best = await fewestUniform(model, assess, options);
  const knobs = new Set<Knob>([
    ...model.nodes.flatMap(({ kind }, index): Knob[] =>
      kind === 'conv' || kind === 'gemm' ? [{ kind: 'weights', index }] : [],
    ),
    ...best.quantised.narrowed.map((index): Knob => ({ kind: 'activations', index })),
  ]);
  while (knobs.size > 0) {
    let next: Candidate | undefined;
    for (const knob of knobs) {
      const candidate =
        best.bits[knob.kind][knob.index] > NARROWEST ? await assess(oneLess(best.bits, knob)) : undefined;
      const saves = candidate !== undefined && best.cost - candidate.cost >= LEAST_SAVING * best.cost;
      if (!saves || candidate.flips > options.maxFlips) knobs.delete(knob);
      else if (!next || merit(best, candidate) > merit(best, next)) next = candidate;
    }
    if (!next) break;
    best = next;
    options.onStep?.(best);
  }
  return best;
}

async function fewestUniform(
  model: FloatModel,
  assess: (bits: BitChoice) => Promise<Candidate>,
  { maxFlips, onStep }: SearchOptions,
): Promise<Candidate> {
  let best: Candidate | undefined;
  for (const bits of [8, 7, 6, 5, 4, 3]) {
    const candidate = await assess(uniformBits(model, bits, bits));
    if (candidate.flips > maxFlips) break;
    best = candidate;
    onStep?.(best);
  }
  for (let bits = 10; !best && bits <= WIDEST; bits += 2) {
    const candidate = await assess(uniformBits(model, bits, bits));
    if (candidate.flips <= maxFlips) best = candidate;
  }
  if (!best) {
    throw new QuantiseError(
      'QUANTISE_BUDGET',
      `even ${WIDEST} bits change more than ${(100 * maxFlips).toFixed(2)} % of the answers on the calibration samples`,
      { hint: 'Allow a larger accuracy budget, or fix the number of bits.' },
    );
  }
  return best;
}

function oneLess(bits: BitChoice, { kind, index }: Knob): BitChoice {
  return { ...bits, [kind]: bits[kind].map((value, i) => (i === index ? value - 1 : value)) };
}

/** Constraints saved for each flip added; steps that add none come first. */
function merit(from: Candidate, to: Candidate): number {
  return (from.cost - to.cost) / Math.max(to.flips - from.flips, 1e-5);
}
