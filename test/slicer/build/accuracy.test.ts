import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectWithinBudget, type Accuracy } from '../../../slicer/build/accuracy.ts';
import { buildModel } from '../../../slicer/build/build-model.ts';
import { lowerGraph } from '../../../slicer/quantise/lower.ts';
import { lossOf, taskOf } from '../../../slicer/quantise/loss.ts';
import { noise } from '../../support/lenet.ts';
import { plannedCase, smallGraph, smallOnnx } from '../../support/planned-case.ts';
import { seededNumbers } from '../../support/programs.ts';
import { node } from '../onnx/graphs.ts';

const random = (shape: readonly number[], seed: number, size = 1) => {
  const draw = seededNumbers(seed);
  const count = shape.reduce((product, side) => product * side, 1);
  return { type: 'float32' as const, shape, data: Float32Array.from({ length: count }, () => noise(draw, size)) };
};

/** Two numbers of eight: a choice between two, or a regression, for all that the file says. */
const model = {
  inputs: [{ name: 'x', type: 'float32' as const, shape: [1, 8] }],
  constants: { w: random([8, 16], 1), v: random([16, 2], 2) },
  nodes: [node('MatMul', ['x', 'w'], 'a'), node('Tanh', ['a'], 't'), node('MatMul', ['t', 'v'], 'y')],
};

const samplesOf = (count: number, seed: number, size = 1) =>
  Array.from({ length: count }, (_, i) => [random([1, 8], 1000 * seed + i, size).data]);

const measured = (given: Partial<Accuracy>): Accuracy => ({
  samples: 1000,
  top1Float: 0.99,
  top1Quantised: 0.99,
  top1Agreement: 0.99,
  meanError: 0,
  maxError: 0,
  relativeError: 0,
  ...given,
});

describe('what a model’s output is for', () => {
  it('is what is said; unsaid, one number a class may be scores, and anything else is numbers', () => {
    const scores = lowerGraph(smallGraph(model));
    expect([taskOf(scores), taskOf(scores, 'regress'), taskOf(scores, 'classify')]).toEqual([
      'classify',
      'regress',
      'classify',
    ]);
    expect(lossOf(scores).kind).toBe('answers');
    expect(lossOf(scores, 'regress').kind).toBe('error');
    const numbers = lowerGraph(smallGraph({ ...model, outputs: ['y', 't'] }));
    expect(taskOf(numbers)).toBe('regress');
    expect(() => taskOf(numbers, 'classify')).toThrow(expect.objectContaining({ code: 'QUANTISE_TASK' }));
  });

  it('decides what may be lost: the error of numbers is kept where it is said that they are some', async () => {
    // The second is always the larger: no answer changes, whatever becomes of the numbers.
    const [last, ...before] = model.nodes.toReversed();
    const apart = {
      ...model,
      constants: { ...model.constants, b: { type: 'float32' as const, shape: [2], data: Float32Array.of(0, 40) } },
      nodes: [...before.toReversed(), { ...last, operator: 'Gemm', inputs: [...last.inputs, 'b'] }],
    };
    const options = { calibration: samplesOf(96, 1), heldOut: samplesOf(96, 2), accuracyBudget: 0.5 };
    const regressed = await plannedCase(smallOnnx(apart), { ...options, task: 'regress' });
    expect(regressed.planned.task).toBe('regress');
    expect(regressed.accuracy.relativeError).toBeLessThanOrEqual(0.005);
    const classified = await plannedCase(smallOnnx(apart), options);
    expect(classified.planned.task).toBe('classify');
    expect(classified.accuracy.top1Agreement).toBe(1);
    expect(classified.accuracy.relativeError).toBeGreaterThan(0.005);
  });
});

describe('the accuracy budget', () => {
  it('is kept on held-out samples, or the build says no', () => {
    const lost = (top1Quantised: number) => measured({ top1Quantised });
    const code = expect.objectContaining({ code: 'BUILD_ACCURACY' }) as unknown;
    expectWithinBudget(lost(0.985), 'classify', 0.5);
    expect(() => expectWithinBudget(lost(0.984), 'classify', 0.5)).toThrow(code);
    // An error says nothing of answers, and the other way round.
    expectWithinBudget(measured({ relativeError: 0.2 }), 'classify', 0.5);
    expectWithinBudget(measured({ top1Quantised: 0, relativeError: 0.004 }), 'regress', 0.5);
    expect(() => expectWithinBudget(measured({ relativeError: 0.006 }), 'regress', 0.5)).toThrow(code);
    // One answer of sixteen can't be told from none.
    const few = measured({ samples: 16, top1Float: 1, top1Quantised: 15 / 16 });
    expectWithinBudget(few, 'classify', 0.5);
    expect(() => expectWithinBudget({ ...few, top1Quantised: 14 / 16 }, 'classify', 0.5)).toThrow(code);
  });

  it('stops a build before circuits and keys, and leaves nothing', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-accuracy-'));
    const outDir = path.join(folder, 'model');
    const build = buildModel({
      onnx: smallOnnx(model),
      name: 'wide',
      calibration: samplesOf(48, 1, 0.1),
      // Of another kind than calibration: all of it saturates.
      heldOut: { inputs: samplesOf(64, 2, 8) },
      outDir,
      setup: 'development',
      task: 'regress',
    });
    await expect(build).rejects.toMatchObject({ code: 'BUILD_ACCURACY' });
    expect(existsSync(outDir)).toBe(false);
    await rm(folder, { recursive: true });
  });
});
