import { describe, expect, it } from 'vitest';
import { uniquenessOf } from '../../../groth16/audit/unique/unique.ts';
import { SliceproofError } from '../../../protocol/errors.ts';
import { differenceAt } from '../../../slicer/audit/rehearse.ts';
import { extremeInputs, randomInputs } from '../../../slicer/audit/trial-inputs.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { openSlice } from '../../../slicer/execute/session.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import type { IntegerProgram, TensorValues } from '../../../slicer/integer/program.ts';
import { edgeBetween } from '../../support/edges.ts';
import { NonlinearBuilder } from '../../support/nonlinear-programs.ts';
import { scatteredNumbers } from '../../support/programs.ts';

type Draw = (low: number, high: number) => number;

const PROGRAMS = Math.ceil(8 * Number(process.env.SLICEPROOF_FUZZ ?? 1));
const REFUSALS = ['CIRCUIT_TOO_WIDE', 'INTEGER_TOO_WIDE'];
const one = [1, 1, 1, 1];
const many = [1, 1, 1, 64];
const repeated = (value: number): number[] => new Array<number>(64).fill(value);

/**
 * Sorts of programs of which one was once stated wrongly, or couldn't be proved, for a number that a double doesn't hold on
 * the way: each drawn so that some fit and some don't.
 */
const kinds: Record<string, (build: NonlinearBuilder, draw: Draw) => number> = {
  'an affine table on a far argument': (build, draw) => {
    const x = build.input([1, 4], { signed: false, bits: 4 });
    const first = 2 ** draw(30, 52) + draw(-9, 9);
    const [start, slope] = [draw(-999, 999), draw(1, 2 ** draw(1, 24))];
    const far = build.gemm(x, [1, 1, 1, 1], first);
    const affine = Array.from({ length: 61 }, (_, i) => start + slope * i);
    return build.rescale(build.table(far, first, affine), 0, { signed: true, bits: 32 });
  },
  'a table of far values, scaled': (build, draw) => {
    const x = build.input(one, { signed: false, bits: 2 });
    const values = [1, -1, -1, 1].map((sign) => sign * (2 ** 31 - draw(1, 2 ** draw(1, 8))));
    const shift = draw(18, 21);
    const scaled = build.scale(build.table(x, 0, values), [2 ** shift + draw(-1, 1)]);
    return build.rescale(scaled, shift, { signed: true, bits: 32 });
  },
  'a maximum with one argument far below, scaled': (build, draw) => {
    const [x, y] = [0, 1].map(() => build.input(one, { signed: false, bits: 4 }));
    const far = build.scale(build.scale(x, [2 ** draw(8, 31) - 1]), [1 - 2 ** draw(4, 16)]);
    const most = build.maximum(y, build.add(far, build.constant(one, [draw(-20, 20)])));
    const shift = draw(4, 29);
    return build.rescale(build.scale(most, [2 ** shift - draw(1, 3)]), shift, { signed: false, bits: 8 });
  },
  // Of many values at once, so that lookups are worth while.
  'an accumulator near the widest, rescaled': (build, draw) => {
    const x = build.input(many, { signed: true, bits: 32 });
    const less = draw(9, 12);
    const far = build.scale(x, repeated(2 ** 22 - 2 ** less - 1));
    const acc = build.add(far, build.constant(many, repeated(draw(-2000, 2000))));
    return build.rescale(acc, less + 31 - draw(0, 1), { signed: true, bits: draw(6, 9) });
  },
  'a clamp that lifts small values far up': (build, draw) => {
    const x = build.input(one, { signed: false, bits: 4 });
    const low = 2 ** draw(20, 31) + draw(-2, 2);
    const lifted = build.rescale(x, 0, { signed: false, bits: 32 }, [low, low + draw(0, 2 ** 30)]);
    return build.rescale(build.mul(lifted, x), draw(0, 8), { signed: false, bits: 32 });
  },
};

/** What is refused by name is enough; what is compiled has to be right on all inputs, and no other output provable. */
async function outcomeOf(program: IntegerProgram, mode: 'bits' | 'lookups', draw: Draw): Promise<string> {
  const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => draw(0, 255));
  let circuit: ReturnType<typeof compileSlice>;
  try {
    circuit = compileSlice(program, { mode });
  } catch (error) {
    if (error instanceof SliceproofError) return error.code;
    throw error;
  }
  expect(uniquenessOf(circuit.r1cs, circuit.roles)).toEqual({ undetermined: [], unbound: [] });
  const [low, high] = [0, 1].map((turn) => extremeInputs(program, turn, bytes));
  // Of neighbours a double may hold every other one.
  const next = [1, 2, 3].map((less) => high.map((values) => values.map((value) => value - less)));
  const tried: (readonly TensorValues[])[] = [low, high, ...next, randomInputs(program, bytes)];
  tried.push(...(edgeBetween(program, low, high) ?? []), ...(edgeBetween(program, high, low) ?? []));
  const session = await openSlice(sliceOnnx(program, 'case'));
  try {
    for (const inputs of tried)
      expect(await differenceAt({ program, session, circuit }, inputs)).toBeUndefined();
  } finally {
    await session.close();
  }
  return 'proved';
}

describe('is proved right on every input, and nothing else is, or it is refused by name', () => {
  it.each(Object.entries(kinds))('%s', async (_, make) => {
    const seen = new Map<string, number>();
    for (let seed = 0; seed < PROGRAMS; seed++) {
      const draw = scatteredNumbers(seed);
      const build = new NonlinearBuilder();
      const program = build.program([make(build, draw)]);
      for (const mode of ['bits', 'lookups'] as const) {
        const outcome = await outcomeOf(program, mode, draw);
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      }
    }
    expect([...REFUSALS, 'proved']).toEqual(expect.arrayContaining([...seen.keys()]));
    expect(seen.get('proved')).toBeGreaterThan(0);
  });
});
