import type { CircuitMode } from '../../slicer/circuit/mode.ts';
import type { ProverPool } from '../../groth16/prove/pool.ts';
import type { ProofVerifier } from '../../groth16/verify/verify.ts';
import { traceFalse } from '../errors.ts';
import type { Workshop } from '../work/workshop.ts';
import type { MadeProof, ReadyCircuit, SliceStatement } from './ready-circuit.ts';

export interface KeyedCircuitOptions {
  readonly slice: number;
  readonly keyDigest: string;
  readonly name: string;
  readonly constraints: number;
  readonly program: Uint8Array;
  readonly mode: CircuitMode;
  readonly onnx: Uint8Array;
  /** Path of the .zkey. */
  readonly provingKey: string;
  /** Under the key that the chain will verify with. */
  readonly verifier: ProofVerifier;
  readonly workshop: Workshop;
  readonly pool: ProverPool;
}

/** A slice that is proved by its circuit, under a registered Groth16 key. */
export class KeyedCircuit implements ReadyCircuit {
  readonly keyDigest: string;
  readonly name: string;
  readonly constraints: number;
  readonly onnx: Uint8Array;
  readonly #options: KeyedCircuitOptions;

  constructor(options: KeyedCircuitOptions) {
    const { keyDigest, name, constraints, onnx } = options;
    this.keyDigest = keyDigest;
    this.name = name;
    this.constraints = constraints;
    this.onnx = onnx;
    this.#options = options;
  }

  async check(statement: SliceStatement): Promise<void> {
    await this.#witness(statement);
  }

  async prove(statement: SliceStatement, signal?: AbortSignal): Promise<MadeProof> {
    const { pool, provingKey, verifier } = this.#options;
    const made = await pool.prove({ provingKey, witness: await this.#witness(statement), signal });
    const { proof, proveSeconds, cpuSeconds, peakRssBytes } = made;
    const verdict = verifier.verify(statement.signals.map(String), proof);
    return {
      proof,
      proveSeconds,
      cpuSeconds,
      peakRssBytes,
      ...(verdict.ok ? {} : { problem: verdict.message }),
    };
  }

  /** A witness that satisfies the circuit, and whose public signals are the statement's. */
  async #witness({ inputs, outputs, signals }: SliceStatement): Promise<Uint8Array> {
    const { workshop, program, mode, provingKey, slice } = this.#options;
    const computed = await workshop.witness({
      program,
      mode,
      provingKey,
      inputs,
      outputSalts: outputs.map(({ salt }) => salt),
      tag: signals[signals.length - 1],
    });
    const wrong = signals.findIndex((signal, i) => signal !== computed.signals[i]);
    if (wrong >= 0) throw traceFalse(slice, `public signal ${wrong} differs from the trace's`);
    return computed.witness;
  }
}
