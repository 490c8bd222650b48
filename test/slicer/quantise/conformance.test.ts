import { describe, expect, it } from 'vitest';
import { checkWitness } from '../../../slicer/circuit/check.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { countConstraints } from '../../../slicer/circuit/count.ts';
import { executeSlice, openSlice } from '../../../slicer/execute/session.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import { boundsOf, sizeOf } from '../../../slicer/integer/program.ts';
import { readOnnx } from '../../../slicer/onnx/index.ts';
import { quantiseGraph } from '../../../slicer/quantise/quantise-graph.ts';
import { toIntegers } from '../../../slicer/quantise/scales.ts';
import { conformanceCases, hasConformance } from '../../support/conformance.ts';

/** Those of the ONNX project's models whose operators are provable. */
const PROVABLE = [
  'test_AvgPool2d',
  'test_Conv2d',
  'test_Conv2d_no_bias',
  'test_Conv2d_padding',
  'test_Linear',
  'test_MaxPool2d',
  'test_ReLU',
];

/** With 10 bits for weights and activations: two hundredths of the largest output. */
const BITS = { weights: 10, activations: 10 };
const TOLERANCE = 0.02;

describe.skipIf(!hasConformance)(
  'the ONNX project’s models (skipped where ../shared/onnx-conformance is absent)',
  () => {
    const cases = conformanceCases();

    it.each(PROVABLE)(
      '%s: near the expected output, and the same integers in runtime and witness',
      async (name) => {
        const { model, inputs, outputs } = cases.find((given) => given.name === name)!;
        const graph = readOnnx(model);
        const sampleSize = sizeOf(graph.inputs[0].shape.slice(1));
        const samples = Array.from({ length: inputs[0].data.length / sampleSize }, (_, i) =>
          Float64Array.from({ length: sampleSize }, (_, at) => Number(inputs[0].data[i * sampleSize + at])),
        );
        const { program } = await quantiseGraph(graph, {
          calibration: samples.map((sample) => [sample]),
          bits: BITS,
          accuracyBudget: 0.5,
          countConstraints,
        });
        const input = program.tensors[program.inputs[0]];
        const unit = 2 ** -program.tensors[program.outputs[0]].scale;
        const expected = Array.from(outputs[0].data, Number);
        const largest = Math.max(...expected.map(Math.abs));
        const compiled = compileSlice(program);
        const session = await openSlice(sliceOnnx(program, name));
        for (const [i, sample] of samples.entries()) {
          const integers = [toIntegers(sample, boundsOf(input.range!), input.scale)];
          const [got] = evaluateOutputs(program, integers);
          got.forEach((q, at) => {
            const error = Math.abs(q * unit - expected[i * got.length + at]);
            expect(error, `value ${at} of sample ${i}`).toBeLessThan(TOLERANCE * largest);
          });
          expect(await executeSlice(session, integers)).toEqual([got]);
          const witness = compiled.computeWitness({
            inputs: integers,
            inputSalts: [1n],
            outputSalts: [2n],
            tag: 3n,
          });
          expect(witness.outputs).toEqual([got]);
          expect(checkWitness(compiled.r1cs, witness.values)).toBeUndefined();
        }
        await session.close();
      },
    );
  },
);
