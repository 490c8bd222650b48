import type { CircuitMode } from '../../slicer/circuit/mode.ts';
import type { ProofVerifier } from '../../groth16/verify/verify.ts';
import { traceFalse } from '../errors.ts';
import type { Provers } from '../workers/provers.ts';
import type { Workshop } from '../work/workshop.ts';
import type { MadeProof, ReadyCircuit, SliceStatement, Way } from './ready-circuit.ts';

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
  /** The same in the store. */
  readonly key: { readonly sha256: string; readonly bytes: number };
  /** Under the key that the chain will verify with. */
  readonly verifier: ProofVerifier;
  readonly workshop: Workshop;
  /** What computes the witnesses that a stake hangs on. */
  readonly atStake: { readonly workshop: Workshop };
  readonly provers: Pick<Provers, 'prove'>;
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
    await this.#witness(statement, this.#options.workshop);
  }

  warm(): void {
    const { program, mode, atStake } = this.#options;
    // What goes wrong is said by the witness.
    atStake.workshop.compile(program, mode).catch(() => undefined);
  }

  async prove(statement: SliceStatement, { signal, staked, priority }: Way): Promise<MadeProof> {
    const { provers, provingKey, key, verifier, workshop, atStake } = this.#options;
    const witness = await this.#witness(statement, staked ? atStake.workshop : workshop);
    const made = await provers.prove({ provingKey, key, witness, signal, priority });
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
  async #witness({ inputs, outputs, signals }: SliceStatement, workshop: Workshop): Promise<Uint8Array> {
    const { program, mode, provingKey, slice } = this.#options;
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
