import { describe, expect, it } from 'vitest';
import { commitTensor } from '../../../protocol/commitment/commit.ts';
import { uniquenessOf } from '../../../groth16/audit/unique/unique.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import type { CircuitOptions } from '../../../slicer/circuit/plan.ts';
import { checkWitness } from '../../../slicer/circuit/witness/check.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import { boundsOf, sizeOf, type IntegerProgram } from '../../../slicer/integer/program.ts';
import { NonlinearBuilder } from '../../support/nonlinear-programs.ts';
import { seededNumbers } from '../../support/programs.ts';

const WAYS: readonly CircuitOptions[] = [
  { products: 'never' },
  { products: 'wherever possible' },
  { mode: 'lookups', products: 'never' },
  { mode: 'lookups', products: 'wherever possible' },
];

const unsigned4 = { signed: false, bits: 4 };
const signed4 = { signed: true, bits: 4 };
const signed8 = { signed: true, bits: 8 };

function built(make: (build: NonlinearBuilder) => number): IntegerProgram {
  const build = new NonlinearBuilder();
  return build.program([make(build)]);
}

/** What of 24 and so many bits is divided by eight. */
function quotientFrom(build: NonlinearBuilder, bits: number): number {
  const row = [1, 1, 1, 3];
  const num = build.add(build.input(row, { signed: false, bits }), build.constant(row, [24, 24, 24]));
  return build.rescale(build.divide(num, build.constant(row, [8, 8, 8]), 0), 0, unsigned4);
}

const windows = { kernel: [1, 2], strides: [1, 1], pads: [0, 1, 0, 0], dilations: [1, 1] } as const;

/** What drawn programs seldom or never are: each at a place where a small change of the compiler proves something else. */
const corners: Readonly<Record<string, IntegerProgram>> = {
  'samples joined by channel, each with its own': built((build) => {
    const parts = [0, 1].map(() => build.input([3, 1, 1, 2], unsigned4));
    return build.rescale(build.concat(parts, 1), 0, unsigned4);
  }),
  'samples joined by row': built((build) => {
    const parts = [build.input([2, 2, 1, 2], unsigned4), build.input([2, 2, 3, 2], unsigned4)];
    return build.rescale(build.concat(parts, 2), 0, unsigned4);
  }),
  // What a convolution reads has constants: a fill, a bound of a range of two bits, a table's offset, a value that is never another.
  'a convolution of what was filled up': built((build) => {
    const filled = build.gather(build.input([1, 1, 1, 4], signed4), [1, 1, 1, 6], [-1, 0, 1, -1, 2, 3], -3);
    return build.rescale(build.convImage(filled, { ...windows, groups: 1 }, [5, -7], [2]), 2, signed8);
  }),
  'a convolution of two bits with a sign': built((build) => {
    const x = build.input([1, 2, 1, 4], { signed: true, bits: 2 });
    return build.rescale(build.convImage(x, { ...windows, groups: 1 }, [5, -7, 3, 2], [2]), 1, signed8);
  }),
  'a convolution of a line’s points': built((build) => {
    const x = build.input([1, 1, 1, 4], signed4);
    const line = build.table(
      x,
      -8,
      Array.from({ length: 16 }, (_, i) => 3 * i - 11),
    );
    return build.rescale(build.convImage(line, { ...windows, groups: 1 }, [5, -7], [2]), 3, signed8);
  }),
  'a product with what was filled up': built((build) => {
    const filled = build.gather(build.input([1, 4], signed4), [1, 6], [-1, 0, 1, -1, 2, 3], -3);
    return build.rescale(build.gemm(filled, [5, -7, 3, 2, -1, 4], 9), 2, signed8);
  }),
  'matrices of one column': built((build) => {
    const [left, right] = [build.input([1, 2, 3, 4], signed4), build.input([1, 2, 4, 1], signed4)];
    return build.rescale(build.matmul(left, right), 2, signed8);
  }),
  'matrices of one row': built((build) => {
    const [left, right] = [build.input([1, 2, 1, 4], signed4), build.input([1, 2, 4, 3], signed4)];
    return build.rescale(build.matmul(left, right), 2, signed8);
  }),
  // −1 or 0: alone in a word its offset is one.
  'a bit with a sign, alone': built((build) =>
    build.rescale(build.input([1, 1], { signed: true, bits: 1 }), 0, { signed: true, bits: 1 }),
  ),
  'bits with a sign, one more than a word holds': built((build) =>
    build.rescale(build.input([1, 254], { signed: true, bits: 1 }), 0, { signed: true, bits: 1 }),
  ),
  // (0 … 7 + ⌊den / 2⌋) / (8 … 15)
  'a quotient of one bit': built((build) => {
    const num = build.input([1, 1, 1, 4], { signed: false, bits: 3 });
    const eights = build.constant([1, 1, 1, 4], [8, 8, 8, 8]);
    return build.rescale(
      build.divide(num, build.maximum(build.input([1, 1, 1, 4], unsigned4), eights), 0),
      0,
      unsigned4,
    );
  }),
  // (24 … 31 + 4) / 8 is three or four, (24 … 25 + 4) / 8 is three.
  'a quotient of one bit, from three on': built((build) => quotientFrom(build, 3)),
  'a quotient that is always three': built((build) => quotientFrom(build, 1)),
  // 8 is 16 from −8 and 0 from itself: the first column needs a bit more than any column behind it.
  'the farthest below a maximum, a power of two, in the first column': built((build) => {
    const x = build.input([1, 1], signed4);
    const joined = build.concat([x, build.constant([1, 1], [8]), build.constant([1, 1], [8])], 1);
    return build.rescale(build.belowMax(joined), 0, { signed: false, bits: 5 });
  }),
  // −8 − (15 − 6) is one below −2^4, and what four bits and a sign hold.
  'a maximum one past a digit, below': built((build) => {
    const row = [1, 1, 1, 3];
    const [x, y] = [build.input(row, signed4), build.input(row, unsigned4)];
    return build.rescale(build.maximum(x, build.add(y, build.constant(row, [-6, -6, -6]))), 0, signed8);
  }),
  'a maximum one past a digit, above': built((build) => {
    const row = [1, 1, 1, 3];
    const [x, y] = [build.input(row, unsigned4), build.input(row, { signed: false, bits: 1 })];
    return build.rescale(build.maximum(build.add(x, build.constant(row, [1, 1, 1])), y), 0, signed8);
  }),
  'a table of one value': built((build) => {
    const x = build.input([1, 1, 1, 3], signed4);
    return build.rescale(build.table(x, -8, new Array<number>(16).fill(5)), 0, signed8);
  }),
};

