import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkWitness } from '../../../slicer/circuit/witness/check.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { constraintParts } from '../../../slicer/circuit/count/count.ts';
import { executeSlice, openSlice } from '../../../slicer/execute/session.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { decodeProgram, encodeProgram } from '../../../slicer/integer/serialise.ts';
import { nonlinearCase } from '../../support/nonlinear-programs.ts';
import { outputsOf } from '../../support/programs.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const runs = Number(process.env.SLICEPROOF_FUZZ ?? 1);

describe('random programs of products, tables, maxima, divisions, roots and positions', () => {
  it('have the rows that are counted', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { program } = nonlinearCase(seed);
        expect(constraintParts(program)).toEqual(compileSlice(program).layout);
      }),
      { numRuns: 30 * runs },
    );
  });

  it('are the same integers to evaluator and witness', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const given = nonlinearCase(seed);
        const { program, inputs } = given;
        expect(decodeProgram(encodeProgram(program))).toEqual(program);
        const slice = compileSlice(program);
        const witness = slice.computeWitness({
          inputs,
          inputSalts: inputs.map((_, i) => BigInt(i)),
          outputSalts: [7n],
          tag: 8n,
        });
        expect(checkWitness(slice.r1cs, witness.values)).toBeUndefined();
        expect(witness.outputs).toEqual(outputsOf(given));
      }),
      { numRuns: 60 * runs },
    );
  });

  it('are the same integers to evaluator and ONNX Runtime', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const given = nonlinearCase(seed);
        const session = await openSlice(sliceOnnx(given.program, 'case'));
        try {
          expect(await executeSlice(session, given.inputs)).toEqual(outputsOf(given));
        } finally {
          await session.close();
        }
      }),
      { numRuns: 100 * runs },
    );
  });
});
