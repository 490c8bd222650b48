import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkWitness } from '../../../../slicer/circuit/check.ts';
import { compileSlice } from '../../../../slicer/circuit/compile.ts';
import { circuitSize, constraintParts } from '../../../../slicer/circuit/count.ts';
import { publicSignalCount } from '../../../../slicer/formats/r1cs.ts';
import { evaluateOutputs } from '../../../../slicer/integer/evaluate.ts';
import { nonlinearCase } from '../../../support/nonlinear-programs.ts';
import { randomCase, seededNumbers, type ProgramCase } from '../../../support/programs.ts';
import { randomInputs, randomProgram } from '../programs.ts';

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
