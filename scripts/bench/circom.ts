import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { groth16, wtns } from 'snarkjs';
import { readR1cs } from '../../groth16/formats/r1cs-file.ts';
import { developmentSetup, exportVerificationKey, type MemoryFile } from '../../groth16/index.ts';
import { cpuSecondsOf, median, rounded, type Benchmark } from './benchmark.ts';
import { mebibytes, proveByTurns } from './by-turns.ts';
import { ABOUT_RAPIDSNARK } from './provers.ts';
import { inputsOf, type CircomCircuit } from './circom/inputs.ts';
import { compileCircom } from './compile-circom.ts';
import { BenchError } from './errors.ts';
import { stopSnarkjs } from './stop-snarkjs.ts';

const CIRCUITS: readonly { readonly name: CircomCircuit; readonly title: string; readonly rounds: number }[] =
  [
    { name: 'poseidon', title: 'Poseidon hash of two', rounds: 9 },
    { name: 'merkle-32', title: 'Merkle proof, depth 32, Poseidon', rounds: 7 },
    { name: 'eddsa', title: 'EdDSA signature, Poseidon', rounds: 7 },
    { name: 'sha256', title: 'SHA-256 of one block', rounds: 5 },
  ];

/** Circuits that circom's people know, each proof verified by snarkjs, too. */
export const circom: Benchmark = {
  name: 'circom',
  title: 'Circuits of circom’s',
  run: async (log) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-bench-'));
    const rows: (string | number)[][] = [];
    try {
      for (const { name, title, rounds } of CIRCUITS) {
        const told = (line: string): void => log(`${title}: ${line}`);
        told('circuit and keys');
        const source = path.join(import.meta.dirname, 'circom', `${name}.circom`);
        const { r1cs, wasm } = await compileCircom(source, folder);
        const keyFile = path.join(folder, `${name}.zkey`);
        const setup = await cpuSecondsOf(() => developmentSetup(r1cs, keyFile));
        const verifyingKey = await exportVerificationKey(keyFile);
        const witness: MemoryFile = { type: 'mem' };
        await wtns.calculate(await inputsOf(name), wasm, witness);
        const job = { keyFile, verifyingKey, witness: witness.data as Uint8Array, rounds };
        const measured = await proveByTurns(job, told);
        for (const { backend, warm } of measured) {
          for (const { proof, publicSignals } of warm) {
            if (await groth16.verify(verifyingKey, [...publicSignals], proof)) continue;
            throw new BenchError('BENCH_PROOF', `snarkjs refuses a proof of ${title} by ${backend}`);
          }
        }
        const cpu = measured.map(({ warm }) => median(warm.map(({ cpuSeconds }) => cpuSeconds)));
        const { constraints } = readR1cs(await readFile(r1cs));
        measured.forEach(({ backend, first, warm }, i) =>
          rows.push([
            title,
            constraints,
            backend,
            rounded(cpu[i], 3),
            rounded(median(warm.map(({ proveSeconds }) => proveSeconds)), 3),
            mebibytes(Math.max(...warm.map(({ peakRssBytes }) => peakRssBytes))),
            rounded(first.cpuSeconds, 2),
            rounded(cpu[0] / cpu[i], 2),
            i === 0 ? '' : rounded(setup, 2),
          ]),
        );
      }
    } finally {
      await rm(folder, { recursive: true });
      // This process would wait for its threads.
      await stopSnarkjs();
    }
    return {
      about:
        'Circuits of circomlib, compiled by circom and proved again and again under one key, the backends in turns, each in one ' +
        'worker process on one thread. Medians of warm proofs; the first proof also reads the key. Every proof was verified by ' +
        'snarkjs. Setup is `developmentSetup` of `sliceproof/groth16`. The machine may be busy with other work: compare CPU ' +
        `seconds, not wall time. ${ABOUT_RAPIDSNARK}`,
      columns: [
        'circuit',
        'constraints',
        'backend',
        'CPU s',
        'wall s',
        'peak MiB',
        'first CPU s',
        'throughput (snarkjs = 1)',
        'setup CPU s',
      ],
      rows,
    };
  },
};
