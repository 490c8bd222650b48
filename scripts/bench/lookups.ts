import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { circuitSize } from '../../slicer/circuit/count/count.ts';
import { median, rounded } from './benchmark.ts';
import type { Benchmark } from './benchmark.ts';
import { inputsOf, scaledReluProgram, sigmoidProgram } from './programs.ts';
import { mebibytes } from './by-turns.ts';
import { warmProofs } from './prover.ts';
import { ABOUT_RAPIDSNARK, PROVERS } from './provers.ts';
import { sliceJob } from './slice-job.ts';

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
          const job = await sliceJob(
            name,
            program,
            mode,
            inputsOf(program),
            path.join(folder, `${mode}.zkey`),
          );
          const { constraints, qapRows } = circuitSize(program, { mode });
          for (const backend of PROVERS) {
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
              mebibytes(Math.max(...proofs.map(({ peakRssBytes }) => peakRssBytes))),
              rounded(job.witnessCpu, 3),
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
        `verified. Rows of the QAP are the constraints and one for each signal and committed wire. ${ABOUT_RAPIDSNARK}`,
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
