import { describe, expect, it } from 'vitest';
import type { IntegerProgram } from '../../../slicer/integer/program.ts';
import { encodeProgram } from '../../../slicer/integer/serialise.ts';
import type { OnnxNode, OnnxTensor } from '../../../slicer/onnx/index.ts';
import { noise } from '../../support/lenet.ts';
import { plannedCase, smallOnnx, type SmallModel } from '../../support/planned-case.ts';
import { seededNumbers } from '../../support/programs.ts';
import { floats, node } from '../onnx/graphs.ts';

const random = (shape: readonly number[], seed: number, size = 1): OnnxTensor => {
  const draw = seededNumbers(seed);
  const count = shape.reduce((product, side) => product * side, 1);
  return { type: 'float32', shape, data: Float32Array.from({ length: count }, () => noise(draw, size)) };
};

const SHAPE = [1, 6, 8];
const samplesOf = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => [random(SHAPE, 100 * seed + i).data as Float32Array]);
const options = {
  calibration: samplesOf(24, 1),
  heldOut: samplesOf(24, 2),
  bits: { weights: 8, activations: 8 },
};

/** What a program computes, whatever its parts are called. */
function meaning({ tensors, nodes, ...program }: IntegerProgram): string {
  const unnamed = {
    ...program,
    tensors: tensors.map((tensor, i) => ({ ...tensor, name: `t${i}` })),
    nodes: nodes.map((each, i) => ({ ...each, name: `n${i}` })),
  };
  return Buffer.from(encodeProgram(unnamed)).toString('latin1');
}

async function expectSameProgram(models: readonly SmallModel[]): Promise<void> {
  const meanings = [];
  for (const model of models) {
    const { planned, accuracy, foreign } = await plannedCase(smallOnnx(model), options);
    expect(foreign).toEqual([]);
    expect(accuracy.relativeError).toBeLessThan(0.01);
    meanings.push(meaning(planned.program));
  }
  for (const other of meanings.slice(1)) expect(other).toBe(meanings[0]);
}

const modelOf = (
  nodes: readonly OnnxNode[],
  constants: Readonly<Record<string, OnnxTensor>>,
): SmallModel => ({
  inputs: [{ name: 'x', type: 'float32', shape: SHAPE }],
  nodes,
  constants,
  opset: 20,
});

const S = 8 ** -0.5;

/** Attention, scaled somewhere: queries and keys from matrices of their own, or from one that is split. */
function attention(split: boolean, scale: (q: string, k: string) => readonly OnnxNode[]): SmallModel {
  const [q, k, v] = [3, 4, 5].map((seed) => random([8, 8], seed, 0.7));
  const joined = floats(
    [8, 24],
    Array.from({ length: 192 }, (_, i) => {
      const [row, column] = [Math.floor(i / 24), i % 24];
      return Number([q, k, v][Math.floor(column / 8)].data[8 * row + (column % 8)]);
    }),
  );
  const made = split
    ? [
        node('MatMul', ['x', 'qkv'], 'all'),
        { ...node('Split', ['all'], 'q', { axis: 2, num_outputs: 3 }), outputs: ['q', 'k', 'v'] },
      ]
    : (['q', 'k', 'v'] as const).map((name) => node('MatMul', ['x', `w${name}`], name));
  return modelOf(
    [...made, ...scale('q', 'k'), node('Softmax', ['s'], 'p', { axis: -1 }), node('MatMul', ['p', 'v'], 'y')],
    {
      ...(split ? { qkv: joined } : { wq: q, wk: k, wv: v }),
      root: floats([], [Math.sqrt(S)]),
      factor: floats([], [S]),
      divisor: floats([], [1 / S]),
      mask: floats(
        [6, 6],
        Array.from({ length: 36 }, (_, i) => (i % 6 > Math.floor(i / 6) ? -1e9 : 0)),
      ),
    },
  );
}

const scalings: readonly ((q: string, k: string) => readonly OnnxNode[])[] = [
  (q, k) => [
    node('Transpose', [k], 't', { perm: [0, 2, 1] }),
    node('MatMul', [q, 't'], 'm'),
    node('Mul', ['m', 'factor'], 'n'),
    node('Add', ['n', 'mask'], 's'),
  ],
  (q, k) => [
    node('Transpose', [k], 't', { perm: [0, 2, 1] }),
    node('MatMul', [q, 't'], 'm'),
    node('Div', ['m', 'divisor'], 'n'),
    node('Add', ['n', 'mask'], 's'),
  ],
  (q, k) => [
    node('Transpose', [k], 't', { perm: [0, 2, 1] }),
    node('Mul', [q, 'root'], 'a'),
    node('Mul', ['t', 'root'], 'b'),
    node('MatMul', ['a', 'b'], 'n'),
    node('Add', ['n', 'mask'], 's'),
  ],
  (q, k) => [
    node('Mul', [q, 'root'], 'a'),
    node('Mul', [k, 'root'], 'b'),
    node('Transpose', ['b'], 't', { perm: [0, 2, 1] }),
    node('MatMul', ['a', 't'], 'n'),
    node('Add', ['n', 'mask'], 's'),
  ],
  (q, k) => [
    node('Mul', [q, 'factor'], 'a'),
    node('Transpose', [k], 't', { perm: [0, 2, 1] }),
    node('MatMul', ['a', 't'], 'n'),
    node('Add', ['n', 'mask'], 's'),
  ],
];

describe('one function, written in several ways, is one program', () => {
  it('attention with queries and keys of their own', async () => {
    await expectSameProgram(scalings.map((scale) => attention(false, scale)));
  });

  it('attention with queries, keys and values of one product', async () => {
    await expectSameProgram(scalings.map((scale) => attention(true, scale)));
  });

  it('Gelu, as one operator and as several', async () => {
    const constants = {
      w: random([8, 8], 6),
      b: random([8], 7),
      root2: floats([], [Math.SQRT2]),
      one: floats([], [1]),
      half: floats([], [0.5]),
    };
    const before = [node('MatMul', ['x', 'w'], 'm'), node('Add', ['m', 'b'], 'h')];
    await expectSameProgram([
      modelOf([...before, node('Gelu', ['h'], 'y')], constants),
      modelOf(
        [
          ...before,
          node('Div', ['h', 'root2'], 'd'),
          node('Erf', ['d'], 'e'),
          node('Add', ['e', 'one'], 'a'),
          node('Mul', ['h', 'a'], 'p'),
          node('Mul', ['p', 'half'], 'y'),
        ],
        constants,
      ),
      modelOf(
        [
          ...before,
          node('Mul', ['h', 'half'], 'g'),
          node('Div', ['h', 'root2'], 'd'),
          node('Erf', ['d'], 'e'),
          node('Add', ['e', 'one'], 'a'),
          node('Mul', ['g', 'a'], 'y'),
        ],
        constants,
      ),
    ]);
  });
});
