import type { CircuitMode } from '../../slicer/circuit/mode.ts';
import type { OpenTensor } from '../../protocol/tensor-bundle.ts';

/** A slice's circuit, compiled from its program. */
export interface CompiledCircuit {
  /** sha-256 of the .r1cs file. */
  readonly r1csDigest: string;
  /** The rows that a prover proves: see provedRows. */
  readonly constraints: number;
}

/** What a witness is computed for. */
export interface WitnessRequest {
  /** The slice's integer program, as bytes. */
  readonly program: Uint8Array;
  readonly mode: CircuitMode;
  /** Path of the proving key: what commits to a witness before its challenge, in a circuit of lookups. */
  readonly provingKey: string;
  /** The slice's input tensors, in its order. */
  readonly inputs: readonly OpenTensor[];
  /** Salts of its output tensors, in its order. */
  readonly outputSalts: readonly bigint[];
  readonly tag: bigint;
}

export interface CheckedWitness {
  /** The .wtns file: it satisfies every constraint of the compiled circuit. */
  readonly witness: Uint8Array;
  /** Commitments of inputs and outputs, and the tag. */
  readonly signals: readonly bigint[];
}

/** Compiles circuits and computes witnesses, away from the thread that follows the chain. */
export interface Workshop {
  /** @throws SlicerError's codes for a program that is none */
  compile(program: Uint8Array, mode: CircuitMode): Promise<CompiledCircuit>;
  /** @throws NodeError NODE_WITNESS_REFUSED when a constraint is broken; SlicerError's codes for inputs out of range */
  witness(request: WitnessRequest): Promise<CheckedWitness>;
  /** The outputs that the program gives by definition, which ONNX Runtime's are compared with. */
  evaluate(program: Uint8Array, inputs: readonly Float64Array[]): Promise<readonly Float64Array[]>;
  close(): Promise<void>;
}
