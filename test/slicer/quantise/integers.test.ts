import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ElementType, OnnxNode, OnnxTensor } from '../../../slicer/onnx/index.ts';
import { dataOf } from '../../../slicer/onnx/tensor-data.ts';
import { wholeRange } from '../../../slicer/quantise/integers.ts';
import { seededNumbers } from '../../support/programs.ts';
import { plannedCase, smallOnnx } from '../../support/planned-case.ts';
import { floats, int64, node } from '../onnx/graphs.ts';

const SHAPE = [2, 4];
const EIGHT_BITS = { weights: 8, activations: 8 };

/** Values that a type's calibration is drawn from: all of a byte, and some of wider types. */
const DRAWN: Readonly<Partial<Record<ElementType, readonly [number, number]>>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  int32: [-20_000, 20_000],
  int64: [-300, 300],
};

const TYPES = Object.keys(DRAWN) as ElementType[];

function samplesOf(type: ElementType, count: number, seed: number, shape = SHAPE): Float32Array[][] {
  const draw = seededNumbers(seed);
  const [low, high] = DRAWN[type] ?? [0, 1];
  const size = shape.reduce((product, side) => product * side, 1);
  return Array.from({ length: count }, () => [Float32Array.from({ length: size }, () => draw(low, high))]);
}

const whole = (type: ElementType, ...values: readonly number[]): OnnxTensor => ({
  type,
  shape: values.length === 1 ? [] : [values.length],
  data: dataOf(type, values),
});

type Step = (of: string, other: string, name: string) => OnnxNode;

const STEPS: readonly Step[] = [
  (of, other, name) => node('Add', [of, other], name),
  (of, other, name) => node('Sub', [of, other], name),
  (of, _, name) => node('Add', [of, 'row'], name),
  (of, _, name) => node('Mul', [of, 'seven'], name),
  (of, _, name) => node('Div', [of, 'seven'], name),
  (of, _, name) => node('Div', [of, 'row'], name),
  (of, _, name) => node('Max', [of, 'seven'], name),
  (of, _, name) => node('Identity', [of], name),
  (of, _, name) => node('Slice', [of, 'start', 'end', 'axis'], name),
  (of, _, name) => node('Concat', [of, of], name, { axis: 0 }),
];

/** Slices and concatenations give each other's shape back. */
const randomSteps = fc.array(fc.nat(STEPS.length - 3), { minLength: 1, maxLength: 5 });

