import { beforeAll, describe, expect, it } from 'vitest';
import { countConstraints } from '../../../slicer/circuit/count/count.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import { boundsOf } from '../../../slicer/integer/program.ts';
import { validateProgram } from '../../../slicer/integer/validate.ts';
import { uniformBits } from '../../../slicer/quantise/bits.ts';
import type { FloatModel } from '../../../slicer/quantise/float-model.ts';
import { quantiseGraph } from '../../../slicer/quantise/quantise-graph.ts';
import { lowerGraph } from '../../../slicer/quantise/lower.ts';
import type { Observation } from '../../../slicer/quantise/observation.ts';
import { observe } from '../../../slicer/quantise/observe.ts';
import { quantise } from '../../../slicer/quantise/quantise.ts';
import { toIntegers } from '../../../slicer/quantise/scales.ts';
import { lossOf, relativeError } from '../../../slicer/quantise/loss.ts';
import { searchBits } from '../../../slicer/quantise/search.ts';
import { tradeoffOf } from '../../../slicer/quantise/tradeoff.ts';
import { buildGraph } from '../../../slicer/onnx/index.ts';
import { node, randomConstants, randomImages, randomLenet } from '../../support/lenet.ts';

let model: FloatModel;
let observation: Observation;

beforeAll(() => {
  model = lowerGraph(randomLenet(2));
  observation = observe(
    model,
    randomImages(4, 48, 784).map((image) => [Float64Array.from(image)]),
  );
});

function meanError(outputs: readonly (readonly Float64Array[])[]): number {
  let sum = 0;
  outputs.forEach(([row], i) =>
    row.forEach((value, o) => (sum += Math.abs(value - observation.outputs[i][0][o]))),
  );
  return sum / (outputs.length * 10);
}

