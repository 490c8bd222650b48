import ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkWitness } from '../../../slicer/circuit/witness/check.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { countConstraints } from '../../../slicer/circuit/count/count.ts';
import { executeSlice, openSlice } from '../../../slicer/execute/session.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { writeWitness } from '../../../groth16/formats/witness-file.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import { boundsOf, type IntegerProgram } from '../../../slicer/integer/program.ts';
import { writeOnnx } from '../../../slicer/onnx/index.ts';
import { readOnnx } from '../../../slicer/onnx/read.ts';
import { circuitCost } from '../../../slicer/plan/cost/cost-of.ts';
import { planSlices } from '../../../slicer/plan/plan.ts';
import { createSnarkjsBackend } from '../../../groth16/prove/snarkjs-backend.ts';
import { verifyProof } from '../../../groth16/verify/verify.ts';
import { quantiseGraph } from '../../../slicer/quantise/quantise-graph.ts';
import { toIntegers } from '../../../slicer/quantise/scales.ts';
import { developmentSetup } from '../../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../../groth16/setup/trapdoor.ts';
import { seededNumbers } from '../../support/programs.ts';
import { transformerGraph } from '../../support/transformer.ts';
import { stopSnarkjs } from '../../groth16/prove/snarkjs.ts';

const sizes = { tokens: 6, width: 16, heads: 2, hidden: 32, classes: 5 };
const file = writeOnnx(transformerGraph(sizes, 3));
let program: IntegerProgram;

function samples(count: number, seed: number): Float64Array[] {
  const draw = seededNumbers(seed);
  return Array.from({ length: count }, () =>
    Float64Array.from({ length: sizes.tokens * sizes.width }, () => draw(-1000, 1000) / 500),
  );
}

function integersOf(sample: Float64Array): Float64Array {
  const { range, scale } = program.tensors[program.inputs[0]];
  return toIntegers(sample, boundsOf(range!), scale);
}

beforeAll(async () => {
  const quantised = await quantiseGraph(readOnnx(file), {
    calibration: samples(24, 1).map((sample) => [sample]),
    bits: { weights: 8, activations: 8 },
    accuracyBudget: 0.5,
    countConstraints,
  });
  ({ program } = quantised);
});
afterAll(stopSnarkjs);

describe('a small transformer block', () => {
  it('keeps its numbers in eight bits, and gives the same integers everywhere', async () => {
    const compiled = compileSlice(program);
    expect(compiled.r1cs.constraints).toBe(countConstraints(program));
    expect(compiled.r1cs.constraints).toBeLessThan(45_000);
    const session = await openSlice(sliceOnnx(program, 'block'));
    const reference = await ort.InferenceSession.create(file);
    const unit = 2 ** -program.tensors[program.outputs[0]].scale;
    let [error, reach] = [0, 0];
    for (const sample of samples(6, 2)) {
      const x = new ort.Tensor('float32', Float32Array.from(sample), [1, sizes.tokens, sizes.width]);
      const expected = (await reference.run({ x })).y.data as Float32Array;
      const inputs = [integersOf(sample)];
      const [got] = evaluateOutputs(program, inputs);
      expect(await executeSlice(session, inputs)).toEqual([got]);
      const witness = compiled.computeWitness({ inputs, inputSalts: [1n], outputSalts: [2n], tag: 3n });
      expect(witness.outputs).toEqual([got]);
      expect(checkWitness(compiled.r1cs, witness.values)).toBeUndefined();
      got.forEach((q, i) => {
        error = Math.max(error, Math.abs(q * unit - expected[i]));
        reach = Math.max(reach, Math.abs(expected[i]));
      });
    }
    await session.close();
    await reference.release();
    expect(error).toBeLessThan(0.04 * reach);
  });

  it('is cut into slices, whose smallest is proved and verified', async () => {
    const plan = planSlices(program, { budget: 2 ** 14, costOf: circuitCost('bits') });
    expect(plan.slices.length).toBeGreaterThan(2);
    const input = integersOf(samples(1, 2)[0]);
    const values: Float64Array[] = [input];
    for (const slice of plan.slices) {
      const results = evaluateOutputs(
        slice.program,
        slice.inputs.map((id) => values[id]),
      );
      slice.outputs.forEach((id, i) => (values[id] = results[i]));
    }
    const last = plan.slices.at(-1)!;
    expect(values[last.outputs[0]]).toEqual(evaluateOutputs(program, [input])[0]);
    const counts = plan.slices.map((slice) => countConstraints(slice.program));
    const smallest = plan.slices[counts.indexOf(Math.min(...counts))];
    const { r1cs, computeWitness } = compileSlice(smallest.program);
    const witness = computeWitness({
      inputs: smallest.inputs.map((id) => values[id]),
      inputSalts: smallest.inputs.map(() => 1n),
      outputSalts: smallest.outputs.map(() => 2n),
      tag: 3n,
    });
    const seed = new TextEncoder().encode('transformer');
    const phase1 = deriveDevelopmentPhase1(seed);
    const { provingKey, verifyingKey } = await developmentSetup(r1cs, { phase1, seed });
    const proof = await createSnarkjsBackend().prove({ provingKey, witness: writeWitness(witness.values) });
    expect(proof.publicSignals).toEqual(witness.publicSignals.map(String));
    expect(await verifyProof(verifyingKey, proof.publicSignals, proof.proof)).toMatchObject({ ok: true });
  });
});
