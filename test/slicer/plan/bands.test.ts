import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinWhole, splitWhole } from '../../../protocol/wholes.ts';
import { differenceAt } from '../../../slicer/audit/rehearse.ts';
import { extremeInputs, randomInputs as randomOf } from '../../../slicer/audit/trial-inputs.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { circuitSize } from '../../../slicer/circuit/count/count.ts';
import { openSlice } from '../../../slicer/execute/session.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { evaluate } from '../../../slicer/integer/evaluate.ts';
import { sizeOf, type IntegerProgram, type TensorValues } from '../../../slicer/integer/program.ts';
import { validateProgram } from '../../../slicer/integer/validate.ts';
import { circuitCost } from '../../../slicer/plan/cost/cost-of.ts';
import type { CostOf } from '../../../slicer/plan/cost/cost.ts';
import { CountCache } from '../../../slicer/plan/cost/sizes.ts';
import { planSlices, type SlicePlan } from '../../../slicer/plan/plan.ts';
import { Bands } from '../../../slicer/plan/tilings/bands.ts';
import { wholeBox } from '../../../slicer/plan/tilings/box.ts';
import { piecesOf } from '../../../slicer/plan/tilings/pieces.ts';
import type { Tiled } from '../../../slicer/plan/tilings/tile.ts';
import { seededNumbers } from '../../support/programs.ts';
import { ProgramBuilder, randomInputs, type Draw } from '../circuit/programs.ts';

const RANGE = { signed: false, bits: 5 };

/** Layers behind one another, of any windows and strides, pooled, with sums over one or two of them, and what reads them whole. */
function layers(draw: Draw, height: number): IntegerProgram {
  const build = new ProgramBuilder();
  const weight = (): number => draw(-9, 9);
  const layer = (input: number): number => {
    const [, channels, rows, columns] = build.shape(input);
    const kernel = [draw(1, Math.min(3, rows)), draw(1, Math.min(3, columns))] as const;
    const [top, left] = [draw(0, kernel[0] - 1), draw(0, kernel[1] - 1)];
    const options = {
      kernel,
      strides: [draw(1, 4) === 1 ? 2 : 1, 1],
      pads: [top, left, kernel[0] - 1 - top, kernel[1] - 1 - left],
      groups: [1, channels][draw(0, 1)],
    } as const;
    let acc = build.conv(input, channels, options, weight);
    if (build.shape(acc).join() === build.shape(input).join() && draw(0, 1) === 1)
      acc = build.add(acc, input, [0, draw(0, 2)]);
    if (draw(0, 4) === 0 && build.shape(acc)[2] > 2) acc = build.maxPool(acc, [2, 1], [draw(1, 2), 1]);
    return build.rescale(acc, draw(3, 6), RANGE, true);
  };
  const x = build.input([1, 2, height, draw(2, 4)], RANGE);
  let current = x;
  for (let count = draw(2, 5); count > 0; count--) current = layer(current);
  if (draw(0, 1) === 1) return build.program([current]);
  const dense = build.gemm(build.flatten(current), 3, weight);
  return build.program([build.rescale(dense, 4, RANGE, true)]);
}

/** Constraints of a value, so that layers of a few values are worth tiles. */
const A_VALUE = 200;

/** By the values that are read and that are ranged. */
const costOf: CostOf = (program) => {
  validateProgram(program);
  const paid = program.nodes.filter(({ kind }) => kind === 'rescale').map(({ output }) => output);
  const values = [...program.inputs, ...paid].reduce((sum, id) => sum + sizeOf(program.tensors[id].shape), 1);
  return { mode: 'bits', constraints: A_VALUE * values };
};

/** What a program whose tensors are in pieces gives, put together. */
function outputsOf(whole: IntegerProgram, { program, pieces }: Tiled, inputs: readonly TensorValues[]) {
  const wholeOf = (id: number) => {
    const { name, shape } = whole.tensors[id];
    return { name, shape, pieces: piecesOf(id, wholeBox(shape), pieces) };
  };
  const given: TensorValues[] = [];
  whole.inputs.forEach((id, i) => {
    const { pieces: parts } = wholeOf(id);
    splitWhole(wholeOf(id), inputs[i]).forEach((values, part) => (given[parts[part].tensor] = values));
  });
  const values = evaluate(
    program,
    program.inputs.map((id) => given[id]),
  );
  return whole.outputs.map((id) => {
    const joined = wholeOf(id);
    return joinWhole(
      joined,
      joined.pieces.map(({ tensor }) => values[tensor]),
    );
  });
}

