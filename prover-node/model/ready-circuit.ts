import type { OpenTensor } from '../../protocol/tensor-bundle.ts';
import type { ProofRecord } from '../prove/proofs.ts';

/** What a slice's proof is about, opened. */
export interface SliceStatement {
  /** The slice's tensors, in its order. */
  readonly inputs: readonly OpenTensor[];
  readonly outputs: readonly OpenTensor[];
  /** Commitments of inputs and outputs, and the tag: what the contract will build. */
  readonly signals: readonly bigint[];
}

/** A proof, and what it took: wall and processor seconds, the peak resident memory of the process that made it. */
export interface MadeProof {
  readonly proof: ProofRecord['proof'];
  readonly proveSeconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  /** Why the proof doesn't hold by what the chain verifies with; undefined: it holds. */
  readonly problem?: string | undefined;
}

/** Everything for proving a slice, checked. */
export interface ReadyCircuit {
  /** The registry's digest of what the proofs are verified with: names the circuit where its time is kept. */
  readonly keyDigest: string;
  /** Names the circuit with all that its proofs are made with. */
  readonly name: string;
  readonly constraints: number;
  /** The slice as an ONNX model. */
  readonly onnx: Uint8Array;
  /** Gas that its verification takes besides that of a Groth16 proof; undefined where there is a key. */
  readonly verifierGas?: bigint;
  /**
   * Checks what can be checked of a statement before anything is staked on proving it.
   * @throws NodeError NODE_TRACE_FALSE, NODE_WITNESS_REFUSED
   */
  check(statement: SliceStatement): Promise<void>;
  /** Has what a stake will hang on compiled before. */
  warm(): void;
  /** @throws ProveError; NodeError as {@link check} */
  prove(statement: SliceStatement, way: Way): Promise<MadeProof>;
}

/** For what a proof is made. */
export interface Way {
  /** Gives it up. */
  readonly signal: AbortSignal;
  /** Whether a stake hangs on it: then it waits for nothing that others may choose. */
  readonly staked: boolean;
  /** Where several wait for a prover: larger goes first. */
  readonly priority: number;
}
