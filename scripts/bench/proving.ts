import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { developmentSetup } from '../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../groth16/setup/trapdoor.ts';
import { cpuSecondsOf, median, rounded } from './benchmark.ts';
import type { Benchmark } from './benchmark.ts';
import { mebibytes, proveByTurns } from './by-turns.ts';
import { ABOUT_RAPIDSNARK } from './provers.ts';
import { sliceCircuit } from './slice-circuit.ts';

const SIZES: readonly { readonly power: number; readonly rounds: number }[] = [
  { power: 10, rounds: 9 },
  { power: 12, rounds: 7 },
  { power: 14, rounds: 5 },
  { power: 16, rounds: 3 },
];
const WITNESS_ROUNDS = 3;

/** Proofs by each backend in a worker process of its own, in turns, each proof verified. */
export const proving: Benchmark = {
  name: 'proving',
  title: 'Proving',
  run: async (log) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-bench-'));
    const rows: (string | number)[][] = [];
    try {
      for (const { power, rounds } of SIZES) {
        log(`2^${power}: circuit and keys`);
        const { r1cs, makeWitness } = sliceCircuit(power);
        const witnessSeconds: number[] = [];
        for (let round = 0; round < WITNESS_ROUNDS; round++)
          witnessSeconds.push(await cpuSecondsOf(makeWitness));
        const phase1 = deriveDevelopmentPhase1(new TextEncoder().encode('bench'));
        const { provingKey, verifyingKey } = await developmentSetup(r1cs, { phase1 });
        const keyFile = path.join(folder, `${power}.zkey`);
        await writeFile(keyFile, provingKey);
        const measured = await proveByTurns(
          { keyFile, verifyingKey, witness: makeWitness(), rounds },
          (line) => log(`2^${power}: ${line}`),
        );
        const cpu = measured.map(({ warm }) => median(warm.map(({ cpuSeconds }) => cpuSeconds)));
        measured.forEach(({ backend, first, warm }, index) =>
          rows.push([
            `2^${power}`,
            r1cs.constraints,
            backend,
            rounded(cpu[index], 2),
            rounded(median(warm.map(({ proveSeconds }) => proveSeconds)), 2),
            mebibytes(Math.max(...warm.map(({ peakRssBytes }) => peakRssBytes))),
            rounded(first.cpuSeconds, 2),
            mebibytes(first.peakRssBytes),
            rounded(cpu[0] / cpu[index], 2),
            rounded(median(witnessSeconds), 3),
          ]),
        );
      }
    } finally {
      await rm(folder, { recursive: true });
    }
    return {
      about:
        'One slice (a 3×3 convolution with ReLU over 8-bit values) proved again and again, the backends in turns, ' +
        'each in one worker process on one thread. Medians of warm proofs; the first proof also reads the key. ' +
        'Every proof was verified. The witness is made by the caller, before the prover. ' +
        `The machine may be busy with other work: compare CPU seconds, not wall time. ${ABOUT_RAPIDSNARK}`,
      columns: [
        'domain',
        'constraints',
        'backend',
        'CPU s',
        'wall s',
        'peak MiB',
        'first CPU s',
        'first peak MiB',
        'throughput (snarkjs = 1)',
        'witness CPU s',
      ],
      rows,
    };
  },
};
