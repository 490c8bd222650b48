import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { differenceAt, rehearse } from '../../../slicer/audit/rehearse.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { openSlice } from '../../../slicer/execute/session.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import { int32s } from '../../../slicer/integer/exact.ts';
import type { IntegerProgram } from '../../../slicer/integer/program.ts';
import { decodeProgram, encodeProgram } from '../../../slicer/integer/serialise.ts';
import { NonlinearBuilder } from '../../support/nonlinear-programs.ts';
import { seededNumbers } from '../../support/programs.ts';

const one = [1, 1, 1, 1];
const MODES = ['bits', 'lookups'] as const;

function made(make: (build: NonlinearBuilder) => number): IntegerProgram {
  const build = new NonlinearBuilder();
  return build.program([make(build)]);
}

function tooWide(node: string): unknown {
  return expect.objectContaining({
    code: 'CIRCUIT_TOO_WIDE',
    message: expect.stringContaining(node) as string,
  });
}

async function differences(program: IntegerProgram, inputs: readonly (readonly number[])[]) {
  const session = await openSlice(sliceOnnx(program, 'case'));
  try {
    const found: (string | undefined)[] = [];
    for (const mode of MODES) {
      const circuit = compileSlice(program, { mode });
      for (const values of inputs) {
        const given = values.map((value) => Float64Array.of(value));
        found.push(await differenceAt({ program, session, circuit }, given));
      }
    }
    return found.filter((problem) => problem !== undefined);
  } finally {
    await session.close();
  }
}

describe('what a circuit would have to round is refused, and the node is named', () => {
  it.each(MODES)('an affine table on a far argument: slope times constant, in %s', (mode) => {
    const program = made((build) => {
      const x = build.input([1, 4], { signed: false, bits: 4 });
      const far = build.gemm(x, [1, 1, 1, 1], 2 ** 50 + 1);
      const affine = Array.from({ length: 61 }, (_, i) => 7 + 1023 * i);
      return build.rescale(build.table(far, 2 ** 50 + 1, affine), 0, { signed: false, bits: 20 });
    });
    expect(() => compileSlice(program, { mode })).toThrow(tooWide('table 1'));
  });

  it('a table’s coefficients times a factor', () => {
    const program = made((build) => {
      const x = build.input(one, { signed: false, bits: 2 });
      const values = [2 ** 31 - 1, -(2 ** 31) + 4, -(2 ** 31) + 6, 2 ** 31 - 4];
      const scaled = build.scale(build.table(x, 0, values), [2 ** 21 + 1]);
      return build.rescale(scaled, 21, { signed: true, bits: 32 });
    });
    expect(() => compileSlice(program)).toThrow(tooWide('scale 1'));
  });

  it.each(MODES)('a maximum’s form, which its interval does not bound, times a factor, in %s', (mode) => {
    const program = made((build) => {
      const [x, y] = [0, 1].map(() => build.input(one, { signed: false, bits: 4 }));
      const low = build.scale(build.scale(x, [2 ** 31 - 1]), [-(2 ** 16 - 1)]);
      const most = build.maximum(y, build.add(low, build.constant(one, [5])));
      return build.rescale(build.scale(most, [2 ** 29 - 3]), 29, { signed: false, bits: 8 });
    });
    expect(() => compileSlice(program, { mode })).toThrow(tooWide('scale 5'));
  });
});

describe('what fits is the same integers everywhere', () => {
  it('an accumulator whose offset takes it past 2^53: another way of rescaling is taken', async () => {
    const program = made((build) => {
      const x = build.input(one, { signed: true, bits: 32 });
      const scaled = build.scale(x, [2 ** 22 - 2 ** 11 - 1]);
      const acc = build.add(scaled, build.constant(one, [1001]));
      return build.rescale(acc, 42, { signed: true, bits: 8 });
    });
    const inputs = [-(2 ** 31), 2 ** 31 - 1, 2 ** 31 - 2, 2 ** 31 - 3, 0, 2 ** 30 + 1].map((x) => [x]);
    expect(await differences(program, inputs)).toEqual([]);
  });

  it('a quotient whose interval is wider than a double is exact', async () => {
    const program = made((build) => {
      const x = build.input(one, { signed: true, bits: 32 });
      const num = build.scale(x, [2 ** 22 - 1]);
      const quotient = build.divide(num, build.constant(one, [1]), 0);
      return build.rescale(quotient, 22, { signed: true, bits: 32 });
    });
    expect(
      await differences(
        program,
        [-(2 ** 31), 2 ** 31 - 1, 3, -5].map((x) => [x]),
      ),
    ).toEqual([]);
  });

  it.each([
    ['between', [2 ** 24 + 1, 2 ** 25]],
    ['past all floats of 32 bits', [2 ** 31 - 1, 2 ** 32 - 1]],
    ['a bound that nothing reaches', [0, 2 ** 24 + 1]],
  ] as const)('a clamp that lifts small values: %s', async (_, clamp) => {
    const program = made((build) => {
      const x = build.input(one, { signed: false, bits: 4 });
      return build.rescale(x, 0, { signed: false, bits: 32 }, clamp);
    });
    expect(await differences(program, [[0], [1], [9], [15]])).toEqual([]);
  });
});

