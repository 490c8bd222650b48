import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkWitness } from '../../../../slicer/circuit/witness/check.ts';
import { compileSlice } from '../../../../slicer/circuit/compile.ts';
import { circuitSize, constraintParts } from '../../../../slicer/circuit/count/count.ts';
import { publicSignalCount } from '../../../../groth16/formats/r1cs.ts';
import { evaluateOutputs } from '../../../../slicer/integer/evaluate.ts';
import { nonlinearCase } from '../../../support/nonlinear-programs.ts';
import { randomCase, seededNumbers, type ProgramCase } from '../../../support/programs.ts';
import { ProgramBuilder, randomInputs, randomProgram } from '../programs.ts';
import { looseWires, wiresOf } from '../support.ts';

const challenge = { challenge: () => 2n ** 200n + 77n, blinding: 2n ** 100n };

function expectRight({ program, inputs }: ProgramCase): void {
  const slice = compileSlice(program, { mode: 'lookups' });
  const witness = slice.computeWitness({
    inputs,
    inputSalts: program.inputs.map(() => 1n),
    outputSalts: program.outputs.map(() => 2n),
    tag: 3n,
    challenge,
  });
  expect(checkWitness(slice.r1cs, witness.values)).toBeUndefined();
  expect(witness.outputs).toEqual(evaluateOutputs(program, inputs));
  expect(constraintParts(program, { mode: 'lookups' })).toEqual(slice.layout);
  const size = circuitSize(program, { mode: 'lookups' });
  expect(size.constraints).toBe(slice.r1cs.constraints);
  expect(size.publicWires).toBe(publicSignalCount(slice.r1cs));
}

describe('a slice as a circuit of lookups has the evaluator’s outputs, keeps its rows and has as many as reckoned', () => {
  const numRuns = 25 * Number(process.env['SLICEPROOF_FUZZ'] ?? 1);
  const cases: Readonly<Record<string, (seed: number) => ProgramCase>> = {
    'layers and pools': (seed) => {
      const draw = seededNumbers(seed);
      const program = randomProgram(draw);
      return { program, inputs: randomInputs(program, draw) };
    },
    'images, rows and residuals': (seed) => randomCase(seed),
    'tables, products, maxima, quotients': nonlinearCase,
  };
  it.each(Object.keys(cases))('%s', (name) => {
    const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(seeds, (seed) => expectRight(cases[name](seed))),
      { numRuns },
    );
  });
});

describe('a witness of a circuit of lookups', () => {
  it('has no wire that can be changed alone but the blinding', () => {
    const build = new ProgramBuilder();
    const draw = seededNumbers(5);
    const x = build.input([1, 1, 6, 6], { signed: false, bits: 4 });
    const acc = build.conv(x, 2, { kernel: [3, 3] }, () => draw(-7, 7));
    const pooled = build.rescale(build.maxPool(acc, [2, 2], [2, 2]), 4, { signed: false, bits: 4 }, true);
    const program = build.program([
      build.rescale(
        build.gemm(build.flatten(pooled), 3, () => draw(-7, 7)),
        3,
        { signed: true, bits: 8 },
      ),
    ]);
    const slice = compileSlice(program, { mode: 'lookups' });
    const { values } = slice.computeWitness({
      inputs: [Float64Array.from({ length: 36 }, () => draw(0, 15))],
      inputSalts: [1n],
      outputSalts: [2n],
      tag: 3n,
      challenge,
    });
    // Nothing is proved about the tag: the challenge is the first wire after it.
    expect(looseWires(slice.r1cs, wiresOf(values), 4)).toEqual([slice.r1cs.publicInputs]);
  });
});
