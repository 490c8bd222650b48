import { describe, expect, it } from 'vitest';
import { checkWitness } from '../../../slicer/circuit/witness/check.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { countConstraints } from '../../../slicer/circuit/count/count.ts';
import { executeSlice, openSlice } from '../../../slicer/execute/session.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import { boundsOf, sizeOf, type IntegerProgram } from '../../../slicer/integer/program.ts';
import { uniformBits } from '../../../slicer/quantise/bits.ts';
import { evaluateFloat } from '../../../slicer/quantise/evaluate-float.ts';
import type { FloatModel, FloatNode } from '../../../slicer/quantise/float-model.ts';
import { observe } from '../../../slicer/quantise/observe.ts';
import { quantise } from '../../../slicer/quantise/quantise.ts';
import { toIntegers } from '../../../slicer/quantise/scales.ts';
import { seededNumbers } from '../../support/programs.ts';

/** A float model of one node over inputs of these shapes; `make` gives the node for inputs 0, 1, … */
interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly output: readonly number[];
  readonly node: FloatNode;
  /** Inputs are uniform between these. */
  readonly low?: number;
  readonly high?: number;
  /** Largest error that is sane at 10 bits, in parts of the largest output. */
  readonly tolerance: number;
}

const unary = { name: 'n', input: 0, output: 1 } as const;
const binary = { name: 'n', inputs: [0, 1], output: 2 } as const;
const rows = [1, 3, 8];

const cases: Record<string, Case> = {
  sigmoid: {
    shapes: [rows],
    output: rows,
    node: { kind: 'function', ...unary, of: (x) => 1 / (1 + Math.exp(-x)) },
    tolerance: 0.004,
  },
  mul: { shapes: [rows, rows], output: rows, node: { kind: 'mul', ...binary }, tolerance: 0.006 },
  matmul: {
    shapes: [
      [1, 2, 4, 6],
      [1, 2, 6, 5],
    ],
    output: [1, 2, 4, 5],
    node: { kind: 'matmul', ...binary },
    tolerance: 0.006,
  },
  maximum: { shapes: [rows, rows], output: rows, node: { kind: 'maximum', ...binary }, tolerance: 0.004 },
  minimum: {
    shapes: [rows, rows],
    output: rows,
    node: { kind: 'maximum', ...binary, least: true },
    tolerance: 0.004,
  },
  divide: {
    shapes: [rows, [1, 3, 1]],
    output: rows,
    node: { kind: 'divide', ...binary, spread: Int32Array.from({ length: 24 }, (_, i) => Math.floor(i / 8)) },
    low: 0.5,
    high: 4,
    tolerance: 0.008,
  },
  clip: {
    shapes: [rows],
    output: rows,
    node: { kind: 'clip', ...unary, low: -0.5, high: 2.3 },
    tolerance: 0.004,
  },
  slopes: {
    shapes: [rows],
    output: rows,
    node: { kind: 'slopes', ...unary, slopes: Float64Array.from({ length: 24 }, (_, i) => 0.01 * i - 0.1) },
    tolerance: 0.004,
  },
  root: { shapes: [rows], output: rows, node: { kind: 'root', ...unary }, low: 0, high: 9, tolerance: 0.02 },
  softmax: {
    shapes: [rows],
    output: rows,
    node: { kind: 'softmax', ...unary, factor: 1 },
    tolerance: 0.012,
  },
  'softmax of scaled scores': {
    shapes: [rows],
    output: rows,
    node: { kind: 'softmax', ...unary, factor: 0.37 },
    tolerance: 0.012,
  },
  'layer-norm': {
    shapes: [rows],
    output: rows,
    node: {
      kind: 'layer-norm',
      ...unary,
      scale: Float64Array.from({ length: 8 }, (_, i) => 0.5 + 0.1 * i),
      bias: Float64Array.from({ length: 8 }, (_, i) => 0.3 - 0.1 * i),
      epsilon: 1e-5,
    },
    tolerance: 0.015,
  },
  argmax: {
    shapes: [rows],
    output: [1, 3, 1],
    node: { kind: 'argmax', ...unary, axis: 2, last: false },
    tolerance: 1e-9,
  },
};

function modelOf({ shapes, output, node }: Case): FloatModel {
  return {
    tensors: [...shapes, output].map((shape, i) => ({ name: `t${i}`, shape })),
    inputs: shapes.map((_, i) => i),
    outputs: [shapes.length],
    nodes: [node],
  };
}

function samplesOf({ shapes, low = -4, high = 4 }: Case, count: number, seed: number): Float64Array[][] {
  const draw = seededNumbers(seed);
  return Array.from({ length: count }, () =>
    shapes.map((shape) =>
      Float64Array.from({ length: sizeOf(shape) }, () => low + ((high - low) * draw(0, 10_000)) / 10_000),
    ),
  );
}

/** The program's outputs as reals, after ONNX Runtime and witness gave the same integers. */
async function runEverywhere(
  program: IntegerProgram,
  sample: readonly Float64Array[],
): Promise<Float64Array> {
  const integers = program.inputs.map((id, i) => {
    const { range, scale } = program.tensors[id];
    return toIntegers(sample[i], boundsOf(range!), scale);
  });
  const outputs = evaluateOutputs(program, integers);
  const session = await openSlice(sliceOnnx(program, 'case'));
  expect(await executeSlice(session, integers)).toEqual(outputs);
  await session.close();
  const compiled = compileSlice(program);
  expect(compiled.r1cs.constraints).toBe(countConstraints(program));
  const witness = compiled.computeWitness({
    inputs: integers,
    inputSalts: integers.map(() => 1n),
    outputSalts: [2n],
    tag: 3n,
  });
  expect(witness.outputs).toEqual(outputs);
  expect(checkWitness(compiled.r1cs, witness.values)).toBeUndefined();
  return outputs[0].map((q) => q * 2 ** -program.tensors[program.outputs[0]].scale);
}

describe('a quantised operator', () => {
  it.each(Object.entries(cases))('%s is near its float and the same everywhere', async (_, given) => {
    const model = modelOf(given);
    const observation = observe(model, samplesOf(given, 16, 1));
    const { program } = await quantise(model, observation, uniformBits(model, 10, 10));
    const [sample] = samplesOf(given, 1, 2);
    const got = await runEverywhere(program, sample);
    const expected = evaluateFloat(model, sample)[model.outputs[0]];
    const largest = Math.max(...expected.map(Math.abs));
    const error = Math.max(...got.map((value, i) => Math.abs(value - expected[i])));
    expect(error).toBeLessThan(given.tolerance * largest);
  });

  it('refuses a divisor that calibration saw at zero or below', async () => {
    const given = { ...cases.divide, low: -1 };
    const model = modelOf(given);
    const observation = observe(model, samplesOf(given, 16, 1));
    await expect(quantise(model, observation, uniformBits(model, 8, 8))).rejects.toMatchObject({
      code: 'QUANTISE_DIVISOR',
    });
  });
});
