import { beforeAll, describe, expect, it } from 'vitest';
import { countConstraints } from '../../../slicer/circuit/count/count.ts';
import { circuitCost } from '../../../slicer/plan/cost/cost-of.ts';
import { executeModel } from '../../../slicer/execute/execute-model.ts';
import { executeSlice, openSlice } from '../../../slicer/execute/session.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { evaluate } from '../../../slicer/integer/evaluate.ts';
import { boundsOf, type IntegerProgram } from '../../../slicer/integer/program.ts';
import { BUDGETS } from '../../../slicer/plan/budgets.ts';
import { planSlices, type SlicePlan } from '../../../slicer/plan/plan.ts';
import { quantiseGraph } from '../../../slicer/quantise/quantise-graph.ts';
import { toIntegers } from '../../../slicer/quantise/scales.ts';
import { randomImages, randomLenet } from '../../support/lenet.ts';

let program: IntegerProgram;
let plan: SlicePlan;
let input: Float64Array;

beforeAll(async () => {
  const images = randomImages(8, 16, 784).map((image) => Float64Array.from(image));
  ({ program } = await quantiseGraph(randomLenet(9), {
    calibration: images.map((image) => [image]),
    bits: { weights: 5, activations: 5 },
    accuracyBudget: 0.5,
    countConstraints,
  }));
  plan = planSlices(program, { budget: BUDGETS[0], costOf: circuitCost() });
  const { range, scale } = program.tensors[program.inputs[0]];
  input = toIntegers(images[0], boundsOf(range!), scale);
});

describe('a sliced model in ONNX Runtime', () => {
  it('gives every tensor of the trace as the evaluator does', async () => {
    const trace = await executeModel(plan.slices, [input], (id) =>
      openSlice(sliceOnnx(plan.slices[id].program, 'slice')),
    );
    expect(trace.length).toBe(plan.tensors.length);
    const whole = evaluate(program, [input]);
    expect(trace[plan.outputs[0]]).toEqual(whole[program.outputs[0]]);
    for (const slice of plan.slices) {
      const values = evaluate(
        slice.program,
        slice.inputs.map((id) => trace[id]),
      );
      slice.outputs.forEach((id, i) => expect(trace[id]).toEqual(values[slice.program.outputs[i]]));
    }
  });

  it('writes the same ONNX bytes for the same program', () => {
    const [first] = plan.slices;
    expect(sliceOnnx(first.program, 'slice')).toEqual(sliceOnnx(first.program, 'slice'));
  });

  it('refuses inputs of the wrong number or size, and files that are no models', async () => {
    const session = await openSlice(sliceOnnx(plan.slices[0].program, 'slice'));
    await expect(executeSlice(session, [])).rejects.toMatchObject({ code: 'EXECUTE_INPUT' });
    await expect(executeSlice(session, [new Float64Array(3)])).rejects.toMatchObject({
      code: 'EXECUTE_INPUT',
    });
    await session.close();
    await expect(openSlice(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'EXECUTE_NOT_A_SLICE' });
  });

  it('refuses to write a convolution one of whose products float32 cannot hold', () => {
    const wide: IntegerProgram = {
      tensors: [
        { name: 'x', shape: [1, 1, 1, 1], scale: 0, range: { signed: false, bits: 20 } },
        { name: 'sum', shape: [1, 1, 1, 1], scale: 0 },
        { name: 'y', shape: [1, 1, 1, 1], scale: 0, range: { signed: false, bits: 8 } },
      ],
      inputs: [0],
      outputs: [2],
      nodes: [
        {
          kind: 'conv',
          name: 'wide',
          input: 0,
          output: 1,
          weights: Int32Array.of(17),
          bias: Float64Array.of(0),
          kernel: [1, 1],
          strides: [1, 1],
          pads: [0, 0, 0, 0],
          dilations: [1, 1],
          groups: 1,
        },
        { kind: 'rescale', name: 'r', input: 1, output: 2, shift: 17, relu: true },
      ],
    };
    expect(() => sliceOnnx(wide, 'wide')).toThrow(expect.objectContaining({ code: 'EXECUTE_TOO_WIDE' }));
  });
});
