import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { executeSlice, openSlice } from '../../../slicer/execute/session.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { validateProgram } from '../../../slicer/integer/validate.ts';
import { outputsOf, programCases, type ProgramCase } from '../../support/programs.ts';

async function runtimeOutputs({ program, inputs }: ProgramCase): Promise<readonly Float64Array[]> {
  const session = await openSlice(sliceOnnx(program, 'case'));
  try {
    return await executeSlice(session, inputs);
  } finally {
    await session.close();
  }
}

describe('a slice in ONNX Runtime', () => {
  it('gives the integers of the evaluator, to the last one', async () => {
    await fc.assert(
      fc.asyncProperty(programCases(), async (given) => {
        validateProgram(given.program);
        expect(await runtimeOutputs(given)).toEqual(outputsOf(given));
      }),
      { numRuns: 150 },
    );
  });

  it('still does when sums pass what float32 holds', async () => {
    await fc.assert(
      fc.asyncProperty(programCases({ weight: 4095, bits: 12, layers: 3 }), async (given) => {
        expect(await runtimeOutputs(given)).toEqual(outputsOf(given));
      }),
      { numRuns: 100 },
    );
  });
});
