import type { ProofJson } from '../formats/proof.ts';
import { createProverPool } from '../prove/pool.ts';
import type { ProverPool } from '../prove/pool.ts';
import { placeOf, readBytes } from './files.ts';
import type { FileToRead, MemoryFile } from './files.ts';

/** A proof as snarkjs gives it. */
export interface FullProof {
  readonly proof: ProofJson;
  /** Decimal, in the circuit's order: outputs, then public inputs. */
  readonly publicSignals: readonly string[];
}

/** What a circuit takes: numbers by the signals' names, lists for arrays. */
export interface CircuitInputs {
  readonly [signal: string]: InputValue | readonly InputValue[];
}
type InputValue = bigint | number | string | readonly InputValue[];

let pool: ProverPool | undefined;

/**
 * Proves a witness: snarkjs's `groth16.prove`. It isn't checked that the witness satisfies the circuit.
 *
 * Proofs are made one after the other by a process of its own, which is started for the first and keeps the key of the last
 * one, known by its path, size and time or by its array; this process ends without waiting for it.
 *
 * @param zkey a .zkey for Groth16 over BN254
 * @param wtns a .wtns for the same circuit
 * @throws Groth16Error FILE_WITHOUT_DATA, FILE_UNREADABLE, and what {@link ProverPool.prove} throws
 */
export async function prove(zkey: FileToRead, wtns: FileToRead): Promise<FullProof> {
  const job = { provingKey: placeOf(zkey), witness: await readBytes(wtns) };
  pool ??= createProverPool({ workers: 1, background: true });
  const { proof, publicSignals } = await pool.prove(job);
  return { proof, publicSignals };
}

/**
 * Computes a circuit's witness and proves it: snarkjs's `groth16.fullProve`, whose calculator computes it, in this process.
 *
 * @param wasm what circom made of the circuit
 * @throws as {@link prove}; what the calculator throws when the inputs are not the circuit's or break an assertion
 */
export async function fullProve(
  input: CircuitInputs,
  wasm: FileToRead,
  zkey: FileToRead,
): Promise<FullProof> {
  const { wtns } = await import('snarkjs');
  const witness: MemoryFile = { type: 'mem' };
  await wtns.calculate(input, placeOf(wasm), witness);
  return prove(zkey, witness);
}

/** Ends the process that proves, with the memory and the key that it has; the next proof starts another one. */
export async function terminate(): Promise<void> {
  const ending = pool;
  pool = undefined;
  await ending?.close();
}
