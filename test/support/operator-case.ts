import { expect } from 'vitest';
import { checkWitness } from '../../slicer/circuit/witness/check.ts';
import { compileSlice } from '../../slicer/circuit/compile.ts';
import { countConstraints } from '../../slicer/circuit/count/count.ts';
import { executeSlice, openSlice } from '../../slicer/execute/session.ts';
import { sliceOnnx } from '../../slicer/execute/slice-onnx.ts';
import { evaluateOutputs } from '../../slicer/integer/evaluate.ts';
import { boundsOf, sizeOf, type IntegerProgram, type TensorValues } from '../../slicer/integer/program.ts';
import { decodeProgram, encodeProgram } from '../../slicer/integer/serialise.ts';
import type { OnnxGraph } from '../../slicer/onnx/index.ts';
import { evaluateFloat } from '../../slicer/quantise/evaluate-float.ts';
import { lowerGraph } from '../../slicer/quantise/lower.ts';
import { quantiseGraph } from '../../slicer/quantise/quantise-graph.ts';
import { toIntegers } from '../../slicer/quantise/scales.ts';
import { noise } from './lenet.ts';
import { seededNumbers } from './programs.ts';
import { runOnnx } from './run-onnx.ts';

/** Random values for every input of a graph. */
export function randomSample(graph: OnnxGraph, seed: number): readonly Float64Array[] {
  const draw = seededNumbers(seed);
  return graph.inputs.map(({ shape }) =>
    Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(noise(draw, 1))),
  );
}

/** What ONNX Runtime makes of a sample. */
export async function expectedOutputs(
  graph: OnnxGraph,
  sample: readonly Float64Array[],
): Promise<readonly Float64Array[]> {
  const outputs = await runOnnx(
    graph,
    sample.map((values) => Float32Array.from(values)),
  );
  return outputs.map(({ data }) => Float64Array.from(data, Number));
}

/** The float model that the quantiser starts from gives what ONNX Runtime gives for the graph. */
export function expectLowered(
  graph: OnnxGraph,
  sample: readonly Float64Array[],
  expected: readonly Float64Array[],
): void {
  const model = lowerGraph(graph);
  expect(model.outputs.map((id) => model.tensors[id].shape)).toEqual(graph.outputs.map(({ shape }) => shape));
  const values = evaluateFloat(model, sample);
  model.outputs.forEach((id, o) => {
    expect(values[id].length).toBe(expected[o].length);
    values[id].forEach((value, i) => expect(value, `output ${o}, value ${i}`).toBeCloseTo(expected[o][i], 4));
  });
}

/** Evaluator, ONNX Runtime and witness give the same integers, every row holds, and the cost model is exact. */
export async function expectOneMeaning(
  program: IntegerProgram,
  inputs: readonly TensorValues[],
): Promise<readonly TensorValues[]> {
  const outputs = evaluateOutputs(program, inputs);
  const session = await openSlice(sliceOnnx(program, 'case'));
  expect(await executeSlice(session, inputs)).toEqual(outputs);
  await session.close();
  const compiled = compileSlice(program);
  const witness = compiled.computeWitness({
    inputs,
    inputSalts: inputs.map(() => 1n),
    outputSalts: outputs.map(() => 2n),
    tag: 3n,
  });
  expect(witness.outputs).toEqual(outputs);
  expect(checkWitness(compiled.r1cs, witness.values)).toBeUndefined();
  expect(countConstraints(program)).toBe(compiled.r1cs.constraints);
  return outputs;
}

export interface Accuracy {
  /** Bits of weights and activations. */
  readonly bits: number;
  /** Largest error, as a share of the largest output. */
  readonly tolerance: number;
}

/** The whole way of a graph: near the float outputs as integers, and one meaning in all three places. */
export async function expectQuantised(
  graph: OnnxGraph,
  samples: readonly (readonly Float64Array[])[],
  expected: readonly (readonly Float64Array[])[],
  { bits, tolerance }: Accuracy = { bits: 10, tolerance: 0.02 },
): Promise<IntegerProgram> {
  const { program } = await quantiseGraph(graph, {
    calibration: samples,
    bits: { weights: bits, activations: bits },
    accuracyBudget: 0.5,
    countConstraints,
  });
  expect(encodeProgram(decodeProgram(encodeProgram(program)))).toEqual(encodeProgram(program));
  for (const [s, sample] of samples.entries()) {
    const integers = program.inputs.map((id, i) => {
      const { range, scale } = program.tensors[id];
      return toIntegers(sample[i], boundsOf(range!), scale);
    });
    const outputs = await expectOneMeaning(program, integers);
    outputs.forEach((values, o) => {
      const unit = 2 ** -program.tensors[program.outputs[o]].scale;
      const largest = Math.max(...expected[s][o].map(Math.abs));
      values.forEach((q, i) =>
        expect(Math.abs(q * unit - expected[s][o][i]), `output ${o}, value ${i}`).toBeLessThanOrEqual(
          tolerance * largest,
        ),
      );
    });
  }
  return program;
}