/** Every input at either end, in each way if there are few, and some in between. */
function* inputsOf(program: IntegerProgram): Generator<readonly Float64Array[]> {
  const tensors = program.inputs.map((id) => program.tensors[id]);
  const filled = (value: (low: number, high: number, i: number) => number): readonly Float64Array[] =>
    tensors.map(({ shape, range }) => {
      const { low, high } = boundsOf(range!);
      return Float64Array.from({ length: sizeOf(shape) }, (_, i) => value(low, high, i));
    });
  const [lowest, highest] = [filled((low) => low), filled((_, high) => high)];
  for (let ends = 0; ends < 2 ** tensors.length; ends++)
    yield tensors.map((_, i) => ((ends >> i) & 1 ? highest : lowest)[i]);
  const draw = seededNumbers(9);
  for (let i = 0; i < 6; i++) yield filled((low, high) => draw(low, high));
}

describe.each(Object.entries(corners))('%s', (_name, program) => {
  it.each(WAYS.map((way) => [JSON.stringify(way), way] as const))('%s', (_way, options) => {
    const {
      r1cs,
      roles,
      computeWitness,
      inputs: specs,
      outputs: [spec],
    } = compileSlice(program, options);
    expect(uniquenessOf(r1cs, roles)).toEqual({ undetermined: [], unbound: [] });
    for (const inputs of inputsOf(program)) {
      const { values, outputs, publicSignals } = computeWitness({
        inputs,
        inputSalts: inputs.map((_, i) => BigInt(i + 1)),
        outputSalts: [7n],
        tag: 8n,
        challenge: { challenge: () => 2n ** 200n + 77n, blinding: 2n ** 100n },
      });
      expect(outputs).toEqual(evaluateOutputs(program, inputs));
      expect(checkWitness(r1cs, values)).toBeUndefined();
      expect(publicSignals).toEqual([
        ...inputs.map((each, i) => commitTensor(specs[i], each, BigInt(i + 1))),
        commitTensor(spec, outputs[0], 7n),
        8n,
      ]);
    }
  });
});
