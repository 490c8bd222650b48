import ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { checkWitness } from '../../../slicer/circuit/check.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { constraintParts, countConstraints } from '../../../slicer/circuit/count.ts';
import { executeSlice, openSlice } from '../../../slicer/execute/session.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import { boundsOf } from '../../../slicer/integer/program.ts';
import { readOnnx } from '../../../slicer/onnx/read.ts';
import { writeOnnx } from '../../../slicer/onnx/index.ts';
import { quantiseGraph } from '../../../slicer/quantise/quantise-graph.ts';
import { toIntegers } from '../../../slicer/quantise/scales.ts';
import { seededNumbers } from '../../support/programs.ts';
import { transformerGraph } from '../../support/transformer.ts';

const sizes = { tokens: 6, width: 16, heads: 2, hidden: 32, classes: 5 };

function samples(count: number, seed: number): Float64Array[] {
  const draw = seededNumbers(seed);
  return Array.from({ length: count }, () =>
    Float64Array.from({ length: sizes.tokens * sizes.width }, () => draw(-1000, 1000) / 500),
  );
}

describe('a small transformer block', () => {
  it(
    'keeps its numbers in eight bits, and gives the same integers everywhere',
    { timeout: 60_000 },
    async () => {
      const file = writeOnnx(transformerGraph(sizes, 3));
      const { program } = await quantiseGraph(readOnnx(file), {
        calibration: samples(24, 1).map((sample) => [sample]),
        bits: { weights: 8, activations: 8 },
        accuracyBudget: 0.5,
        countConstraints,
      });
      const compiled = compileSlice(program);
      expect(compiled.r1cs.constraints).toBe(countConstraints(program));
      console.log(
        constraintParts(program)
          .map(({ name, rows }) => `${rows} ${name}`)
          .join('\n'),
      );
      console.log('total', compiled.r1cs.constraints);
      const session = await openSlice(sliceOnnx(program, 'block'));
      const reference = await ort.InferenceSession.create(file);
      const { range, scale } = program.tensors[program.inputs[0]];
      const unit = 2 ** -program.tensors[program.outputs[0]].scale;
      let [error, reach] = [0, 0];
      for (const sample of samples(6, 2)) {
        const x = new ort.Tensor('float32', Float32Array.from(sample), [1, sizes.tokens, sizes.width]);
        const expected = (await reference.run({ x })).y.data as Float32Array;
        const integers = [toIntegers(sample, boundsOf(range!), scale)];
        const [got] = evaluateOutputs(program, integers);
        expect(await executeSlice(session, integers)).toEqual([got]);
        const witness = compiled.computeWitness({
          inputs: integers,
          inputSalts: [1n],
          outputSalts: [2n],
          tag: 3n,
        });
        expect(witness.outputs).toEqual([got]);
        expect(checkWitness(compiled.r1cs, witness.values)).toBeUndefined();
        got.forEach((q, i) => {
          error = Math.max(error, Math.abs(q * unit - expected[i]));
          reach = Math.max(reach, Math.abs(expected[i]));
        });
      }
      await session.close();
      await reference.release();
      console.log(error, reach);
      expect(error).toBeLessThan(0.06 * reach);
    },
  );
});