describe('tensors of integers', () => {
  it('are counted in as their types say, cut off and wrapped, to the last integer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...TYPES), randomSteps, fc.nat(1000), async (type, steps, seed) => {
        const nodes = steps.map((step, i) => STEPS[step](i === 0 ? 'x' : `t${i - 1}`, 'x', `t${i}`));
        const onnx = smallOnnx({
          inputs: [{ name: 'x', type, shape: SHAPE }],
          outputs: [`t${steps.length - 1}`],
          constants: { seven: whole(type, 7), row: whole(type, 3, 5, 9, 2) },
          nodes,
        });
        const { accuracy } = await plannedCase(onnx, {
          calibration: samplesOf(type, 24, seed),
          heldOut: samplesOf(type, 24, seed + 1),
          bits: EIGHT_BITS,
        });
        expect(accuracy.maxError).toBe(0);
      }),
      { numRuns: 10 },
    );
  });

  it('are proved where they are only moved, whatever their type, and indices choose the rows that they name', async () => {
    for (const type of TYPES) {
      const moved = smallOnnx({
        inputs: [{ name: 'x', type, shape: SHAPE }],
        constants: { start: int64(1), end: int64(4), axis: int64(1) },
        nodes: [
          node('Slice', ['x', 'start', 'end', 'axis'], 's'),
          node('Transpose', ['s'], 't', { perm: [1, 0] }),
          node('Concat', ['t', 't'], 'y', { axis: 1 }),
        ],
      });
      const samples = { calibration: samplesOf(type, 8, 1), heldOut: samplesOf(type, 8, 2) };
      const { accuracy, foreign } = await plannedCase(moved, { ...samples, bits: EIGHT_BITS });
      expect([foreign, accuracy.maxError]).toEqual([[], 0]);
    }
    const ids = (count: number, rows: number, seed: number): Float32Array[][] => {
      const draw = seededNumbers(seed);
      return Array.from({ length: count }, () => [Float32Array.from({ length: 3 }, () => draw(0, rows - 1))]);
    };
    const table = smallOnnx({
      inputs: [{ name: 'x', type: 'int64', shape: [1, 3] }],
      constants: { e: floats([700, 2]) },
      nodes: [node('Gather', ['e', 'x'], 'y')],
      types: { y: { type: 'float32', shape: [1, 3, 2] } },
    });
    // Of ids that calibration saw the least only: a table's rows can all be named.
    const { accuracy, foreign } = await plannedCase(table, {
      calibration: ids(16, 20, 1),
      heldOut: ids(64, 700, 2),
      bits: EIGHT_BITS,
    });
    expect(foreign).toEqual([]);
    expect(accuracy.maxError).toBeLessThan(0.001);
  });

  it('are proved where the larger or the smaller is taken, of types as wide as they are', async () => {
    for (const type of TYPES) {
      const constants = { row: whole(type, 3, 100, 9, 2) };
      const nodes = [node('Max', ['x', 'row'], 'a'), node('Min', ['a', 'z'], 'y')];
      const inputs = ['x', 'z'].map((name) => ({ name, type, shape: SHAPE }));
      const pairs = (seed: number) =>
        samplesOf(type, 16, seed).map(([x], i) => [x, samplesOf(type, 16, seed + 7)[i][0]]);
      const { accuracy, foreign } = await plannedCase(smallOnnx({ inputs, constants, nodes }), {
        calibration: pairs(1),
        heldOut: pairs(2),
        bits: EIGHT_BITS,
      });
      expect([type, foreign, accuracy.maxError]).toEqual([type, [], 0]);
    }
  });

  it('become reals by a cast, which may lose bits, and other types by one that wraps', async () => {
    const constants = { k: floats([4, 3], [0.2, -0.4, 0.6, 0.1, 0.5, -0.3, 0.7, -0.2, 0.3, 0.4, 0.1, -0.6]) };
    const inputs = [{ name: 'x', type: 'uint8' as const, shape: SHAPE }];
    const samples = { calibration: samplesOf('uint8', 64, 1), heldOut: samplesOf('uint8', 64, 2) };
    const nodes = [node('Cast', ['x'], 'f', { to: 1 }), node('MatMul', ['f', 'k'], 'y')];
    const real = await plannedCase(smallOnnx({ inputs, constants, nodes }), { ...samples, bits: EIGHT_BITS });
    expect(real.foreign).toEqual([]);
    expect(real.accuracy.relativeError).toBeLessThan(0.005);
    const wrapped = smallOnnx({ inputs, nodes: [node('Cast', ['x'], 'y', { to: 3 })] });
    const cast = await plannedCase(wrapped, { ...samples, bits: EIGHT_BITS });
    expect([cast.foreign, cast.accuracy.maxError]).toEqual([[], 0]);
    const holds = smallOnnx({ inputs, nodes: [node('Cast', ['x'], 'y', { to: 7 })] });
    const wide = await plannedCase(holds, { ...samples, bits: EIGHT_BITS });
    expect([wide.foreign, wide.accuracy.maxError]).toEqual([[], 0]);
  });

  it('have the range of a narrow type, twice what was seen of a wide one, and are refused past 32 bits', () => {
    const tensor = { name: 't', shape: [1] };
    expect(wholeRange({ ...tensor, whole: 'bool' }, { low: 0, high: 0 })).toEqual({ signed: false, bits: 1 });
    expect(wholeRange({ ...tensor, whole: 'uint8' }, { low: 3, high: 9 })).toEqual({
      signed: false,
      bits: 8,
    });
    expect(wholeRange({ ...tensor, whole: 'int8' }, { low: 3, high: 9 })).toEqual({ signed: true, bits: 8 });
    expect(wholeRange({ ...tensor, whole: 'int64' }, { low: 0, high: 100 })).toEqual({
      signed: false,
      bits: 8,
    });
    expect(wholeRange({ ...tensor, whole: 'int32' }, { low: -100, high: 5 })).toEqual({
      signed: true,
      bits: 9,
    });
    expect(wholeRange({ ...tensor, whole: 'int64', most: 50_000 }, { low: 0, high: 100 })).toEqual({
      signed: false,
      bits: 16,
    });
    expect(wholeRange({ ...tensor, whole: 'int64' }, { low: 0, high: 2 ** 32 - 1 })).toEqual({
      signed: false,
      bits: 32,
    });
    expect(() => wholeRange({ ...tensor, whole: 'int64' }, { low: 0, high: 2 ** 40 })).toThrow(
      expect.objectContaining({ code: 'QUANTISE_INTEGER' }),
    );
  });
});
