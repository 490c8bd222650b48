import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinWhole, splitWhole } from '../../../protocol/wholes.ts';
import { countConstraints } from '../../../slicer/circuit/count/count.ts';
import { evaluate } from '../../../slicer/integer/evaluate.ts';
import { intervalsOf } from '../../../slicer/integer/intervals.ts';
import { sizeOf, type IntegerProgram, type TensorValues } from '../../../slicer/integer/program.ts';
import { validateProgram } from '../../../slicer/integer/validate.ts';
import type { CostOf } from '../../../slicer/plan/cost/cost.ts';
import { PLAN_TARGETS } from '../../../slicer/plan/cost/target.ts';
import { PlanError } from '../../../slicer/plan/errors.ts';
import { MODEL_LIMITS, SLICE_TENSOR_LIMIT } from '../../../slicer/plan/limits.ts';
import { planSlices, type SlicePlan } from '../../../slicer/plan/plan.ts';
import { quantiseGraph } from '../../../slicer/quantise/quantise-graph.ts';
import { randomValues, seededNumbers } from '../../support/programs.ts';
import { tangledCase } from '../../support/tangled-programs.ts';
import { causalGraph, transformerGraph } from '../../support/transformer.ts';
import { ProgramBuilder } from '../circuit/programs.ts';

/** Values that take rows in a circuit. */
const PAID = new Set(['rescale', 'mul', 'matmul', 'table', 'below-max', 'maximum', 'max-pool']);

/**
 * A cost without what is fixed, so that layers of a few values are large: values that are read and values that take rows. Of valid
 * programs only, as a circuit's is.
 */
const costOf: CostOf = (program) => {
  validateProgram(program);
  intervalsOf(program);
  const paid = program.nodes.filter(({ kind }) => PAID.has(kind)).map(({ output }) => output);
  const values = [...program.inputs, ...paid].reduce((sum, id) => sum + sizeOf(program.tensors[id].shape), 1);
  return { mode: 'bits', constraints: values };
};

/** Runs the slices one after the other: each reads only what is there. */
function outputsOf({ slices, wholes }: SlicePlan, inputs: readonly TensorValues[]): readonly TensorValues[] {
  const values = wholes.inputs.flatMap((whole, i) => splitWhole(whole, inputs[i]));
  for (const { program, inputs: read, outputs } of slices) {
    const given = read.map((id) => values[id]);
    expect(given).not.toContain(undefined);
    const results = evaluate(program, given);
    outputs.forEach((id, i) => (values[id] = results[program.outputs[i]]));
  }
  return wholes.outputs.map((whole) =>
    joinWhole(
      whole,
      whole.pieces.map(({ tensor }) => values[tensor]),
    ),
  );
}

function expectValid({ slices, tensors }: SlicePlan, budget: number): void {
  expect(slices.length).toBeLessThanOrEqual(MODEL_LIMITS.slices);
  expect(tensors.length).toBeLessThanOrEqual(MODEL_LIMITS.tensors);
  for (const { program, inputs, outputs, constraints } of slices) {
    validateProgram(program);
    expect(inputs.length + outputs.length).toBeLessThanOrEqual(SLICE_TENSOR_LIMIT);
    expect(constraints).toBeLessThanOrEqual(budget);
  }
}

function isSound(program: IntegerProgram): boolean {
  try {
    intervalsOf(program);
    return true;
  } catch {
    return false;
  }
}

/** A plan within a budget, valid, that computes what the program does. */
function expectPlanned(program: IntegerProgram, budget: number): SlicePlan {
  const plan = planSlices(program, { budget, costOf });
  expectValid(plan, budget);
  const inputs = program.inputs.map((id) => randomValues(program.tensors[id], seededNumbers(budget)));
  const whole = evaluate(program, inputs);
  expect(outputsOf(plan, inputs)).toEqual(program.outputs.map((id) => whole[id]));
  return plan;
}

