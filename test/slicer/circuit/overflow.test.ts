import { describe, expect, it } from 'vitest';
import { checkWitness } from '../../../slicer/circuit/witness/check.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { executeSlice, openSlice } from '../../../slicer/execute/session.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import type { IntegerProgram } from '../../../slicer/integer/program.ts';
import { NonlinearBuilder } from '../../support/nonlinear-programs.ts';

const MOST = Number.MAX_SAFE_INTEGER;
const unsigned32 = { signed: false, bits: 32 };
const signed32 = { signed: true, bits: 32 };
const one = [1, 1, 1, 1];
const two = [1, 1, 1, 2];

/** A program whose accumulators reach so far past the widest that are legal: 0 is the widest, 1 one past. */
type Widest = (past: number) => IntegerProgram;

/** Operators on numbers that the program knows, so that their intervals are single values. */
function known(make: (build: NonlinearBuilder, number: (value: number) => number) => number): IntegerProgram {
  const build = new NonlinearBuilder();
  const x = build.input(one, { signed: false, bits: 1 });
  const result = make(build, (value) => build.constant(one, [value]));
  // Something that varies, or all rows would be constants.
  const varied = build.rescale(x, 0, { signed: false, bits: 1 });
  const rescaled = build.rescale(result, 0, signed32);
  return build.program([rescaled, varied]);
}

/** The widest accumulator of each operator, and the error that one past it gives. */
const cases: Record<string, readonly [Widest, string]> = {
  gemm: [
    (past) => {
      const build = new NonlinearBuilder();
      const x = build.input([1, 1], unsigned32);
      const reach = 2 ** 20 * (2 ** 32 - 1);
      const acc = build.gemm(x, [2 ** 20], MOST - reach + past);
      return build.program([build.rescale(acc, 0, unsigned32)]);
    },
    'INTEGER_TOO_WIDE',
  ],
  conv: [
    (past) => {
      const build = new NonlinearBuilder();
      const x = build.input(one, { signed: false, bits: 12 });
      const acc = build.conv(x, 4096, MOST - 4096 * 4095 + past);
      return build.program([build.rescale(acc, 0, unsigned32)]);
    },
    'INTEGER_TOO_WIDE',
  ],
  'rescale, its half included': [
    (past) => {
      const build = new NonlinearBuilder();
      const x = build.input([1, 1], unsigned32);
      const reach = 2 ** 20 * (2 ** 32 - 1);
      const acc = build.gemm(x, [2 ** 20], MOST - 2 ** 29 - reach + past);
      return build.program([build.rescale(acc, 30, unsigned32)]);
    },
    'INTEGER_TOO_WIDE',
  ],
  add: [
    (past) => known((build, number) => build.add(number(2 ** 52), number(2 ** 51 - 1 + past), [0, 1], false)),
    'INTEGER_TOO_WIDE',
  ],
  subtract: [
    (past) =>
      known((build, number) => build.add(number(2 ** 52), number(-(2 ** 52) + 1 - past), [0, 0], true)),
    'INTEGER_TOO_WIDE',
  ],
  scale: [
    (past) => known((build, number) => build.scale(number(2 ** 42 - 1 + past), [2 ** 11])),
    'INTEGER_TOO_WIDE',
  ],
  // 2^53 − 1 = 441650591 · 20394401.
  mul: [
    (past) =>
      known((build, number) =>
        past === 0
          ? build.mul(number(441_650_591), number(20_394_401))
          : build.mul(number(2 ** 26), number(-(2 ** 27))),
      ),
    'INTEGER_TOO_WIDE',
  ],
  matmul: [
    (past) =>
      known((build, number) =>
        past === 0
          ? build.matmul(number(441_650_591), number(20_394_401))
          : build.matmul(number(2 ** 26), number(2 ** 27)),
      ),
    'INTEGER_TOO_WIDE',
  ],
  divide: [
    (past) => known((build, number) => build.divide(number(MOST - 6 + past), number(3), 0)),
    'INTEGER_TOO_WIDE',
  ],
  'divide by what may be zero': [
    (past) => known((build, number) => build.divide(number(5), number(1 - past), 3)),
    'INTEGER_DIVISOR',
  ],
  isqrt: [(past) => known((build, number) => build.isqrt(number(2 ** 52 - 1 + past))), 'INTEGER_TOO_WIDE'],
  'isqrt of what may be negative': [
    (past) => known((build, number) => build.isqrt(number(-past))),
    'INTEGER_NEGATIVE_ROOT',
  ],
  table: [
    (past) => {
      const build = new NonlinearBuilder();
      const x = build.input(one, { signed: true, bits: 4 });
      const values = Array.from({ length: 16 - past }, (_, i) => (i * i) % 7);
      return build.program([build.rescale(build.table(x, -8, values), 0, signed32)]);
    },
    'INTEGER_TABLE_DOMAIN',
  ],
  'a declared range': [
    (past) => {
      const build = new NonlinearBuilder();
      const x = build.input(one, { signed: false, bits: 1 });
      return build.program([build.table(x, 0, [3, 15 + past], { signed: false, bits: 4 })]);
    },
    'INTEGER_RANGE',
  ],
  'below-max': [
    (past) => {
      const build = new NonlinearBuilder();
      const x = build.input(two, { signed: false, bits: 1 });
      const wide = build.add(x, build.constant(two, [2 ** 52 - 1, 1 - 2 ** 52 - past]));
      return build.program([build.rescale(build.belowMax(wide), 0, signed32)]);
    },
    'INTEGER_TOO_WIDE',
  ],
};

