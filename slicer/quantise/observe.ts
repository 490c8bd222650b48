import { sizeOf } from '../integer/program.ts';
import { formatShape } from '../onnx/index.ts';
import { QuantiseError } from './errors.ts';
import { evaluateFloat } from './evaluate-float.ts';
import { expectFiniteConstants, notFinite } from './finite.ts';
import type { FloatModel } from './float-model.ts';
import { lastScores, scoresThatCount } from './masks.ts';
import type { Observation, Sample, TensorStatistics } from './observation.ts';

const KEPT_VALUES = 8192;

/**
 * Runs the float model on every sample and keeps what the choice of scales needs.
 * @throws QuantiseError QUANTISE_NO_SAMPLES, QUANTISE_SAMPLE_SHAPE, QUANTISE_SAMPLE_VALUE, QUANTISE_NOT_FINITE
 */
export function observe(
  model: FloatModel,
  samples: readonly Sample[],
  foreign: readonly Sample[] = [],
): Observation {
  expectSamples(model, samples);
  expectFiniteConstants(model);
  const counting = scoresThatCount(model);
  const last = lastScores(model);
  const scores: Float64Array[] = [];
  const collectors = model.tensors.map(({ shape }) => new Collector(shape, samples.length));
  const outputs = samples.map((sample, i) => {
    const values = evaluateFloat(model, sample, foreign[i]);
    values.forEach((tensor, id) => collectors[id].add(tensor, counting.get(id)?.(tensor)));
    if (!collectors.every((collector) => collector.isFinite())) throw notFinite(model, values, i);
    if (last !== undefined) scores.push(counting.get(last)?.(values[last]) ?? values[last]);
    return model.outputs.map((id) => values[id]);
  });
  return {
    samples,
    foreign,
    outputs,
    ...(last === undefined ? {} : { scores }),
    tensors: collectors.map((collector) => collector.statistics()),
    channelMeans: collectors.map((collector) => collector.channelMeans()),
  };
}

/** @throws QuantiseError QUANTISE_NO_SAMPLES, QUANTISE_SAMPLE_SHAPE, QUANTISE_SAMPLE_VALUE */
export function expectSamples(model: FloatModel, samples: readonly Sample[]): void {
  if (samples.length === 0) {
    throw new QuantiseError('QUANTISE_NO_SAMPLES', 'expected at least one calibration sample, got none');
  }
  for (const [i, sample] of samples.entries()) checkSample(model, sample, i);
}

function checkSample(model: FloatModel, sample: Sample, index: number): void {
  model.inputs.forEach((id, i) => {
    const { name, shape } = model.tensors[id];
    if (sample[i]?.length !== sizeOf(shape)) {
      throw new QuantiseError(
        'QUANTISE_SAMPLE_SHAPE',
        `sample ${index}: input ${name} of shape ${formatShape(shape)} needs ${sizeOf(shape)} values, got ${sample[i]?.length ?? 0}`,
      );
    }
    if (!sample[i].every(Number.isFinite)) {
      throw new QuantiseError(
        'QUANTISE_SAMPLE_VALUE',
        `sample ${index}: input ${name} holds a value that is not finite`,
      );
    }
  });
}

class Collector {
  readonly #sums: Float64Array;
  readonly #run: number;
  readonly #samples: number;
  readonly #perChannel: number;
  readonly #step: number;
  readonly #kept: number[] = [];
  #low = Infinity;
  #high = -Infinity;
  #next = 0;

  constructor(shape: readonly number[], samples: number) {
    const size = sizeOf(shape);
    this.#sums = new Float64Array(shape[1] ?? 1);
    this.#run = sizeOf(shape.slice(2));
    this.#samples = samples;
    this.#perChannel = size / this.#sums.length;
    // Coprime to the size, so that the values come from all positions.
    let step = Math.ceil((size * samples) / KEPT_VALUES);
    while (step > 1 && greatestCommonDivisor(step, size) > 1) step++;
    this.#step = step;
  }

  /** @param counting the values as they matter to what reads them, where that is something else */
  add(values: Float64Array, counting = values): void {
    for (let i = 0; i < values.length; i++) {
      const value = counting[i];
      if (value < this.#low) this.#low = value;
      if (value > this.#high) this.#high = value;
      this.#sums[Math.floor(i / this.#run) % this.#sums.length] += values[i];
    }
    let i = this.#next;
    for (; i < values.length; i += this.#step) this.#kept.push(counting[i]);
    this.#next = i - values.length;
  }

  /** Whether all values so far were numbers: what is none stays in a sum. */
  isFinite(): boolean {
    return this.#sums.every(Number.isFinite);
  }

  statistics(): TensorStatistics {
    return { low: this.#low, high: this.#high, values: Float64Array.from(this.#kept) };
  }

  channelMeans(): Float64Array {
    return this.#sums.map((sum) => sum / (this.#perChannel * this.#samples));
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
