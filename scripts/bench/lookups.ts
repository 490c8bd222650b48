import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileSlice } from '../../slicer/circuit/compile.ts';
import { circuitSize } from '../../slicer/circuit/count.ts';
import type { CircuitMode } from '../../slicer/circuit/mode.ts';
import { writeWitness } from '../../slicer/formats/witness-file.ts';
import type { IntegerProgram } from '../../slicer/integer/program.ts';
import { openChallenger } from '../../slicer/prove/challenge.ts';
import { developmentSetup } from '../../slicer/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../slicer/setup/trapdoor.ts';
import { cpuSecondsOf, median, rounded } from './benchmark.ts';
import type { Benchmark } from './benchmark.ts';
import { inputsOf, scaledReluProgram, sigmoidProgram } from './programs.ts';
import { warmProofs, type ProofJob } from './prover.ts';

const BACKENDS = ['snarkjs', 'native-js'] as const;
const ROUNDS = 3;
const VALUES = 3_456;

/** The same activations by booleans and by lookups. */
export const lookups: Benchmark = {
  name: 'lookups',
  title: 'Lookups and booleans',
  run: async (log) => {
    const rows: (string | number)[][] = [];
    const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-bench-'));
    try {
      for (const [name, program] of [
        [`${VALUES} ReLUs of 23 bits`, scaledReluProgram(VALUES)],
        [`${VALUES} sigmoids of 8 bits`, sigmoidProgram(VALUES)],
      ] as const) {
        const before = new Map<string, number>();
        for (const mode of ['bits', 'lookups'] as const) {
          log(`${name}, ${mode}`);
          const { job, witnessCpu } = await jobOf(name, program, mode, folder);
          const { constraints, qapRows } = circuitSize(program, { mode });
          for (const backend of BACKENDS) {
            const [proofs] = await warmProofs([job], backend, ROUNDS);
            const cpu = median(proofs.map(({ cpuSeconds }) => cpuSeconds));
            if (mode === 'bits') before.set(backend, cpu);
            rows.push([
              name,
              mode,
              constraints,
              qapRows,
              backend,
              rounded(cpu, 2),
              rounded((before.get(backend) ?? cpu) / cpu, 2),
              Math.round(Math.max(...proofs.map(({ peakRssBytes }) => peakRssBytes)) / 2 ** 20),
              rounded(witnessCpu, 3),
            ]);
          }
        }
      }
    } finally {
      await rm(folder, { recursive: true });
    }
    return {
      about:
        'Whole slices, with their 8-bit inputs and outputs and both commitments. Warm proofs, medians, every proof ' +
        'verified. Rows of the QAP are the constraints and one for each signal and committed wire.',
      columns: [
        'activations',
        'mode',
        'constraints',
        'rows of the QAP',
        'backend',
        'CPU s',
        'throughput (bits = 1)',
        'peak MiB',
        'witness CPU s',
      ],
      rows,
    };
  },
};

async function jobOf(
  name: string,
  program: IntegerProgram,
  mode: CircuitMode,
  folder: string,
): Promise<{ readonly job: ProofJob; readonly witnessCpu: number }> {
  const { r1cs, computeWitness } = compileSlice(program, { mode });
  const phase1 = deriveDevelopmentPhase1(new TextEncoder().encode('bench'));
  const { provingKey, verifyingKey } = await developmentSetup(r1cs, { phase1 });
  const file = path.join(folder, `${mode}.zkey`);
  await writeFile(file, provingKey);
  const challenger = await openChallenger(provingKey);
  const makeWitness = (): Uint8Array => {
    const challenge = challenger?.source(randomBytes);
    const request = { inputs: inputsOf(program), inputSalts: [1n], outputSalts: [2n], tag: 3n };
    return writeWitness(computeWitness({ ...request, ...(challenge ? { challenge } : {}) }).values);
  };
  let witness = makeWitness();
  const witnessCpu = await cpuSecondsOf(() => {
    witness = makeWitness();
  });
  return { job: { name, provingKey: file, verifyingKey, witness }, witnessCpu };
}