describe('quantising', () => {
  it('comes nearer to the float model with every bit', async () => {
    const errors: number[] = [];
    for (const bits of [3, 4, 6, 8, 10]) {
      errors.push(meanError((await quantise(model, observation, uniformBits(model, bits, bits))).outputs));
    }
    expect(errors).toEqual(errors.toSorted((a, b) => b - a));
    expect(errors[4]).toBeLessThan(errors[0] / 30);
  });

  it('makes a valid program that gives the outputs it reports', async () => {
    const { program, outputs } = await quantise(model, observation, uniformBits(model, 5, 4));
    validateProgram(program);
    const { range, scale } = program.tensors[program.inputs[0]];
    observation.samples.slice(0, 8).forEach(([sample], i) => {
      const [got] = evaluateOutputs(program, [toIntegers(sample, boundsOf(range!), scale)]);
      const unit = 2 ** -program.tensors[program.outputs[0]].scale;
      expect(got.map((q) => q * unit)).toEqual(outputs[i][0]);
    });
  });

  it('keeps the mean of each output where the float model has it', async () => {
    const { outputs } = await quantise(model, observation, uniformBits(model, 3, 4));
    for (let o = 0; o < 10; o++) {
      const mean = (rows: readonly (readonly Float64Array[])[]): number =>
        rows.reduce((sum, [row]) => sum + row[o], 0) / rows.length;
      expect(mean(outputs)).toBeCloseTo(mean(observation.outputs), 1);
    }
  });

  it('finds fewer constraints than the same bits everywhere, within its limit', async () => {
    const steps: number[] = [];
    const loss = lossOf(model);
    const found = await searchBits(model, observation, {
      loss,
      maxLoss: 0.01,
      cost: countConstraints,
      onStep: (step) => {
        steps.push(step.cost);
        expect(step.loss).toBeLessThanOrEqual(0.01);
      },
    });
    const { best } = found;
    expect(steps).toEqual(steps.toSorted((a, b) => b - a));
    expect(best.cost).toBe(steps.at(-1));
    expect(best.cost).toBe(countConstraints(best.quantised.program));
    const [uniform] = steps;
    expect(best.cost).toBeLessThan(0.9 * uniform);

    const { points, tried } = tradeoffOf(model, found, loss, 0.01);
    expect(tried).toBe(found.visited.length);
    expect(points.filter(({ chosen }) => chosen).map(({ constraints }) => constraints)).toEqual([best.cost]);
    // None is beaten by another in both, and each says what its bits really give.
    points.forEach((point, i) => {
      expect(points.slice(i + 1).every((other) => other.loss > point.loss || other.chosen)).toBe(true);
      expect(point.weights.map(({ name }) => name)).toEqual(points[0].weights.map(({ name }) => name));
    });
    const { program } = await quantise(model, observation, points[0].choice);
    expect(countConstraints(program)).toBe(points[0].constraints);
  });

  it('says so when no number of bits keeps the answers', async () => {
    await expect(
      searchBits(model, observation, { loss: lossOf(model), maxLoss: -1, cost: countConstraints }),
    ).rejects.toMatchObject({
      code: 'QUANTISE_BUDGET',
    });
  });

  it('keeps the error of an output that is no choice among classes within its share of the range', async () => {
    const graph = buildGraph({
      name: 'image to image',
      inputs: [{ name: 'x', type: 'float32', shape: [1, 2, 6, 6] }],
      outputs: [{ name: 'y' }],
      constants: randomConstants(8, { w: [[3, 2, 3, 3], 0.3], v: [[2, 3, 3, 3], 0.3] }),
      nodes: [
        node('Conv', ['x', 'w'], 'a', { pads: [1, 1, 1, 1] }),
        node('Relu', ['a'], 'r'),
        node('Conv', ['r', 'v'], 'y', { pads: [1, 1, 1, 1] }),
      ],
    });
    const samples = randomImages(6, 16, 72).map((image) => [Float64Array.from(image)]);
    const costs = [];
    for (const accuracyBudget of [0.3, 3]) {
      const { program, tradeoff } = await quantiseGraph(graph, {
        calibration: samples,
        accuracyBudget,
        countConstraints,
      });
      const chosen = tradeoff?.points.find((point) => point.chosen);
      expect(tradeoff?.kind).toBe('error');
      expect(chosen?.loss).toBeLessThanOrEqual(accuracyBudget / 100);
      const input = program.tensors[program.inputs[0]];
      const unit = 2 ** -program.tensors[program.outputs[0]].scale;
      const got = samples.map(([sample]) =>
        evaluateOutputs(program, [toIntegers(sample, boundsOf(input.range!), input.scale)]).map((values) =>
          values.map((q) => q * unit),
        ),
      );
      expect(relativeError(observe(lowerGraph(graph), samples).outputs, got)).toBeCloseTo(chosen!.loss, 10);
      costs.push(countConstraints(program));
    }
    expect(costs[1]).toBeLessThan(0.8 * costs[0]);
  });

  it('brings residual sums of different scales together', async () => {
    const graph = buildGraph({
      name: 'residual',
      inputs: [{ name: 'x', type: 'float32', shape: [1, 3, 6, 6] }],
      outputs: [{ name: 'y' }],
      constants: randomConstants(3, { w: [[3, 3, 3, 3], 0.05], v: [[3, 3, 3, 3], 2] }),
      nodes: [
        node('Conv', ['x', 'w'], 'a', { pads: [1, 1, 1, 1] }),
        node('Relu', ['a'], 'r'),
        node('Conv', ['r', 'v'], 'b', { pads: [1, 1, 1, 1] }),
        node('Add', ['b', 'x'], 's'),
        node('Relu', ['s'], 'y'),
      ],
    });
    const samples = randomImages(5, 16, 108).map((image) => [Float64Array.from(image)]);
    const { program } = await quantiseGraph(graph, {
      calibration: samples,
      bits: { weights: 8, activations: 8 },
      accuracyBudget: 0.5,
      countConstraints,
    });
    const float = observe(lowerGraph(graph), samples);
    const input = program.tensors[program.inputs[0]];
    const output = program.tensors[program.outputs[0]];
    float.outputs.forEach(([expected], i) => {
      const [got] = evaluateOutputs(program, [
        toIntegers(samples[i][0], boundsOf(input.range!), input.scale),
      ]);
      got.forEach((q, at) => expect(Math.abs(q * 2 ** -output.scale - expected[at])).toBeLessThan(0.08));
    });
  });

  it.each([
    ['QUANTISE_NO_SAMPLES', []],
    ['QUANTISE_SAMPLE_SHAPE', [[new Float64Array(783)]]],
    ['QUANTISE_SAMPLE_VALUE', [[new Float64Array(784).fill(Number.NaN)]]],
  ])('refuses calibration data: %s', async (code, calibration) => {
    await expect(
      quantiseGraph(randomLenet(2), { calibration, accuracyBudget: 0.5, countConstraints }),
    ).rejects.toMatchObject({ code });
  });
});