/** Three layers of 3×3 with a sum over two of them. */
function block(channels: number, side: number, bits: number): IntegerProgram {
  const draw = seededNumbers(31);
  const build = new ProgramBuilder();
  const range = { signed: false, bits };
  const same = { kernel: [3, 3], pads: [1, 1, 1, 1] } as const;
  const conv = (input: number): number => build.conv(input, channels, same, () => draw(-7, 7));
  const first = build.rescale(conv(build.input([1, channels, side, side], range)), 5, range, true);
  const inner = build.rescale(conv(first), 6, range, true);
  return build.program([build.rescale(build.add(conv(inner), first, [0, 5]), 7, range, true)]);
}

const rowsOf = ({ slices }: SlicePlan): number =>
  slices.reduce((sum, { constraints }) => sum + constraints, 0);

describe('layers in bands', () => {
  it('compute what they compute whole, whatever their windows, and so does the plan made of them', () => {
    let [banded, planned] = [0, 0];
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.integer({ min: 6, max: 30 }),
        fc.integer({ min: 20, max: 80 }),
        (seed, height, values) => {
          const constraints = A_VALUE * values;
          const draw = seededNumbers(seed);
          const program = layers(draw, height);
          const inputs = randomInputs(program, draw);
          const whole = evaluate(program, inputs);
          const expected = program.outputs.map((id) => whole[id]);
          const tiled = new Bands(program, new CountCache(costOf)).of(constraints, 4 * constraints);
          if (tiled === undefined) return;
          banded++;
          validateProgram(tiled.program);
          expect(outputsOf(program, tiled, inputs)).toEqual(expected);
          let plan: SlicePlan;
          try {
            plan = planSlices(program, { budget: 4 * constraints, costOf });
          } catch (error) {
            expect(error).toHaveProperty('code', expect.stringMatching(/^PLAN_/));
            return;
          }
          planned++;
          expect(runPlan(plan, inputs)).toEqual(expected);
        },
      ),
      { numRuns: 60 * Number(process.env.SLICEPROOF_FUZZ ?? 1) },
    );
    // Half of them, by chance: a test that made none would say nothing.
    expect(banded).toBeGreaterThan(5);
    expect(planned).toBeGreaterThan(5);
  });

  it('hand over only the rows that the next band reaches back to: several layers are one slice', () => {
    const program = block(8, 24, 8);
    const budget = 2 ** 15 - 13;
    const plan = planSlices(program, { budget, costOf: circuitCost('lookups') });
    expect(plan.slices.some(({ operators }) => operators.filter((name) => name === 'Conv').length > 1)).toBe(
      true,
    );
    // Fewer values are unpacked than there are activations: most are handed over within a slice.
    const unpacked = plan.slices.reduce(
      (sum, { inputs }) => sum + inputs.reduce((all, id) => all + sizeOf(plan.tensors[id].shape), 0),
      0,
    );
    expect(unpacked).toBeLessThan(3 * 8 * 24 * 24);
    expect(rowsOf(plan)).toBeLessThan(1.8 * circuitCost('lookups')(program).constraints);
  });

  it('are proved as evaluator and ONNX Runtime have it: a slice that writes some rows in pieces of their own', async () => {
    const program = block(4, 24, 4);
    const plan = planSlices(program, { budget: 2 ** 14 - 13, costOf: circuitCost('lookups') });
    const several = plan.slices.filter(({ outputs }) => outputs.length > 1);
    expect(several.length).toBeGreaterThan(0);
    const draw = seededNumbers(8);
    const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => draw(0, 255));
    for (const { program: slice, name, figures } of several.slice(0, 2)) {
      const session = await openSlice(sliceOnnx(slice, name));
      const circuit = compileSlice(slice, { mode: figures.mode });
      try {
        const size = circuitSize(slice, { mode: figures.mode });
        expect(size.provedRows).toBe(figures.constraints);
        expect(circuit.r1cs.constraints).toBe(size.constraints);
        for (const given of [randomOf(slice, bytes), extremeInputs(slice, 1, bytes)])
          expect(await differenceAt({ program: slice, session, circuit }, given)).toBeUndefined();
      } finally {
        await session.close();
      }
    }
  });
});

function runPlan({ slices, wholes }: SlicePlan, inputs: readonly TensorValues[]): readonly TensorValues[] {
  const values: TensorValues[] = wholes.inputs.flatMap((whole, i) => splitWhole(whole, inputs[i]));
  for (const { program, inputs: read, outputs } of slices) {
    const results = evaluate(
      program,
      read.map((id) => values[id]),
    );
    outputs.forEach((id, i) => (values[id] = results[program.outputs[i]]));
  }
  return wholes.outputs.map((whole) =>
    joinWhole(
      whole,
      whole.pieces.map(({ tensor }) => values[tensor]),
    ),
  );
}