/** `SLICEPROOF_DEEP=1` tries thousands. */
const RUNS = process.env.SLICEPROOF_DEEP ? 5_000 : 60;

const RANGE = { signed: true, bits: 5 };

describe('a layer that is too large for any tile', () => {
  const draw = seededNumbers(8);
  const weight = (): number => draw(-7, 7);

  it('is a sum of products over parts of what it reads, each committed', () => {
    const build = new ProgramBuilder();
    const x = build.input([1, 600], RANGE);
    const program = build.program([build.rescale(build.gemm(x, 5, weight), 4, RANGE)]);
    const plan = expectPlanned(program, 160);
    expect(plan.tensors.some(({ name }) => name.includes('/committed'))).toBe(true);
  });

  it('of many channels is summed up over some of them at a time', () => {
    const build = new ProgramBuilder();
    const x = build.input([1, 64, 2, 2], RANGE);
    const acc = build.conv(x, 3, { kernel: [3, 3], pads: [1, 1, 1, 1] }, weight);
    const plan = expectPlanned(build.program([build.rescale(acc, 6, RANGE)]), 150);
    expect(plan.tensors.some(({ name }) => name.includes('/committed'))).toBe(true);
  });

  it('that adds up more tensors than a slice may read is added up in parts', () => {
    const build = new ProgramBuilder();
    const terms = Array.from({ length: 40 }, () => build.input([1, 4], RANGE));
    const sum = terms.reduce((left, right) => build.add(left, right, [0, 0]));
    const plan = expectPlanned(build.program([build.rescale(sum, 3, RANGE)]), 60);
    expect(plan.slices.length).toBeGreaterThan(3);
  });
});

describe('an attention of one product for query, key and value', () => {
  it('has a layer for each of them, in heads, rows and columns', () => {
    const draw = seededNumbers(12);
    const build = new ProgramBuilder();
    const [tokens, heads, each] = [12, 2, 5];
    const width = heads * each;
    const x = build.input([tokens, width], RANGE);
    const all = build.gemm(x, 3 * width, () => draw(-7, 7));
    const part = (first: number, order: 'rows' | 'columns'): number => {
      const shape = order === 'rows' ? [1, heads, tokens, each] : [1, heads, each, tokens];
      const indices = Int32Array.from({ length: tokens * width }, (_, i) => {
        const [head, left] = [Math.floor(i / (tokens * each)), i % (tokens * each)];
        const [row, column] =
          order === 'rows'
            ? [Math.floor(left / each), left % each]
            : [left % tokens, Math.floor(left / tokens)];
        return row * 3 * width + first * width + head * each + column;
      });
      return build.rescale(build.gather(all, shape, indices), 4, RANGE);
    };
    const [query, key, value] = [part(0, 'rows'), part(1, 'columns'), part(2, 'rows')];
    const scores = build.rescale(build.matmul(query, key), 4, { signed: false, bits: 4 }, true);
    const mixed = build.rescale(build.matmul(scores, value), 4, RANGE);
    const plan = expectPlanned(build.program([mixed]), 220);
    const projections = plan.slices.filter(({ operators }) => operators.includes('Gemm'));
    expect(projections.length).toBeGreaterThan(3);
    // None computes more than one of the three, nor is any accumulator committed.
    for (const { outputs } of projections) expect(outputs.length).toBe(1);
    expect(plan.tensors.some(({ name }) => name.includes('/committed'))).toBe(false);
  });

  it('and a product of two tensors in pieces reads rows of one and columns of the other', () => {
    const build = new ProgramBuilder();
    const [left, right] = [build.input([24, 16], RANGE), build.input([16, 24], RANGE)];
    const plan = expectPlanned(build.program([build.rescale(build.matmul(left, right), 5, RANGE)]), 300);
    expect(plan.wholes.inputs[1].pieces.every(({ start, end }) => start[0] === 0 && end[0] === 16)).toBe(
      true,
    );
    expect(plan.wholes.inputs[1].pieces.length).toBeGreaterThan(1);
  });
});

