import type { ProofJson, PublicSignals } from '../formats/proof.ts';

/** A proof and the signals it speaks about, in snarkjs's JSON forms. */
export interface ProvedStatement {
  readonly proof: ProofJson;
  readonly publicSignals: PublicSignals;
}

/** What a backend proves from: the contents of a .zkey and of a .wtns file that fit each other. */
export interface ProveInput {
  readonly provingKey: Uint8Array;
  readonly witness: Uint8Array;
}

/**
 * A way to make Groth16 proofs over BN254. A backend does not check that the witness satisfies the circuit:
 * a wrong witness gives a proof that no verifier takes.
 */
export interface ProofBackend {
  readonly name: BackendName;
  /** Whether an opened key goes on reading the bytes that it was opened from; else they can be let go. */
  readonly keepsBytes: boolean;
  /** Makes a key ready for many proofs; a backend may forget it when the next one is opened. */
  open(provingKey: Uint8Array): Promise<OpenedKey>;
  /** Opens the key for one proof. */
  prove(input: ProveInput): Promise<ProvedStatement>;
}

/** A proving key that a backend has made ready. */
export interface OpenedKey {
  /** Proves the contents of a .wtns file that fits the key. */
  prove(witness: Uint8Array): Promise<ProvedStatement>;
}

/** Backends that a worker process can be told to use. */
export type BackendName = 'snarkjs' | 'native-js';
