// Makes the keys of one circuit in a process of its own and says what that took.
import { z } from 'zod';
import { compileSlice } from '../../slicer/circuit/compile.ts';
import { peakMemoryBytes, resetPeakMemory } from '../../groth16/prove/peak-memory.ts';
import { developmentSetup } from '../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../groth16/setup/trapdoor.ts';
import { cpuSecondsOf } from './benchmark.ts';
import { answerFresh } from './fresh.ts';
import { sliceProgram } from './slice-circuit.ts';

await answerFresh(z.strictObject({ power: z.number().int().positive() }), async ({ power }) => {
  const { r1cs } = compileSlice(sliceProgram(power));
  const phase1 = deriveDevelopmentPhase1(new TextEncoder().encode('bench'));
  resetPeakMemory();
  let seconds = 0;
  let keyBytes = 0;
  const cpu = await cpuSecondsOf(async () => {
    const made = await developmentSetup(r1cs, { phase1 });
    seconds = made.seconds;
    keyBytes = made.keyBytes;
  });
  return { rows: r1cs.constraints, cpu, seconds, keyBytes, peakBytes: peakMemoryBytes() };
});
