import { describe, expect, it } from 'vitest';
import type { OnnxNode, OnnxTensor } from '../../../slicer/onnx/index.ts';
import { noise } from '../../support/lenet.ts';
import { plannedCase, smallOnnx } from '../../support/planned-case.ts';
import { seededNumbers } from '../../support/programs.ts';
import { floats, node } from '../onnx/graphs.ts';

const samplesOf = (count: number, seed: number) => {
  const draw = seededNumbers(seed);
  return Array.from({ length: count }, () => [Float32Array.from({ length: 4 }, () => noise(draw, 1))]);
};

const plan = (nodes: readonly OnnxNode[], constants: Readonly<Record<string, OnnxTensor>>) =>
  plannedCase(smallOnnx({ inputs: [{ name: 'x', type: 'float32', shape: [1, 4] }], nodes, constants }), {
    calibration: samplesOf(16, 1),
    heldOut: samplesOf(4, 2),
    bits: { weights: 8, activations: 8 },
  });

const weights = (strange: number): OnnxTensor => floats([4, 2], [1, 2, strange, 4, -1, -2, 0.5, 0.25]);

describe('numbers that are none', () => {
  it.each([
    [
      'weights',
      [node('MatMul', ['x', 'w'], 'y')],
      { w: weights(NaN) },
      /MatMul:y: value . of its weights is NaN/,
    ],
    ['weights', [node('MatMul', ['x', 'w'], 'y')], { w: weights(-Infinity) }, /of its weights is -Infinity/],
    [
      'biases',
      [node('Gemm', ['x', 'w', 'b'], 'y')],
      { w: weights(1), b: floats([2], [0, Infinity]) },
      /biases/,
    ],
    ['constants', [node('Add', ['x', 'b'], 'y')], { b: floats([4], [0, 1, NaN, 2]) }, /constants is NaN/],
    [
      'scales',
      [node('LayerNormalization', ['x', 's', 'b'], 'y')],
      { s: floats([4], [1, 1, 1, NaN]), b: floats([4], [0, 0, 0, 0]) },
      /scales is NaN/,
    ],
  ] as const)('are refused among %s before anything is planned', async (_, nodes, constants, message) => {
    await expect(plan(nodes, constants)).rejects.toMatchObject({
      code: 'QUANTISE_NOT_FINITE',
      message: expect.stringMatching(message) as unknown,
    });
  });

  it.each([
    [
      'Log',
      [node('Relu', ['x'], 'r'), node('Log', ['r'], 'y')],
      /^Log:y: .* gives -Infinity on calibration sample 0/,
    ],
    ['a quotient', [node('Relu', ['x'], 'r'), node('Div', ['r', 'r'], 'y')], /^Div:y: .* gives NaN/],
    ['a power', [node('Relu', ['x'], 'r'), node('Pow', ['r', 'p'], 'y')], /^Pow:y: .* gives Infinity/],
    [
      'an operator that is executed only',
      [
        node('Relu', ['x'], 'r'),
        { ...node('LpNormalization', ['r'], 'n'), foreign: true as const },
        node('Log', ['n'], 'y'),
      ],
      /^Log:y/,
    ],
  ] as const)(
    'are refused where %s gives them on a calibration sample, by its name',
    async (_, nodes, message) => {
      const onnx = smallOnnx({
        inputs: [{ name: 'x', type: 'float32', shape: [1, 4] }],
        nodes,
        constants: { p: floats([], [-1]) },
        types: { n: { type: 'float32', shape: [1, 4] } },
      });
      await expect(
        plannedCase(onnx, {
          calibration: samplesOf(16, 1),
          heldOut: samplesOf(4, 2),
          bits: { weights: 8, activations: 8 },
        }),
      ).rejects.toMatchObject({
        code: 'QUANTISE_NOT_FINITE',
        message: expect.stringMatching(message) as unknown,
      });
    },
  );

  it('may stand where they mean something: a bound of Clip that is none', async () => {
    const clip = node('Clip', ['x', 'low', 'high'], 'y');
    const { accuracy } = await plan([clip], { low: floats([], [-0.5]), high: floats([], [Infinity]) });
    expect(accuracy.maxError).toBeLessThan(0.02);
  });
});
