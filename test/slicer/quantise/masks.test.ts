import { describe, expect, it } from 'vitest';
import { encodeProgram } from '../../../slicer/integer/serialise.ts';
import type { OnnxNode } from '../../../slicer/onnx/index.ts';
import { noise } from '../../support/lenet.ts';
import { plannedCase, smallOnnx } from '../../support/planned-case.ts';
import { seededNumbers } from '../../support/programs.ts';
import { node } from '../onnx/graphs.ts';

const TOKENS = 6;
const WIDTH = 4;

const tensor = (shape: readonly number[], of: (i: number) => number) => ({
  type: 'float32' as const,
  shape,
  data: Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, (_, i) => of(i)),
});

const random = (shape: readonly number[], seed: number, size = 1) => {
  const draw = seededNumbers(seed);
  return tensor(shape, () => noise(draw, size));
};

/** Attention of one head, its mask what `masked` says: causal unless it says otherwise. */
function attention(
  mask: (row: number, column: number) => number,
  between: readonly OnnxNode[] = [],
): Uint8Array {
  const scores = between.at(-1)?.outputs[0] ?? 's';
  return smallOnnx({
    inputs: [{ name: 'x', type: 'float32', shape: [1, TOKENS, WIDTH] }],
    constants: {
      w: random([WIDTH, WIDTH], 1, 0.8),
      v: random([WIDTH, WIDTH], 2, 0.8),
      m: tensor([TOKENS, TOKENS], (i) => mask(Math.floor(i / TOKENS), i % TOKENS)),
    },
    nodes: [
      node('MatMul', ['x', 'w'], 'q'),
      node('Transpose', ['x'], 'k', { perm: [0, 2, 1] }),
      node('MatMul', ['q', 'k'], 's'),
      ...between,
      node('Add', [scores, 'm'], 'u'),
      node('Softmax', ['u'], 'p', { axis: -1 }),
      node('MatMul', ['x', 'v'], 'e'),
      node('MatMul', ['p', 'e'], 'y'),
    ],
  });
}

const samplesOf = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => [random([1, TOKENS, WIDTH], 100 * seed + i).data]);

const causal = (masked: number) => (row: number, column: number) => (column > row ? masked : 0);

const options = {
  calibration: samplesOf(32, 1),
  heldOut: samplesOf(32, 2),
  bits: { weights: 8, activations: 8 },
};

describe('a mask before Softmax', () => {
  it('is what Softmax can’t tell from −∞, however far below it is written: one program', async () => {
    const programs = new Set<string>();
    for (const masked of [-100, -1e4, -1e9, -3.4028234663852886e38, -Infinity]) {
      const { planned, accuracy, foreign } = await plannedCase(attention(causal(masked)), options);
      expect(foreign).toEqual([]);
      expect(accuracy.relativeError).toBeLessThan(0.005);
      programs.add(Buffer.from(encodeProgram(planned.program)).toString('hex'));
    }
    expect(programs.size).toBe(1);
  });

  it('may hide a whole row, and be by columns, by moves and beside a smaller bias', async () => {
    const rows = await plannedCase(
      attention((row, column) => (row === 2 || column > row ? -1e4 : 0)),
      options,
    );
    expect(rows.accuracy.relativeError).toBeLessThan(0.005);
    const biased = await plannedCase(
      attention((row, column) => (column > row ? -Infinity : -0.3 * (row - column))),
      options,
    );
    expect(biased.accuracy.relativeError).toBeLessThan(0.005);
    const turned = [node('Transpose', ['s'], 't', { perm: [0, 2, 1] })];
    const columns = await plannedCase(
      attention((row, column) => (column < row ? -1e9 : 0), turned),
      options,
    );
    expect(columns.accuracy.relativeError).toBeLessThan(0.005);
  });

  it('that leaves a row nothing but −∞ is refused by name', async () => {
    const nothing = attention((row, column) => (row === 3 || column > row ? -Infinity : 0));
    await expect(plannedCase(nothing, options)).rejects.toMatchObject({ code: 'QUANTISE_NOT_FINITE' });
  });

  it('may be given as an input', async () => {
    const onnx = smallOnnx({
      inputs: [
        { name: 'x', type: 'float32', shape: [1, 3, TOKENS] },
        { name: 'm', type: 'int64', shape: [1, 1, TOKENS] },
      ],
      constants: { one: tensor([], () => 1), far: tensor([], () => -1e4) },
      nodes: [
        node('Cast', ['m'], 'f', { to: 1 }),
        node('Sub', ['one', 'f'], 'n'),
        node('Mul', ['n', 'far'], 'b'),
        node('Add', ['x', 'b'], 'u'),
        node('Softmax', ['u'], 'y', { axis: -1 }),
      ],
    });
    const draw = seededNumbers(9);
    const samples = (count: number) =>
      Array.from({ length: count }, (_, i) => [
        random([1, 3, TOKENS], i + 900 * count, 2).data,
        Float32Array.from({ length: TOKENS }, (_, at) => (at === 0 ? 1 : draw(0, 1))),
      ]);
    const { accuracy } = await plannedCase(onnx, {
      ...options,
      calibration: samples(48),
      heldOut: samples(40),
    });
    expect(accuracy.maxError).toBeLessThan(0.03);
  });
});