describe('a product of two tensors that are computed', () => {
  it('reads columns of the right one, though that can only be made by rows', () => {
    const draw = seededNumbers(14);
    const build = new ProgramBuilder();
    const layer = (): number =>
      build.rescale(
        build.gemm(build.input([64, 64], RANGE), 64, () => draw(-7, 7)),
        5,
        RANGE,
      );
    const product = build.matmul(layer(), layer());
    const plan = expectPlanned(build.program([build.rescale(product, 5, RANGE)]), 1_500);
    // The right one is written in pieces of some columns, and copied into fewer of more rows.
    const { tensors } = plan;
    const copies = tensors.filter(({ name }) => name.includes('/copied'));
    expect(copies.length).toBeGreaterThan(1);
    for (const { shape } of copies) expect(shape[1]).toBeLessThan(64);
    for (const { operators, inputs } of plan.slices.filter((slice) => slice.operators.includes('MatMul'))) {
      expect(operators).not.toContain('Gemm');
      const columns = inputs.filter((id) => copies.includes(tensors[id])).map((id) => tensors[id].shape[1]);
      expect(Math.max(...columns)).toBeLessThan(64);
    }
  });
});

describe('a plan of four blocks', () => {
  it.each([
    ['of a transformer for images', transformerGraph],
    ['of one for language, with its mask', causalGraph],
  ])('%s is valid', async (_, graphOf) => {
    const sizes = { tokens: 4, width: 8, heads: 2, hidden: 8, classes: 3, blocks: 4 };
    const draw = seededNumbers(2);
    const sample = (): Float64Array[] => [Float64Array.from({ length: 32 }, () => draw(-1000, 1000) / 500)];
    const { program } = await quantiseGraph(graphOf(sizes, 3), {
      calibration: [sample(), sample()],
      bits: { weights: 5, activations: 6 },
      accuracyBudget: 0.5,
      countConstraints,
    });
    expect(expectPlanned(program, 400).slices.length).toBeGreaterThan(4);
  });
});

describe('a plan of any graph', () => {
  it('is of valid slices that compute what the graph computes, or is refused by name', () => {
    let [planned, cut, tiled] = [0, 0, 0];
    const refused = new Set<string>();
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.integer({ min: 60, max: 600 }),
        fc.constantFrom(...PLAN_TARGETS),
        fc.integer({ min: 1, max: 4 }),
        (seed, budget, target, minSlices) => {
          const { program, inputs } = tangledCase(seed);
          validateProgram(program);
          fc.pre(isSound(program));
          let plan: SlicePlan;
          try {
            plan = planSlices(program, { budget, target, minSlices, costOf });
          } catch (error) {
            if (!(error instanceof PlanError)) throw error;
            refused.add(error.code);
            return;
          }
          planned++;
          expectValid(plan, budget);
          if (plan.slices.length > 1) cut++;
          if (plan.slices.some(({ name }) => name.includes('['))) tiled++;
          const whole = evaluate(program, inputs);
          expect(outputsOf(plan, inputs)).toEqual(program.outputs.map((id) => whole[id]));
        },
      ),
      // Pieces joined over a constant between them, whose values were taken for a gather's fill.
      // A fill that a view of several ranges holds, and the tensor that a tile reads of it does not.
      {
        numRuns: RUNS,
        examples: [
          [2_147_483_635, 68, 'constraints', 1],
          [63_365, 356, 'constraints', 1],
        ],
      },
    );
    expect([...refused].filter((code) => !code.startsWith('PLAN_'))).toEqual([]);
    expect(planned).toBeGreaterThan(RUNS / 3);
    expect(cut).toBeGreaterThan(RUNS / 6);
    expect(tiled).toBeGreaterThan(0);
  });
});