describe('a program’s file', () => {
  const text = new TextDecoder().decode(
    encodeProgram(
      made((build) => {
        const x = build.input(one, { signed: false, bits: 4 });
        return build.rescale(build.table(x, 0, new Array<number>(16).fill(3)), 0, { signed: false, bits: 4 });
      }),
    ),
  );

  it.each(['9007199254740993', '9007199254740992', '-0', '0.00000000000000000001e-400', '1e999'])(
    'with %s, which a double has otherwise, is refused',
    (number) => {
      const hostile = text.replace('"first":0', `"first":${number}`);
      expect(hostile).not.toBe(text);
      expect(() => decodeProgram(Buffer.from(hostile))).toThrow(
        expect.objectContaining({ code: 'PROGRAM_MALFORMED' }),
      );
    },
  );

  it('whose sums pass 2^53 is refused before anything is computed', () => {
    const wide = made((build) => {
      const x = build.input(one, { signed: false, bits: 32 });
      return build.rescale(build.scale(x, [2 ** 30]), 0, { signed: false, bits: 32 });
    });
    expect(() => decodeProgram(encodeProgram(wide))).toThrow(
      expect.objectContaining({
        code: 'INTEGER_TOO_WIDE',
        message: expect.stringContaining('scale 0') as string,
      }),
    );
  });
});

it('constants of 32 bits don’t wrap around', () => {
  expect(int32s([2 ** 31 - 1, -(2 ** 31)])).toEqual(Int32Array.of(2 ** 31 - 1, -(2 ** 31)));
  for (const value of [2 ** 31, -(2 ** 31) - 1, 2 ** 40, 0.5]) {
    expect(() => int32s([value])).toThrow(expect.objectContaining({ code: 'INTEGER_TOO_WIDE' }));
  }
});

describe('a rehearsal', () => {
  const program = (weight: number): IntegerProgram =>
    made((build) => {
      const x = build.input([1, 3], { signed: true, bits: 8 });
      return build.rescale(build.gemm(x, [weight, 7, -9], 3), 4, { signed: true, bits: 8 });
    });
  const draw = seededNumbers(5);
  const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => draw(0, 255));

  async function rehearsed(inOnnx: IntegerProgram, inCircuit: IntegerProgram): Promise<string | undefined> {
    const session = await openSlice(sliceOnnx(inOnnx, 'case'));
    const circuit = compileSlice(inCircuit);
    return rehearse({ program: program(5), session, circuit }, bytes).finally(() => session.close());
  }

  it('finds nothing where the three are one', async () => {
    expect(await rehearsed(program(5), program(5))).toBeUndefined();
  });

  it('finds a model or a circuit of another program, that agree on zeros', async () => {
    const zeros = [new Float64Array(3)];
    expect(evaluateOutputs(program(6), zeros)).toEqual(evaluateOutputs(program(5), zeros));
    expect(await rehearsed(program(6), program(5))).toMatch(/ONNX Runtime: value 0 of t2/);
    expect(await rehearsed(program(5), program(6))).toMatch(/its witness: value 0 of t2/);
  });
});

describe('the lint rule', () => {
  it('sees arithmetic on exact integers, and numbers that are only said to be exact', async () => {
    const code = [
      "import { exact, times, type Exact } from '../exact.ts';",
      'const [a, b] = [exact(3), exact(4)];',
      'let sum = 0;',
      'sum += a;',
      'export const refused = [a * b, a + 1, 2 ** a, sum, 7 as Exact];',
      'export const taken = [times(a, b), 3 * 4, sum - 1];',
    ].join('\n');
    const [{ messages }] = await new ESLint().lintText(`${code}\n`, {
      filePath: 'slicer/integer/nodes/mul.ts',
    });
    const found = messages.filter(({ ruleId }) => ruleId === 'sliceproof/exact-arithmetic');
    expect(found.map(({ line, messageId }) => `${line} ${messageId}`)).toEqual([
      '4 operator',
      ...['operator', 'operator', 'operator', 'cast'].map((id) => `5 ${id}`),
    ]);
  });
});