/** Two accumulators that reach from −(2^53 − 1) nearly to 2^53 − 1; their odd difference is past 2^53. */
function extremes(make: (build: NonlinearBuilder, wide: number) => number): IntegerProgram {
  const build = new NonlinearBuilder();
  const x = build.input(two, signed32);
  const wide = build.add(
    build.scale(x, [2 ** 22 - 1, 2 ** 22 - 1]),
    build.constant(two, [2 ** 31 - 1, 1 - 2 ** 31]),
  );
  return build.program([make(build, wide)]);
}

async function expectExact(program: IntegerProgram, inputs: readonly Float64Array[]): Promise<void> {
  const outputs = evaluateOutputs(program, inputs);
  const slice = compileSlice(program);
  const witness = slice.computeWitness({
    inputs,
    inputSalts: inputs.map(() => 1n),
    outputSalts: outputs.map(() => 2n),
    tag: 3n,
  });
  expect(checkWitness(slice.r1cs, witness.values)).toBeUndefined();
  expect(witness.outputs).toEqual(outputs);
  const session = await openSlice(sliceOnnx(program, 'widest'));
  expect(await executeSlice(session, inputs)).toEqual(outputs);
  await session.close();
}

describe('the widest legal accumulators', () => {
  it.each(Object.entries(cases))('%s: exact, and refused one past', async (_, [widest, code]) => {
    const program = widest(0);
    const ends = [0, 1].map((end) =>
      program.inputs.map((id) => {
        const { shape, range } = program.tensors[id];
        const size = shape.reduce((product, side) => product * side, 1);
        const low = range!.signed ? -(2 ** (range!.bits - 1)) : 0;
        return new Float64Array(size).fill(end === 0 ? low : low + 2 ** range!.bits - 1);
      }),
    );
    for (const inputs of ends) await expectExact(program, inputs);
    expect(() => compileSlice(widest(1))).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    [
      'maximum',
      (build: NonlinearBuilder, wide: number) => build.maximum(wide, build.constant(two, [1 - 2 ** 53, 5])),
    ],
    ['argmax', (build: NonlinearBuilder, wide: number) => build.argmax(wide, 3, false)],
  ] as const)('%s: differences past what a double holds are exact in the witness', async (name, make) => {
    const program = extremes((build, wide) => {
      const result = make(build, wide);
      return name === 'argmax' ? result : build.rescale(result, 0, signed32);
    });
    for (const values of [
      [2 ** 31 - 1, -(2 ** 31)],
      [-(2 ** 31), 2 ** 31 - 1],
      [2 ** 31 - 1, 2 ** 31 - 1],
    ]) {
      await expectExact(program, [Float64Array.from(values)]);
    }
  });
});
