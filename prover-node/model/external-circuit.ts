import { toBeHex } from 'ethers';
import type { TensorSpec } from '../../protocol/commitment/commit.ts';
import { externalProofHolds } from '../../protocol/contracts/external.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { fieldToHex, type OpenTensor } from '../../protocol/tensor-bundle.ts';
import type { ExternalProver, ExternalRequest } from './external-provers.ts';
import type { MadeProof, ReadyCircuit, SliceStatement, Way } from './ready-circuit.ts';

export interface ExternalCircuitOptions {
  readonly contracts: Contracts;
  readonly prover: ExternalProver;
  /** The registry's number. */
  readonly circuit: number;
  /** The contract that verifies. */
  readonly verifier: string;
  readonly gasLimit: bigint;
  readonly keyDigest: string;
  readonly constraints: number;
  readonly onnx: Uint8Array;
  /** Paths of the slice as an ONNX model and as an integer program. */
  readonly files: { readonly onnx: string; readonly program: string };
  readonly modelId: string;
  readonly slice: number;
  /** The model's tensors by id, and which of them the slice reads and writes. */
  readonly tensors: readonly TensorSpec[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** A slice that a program of the operator's proves, and a contract on chain verifies. */
export class ExternalCircuit implements ReadyCircuit {
  readonly keyDigest: string;
  readonly name: string;
  readonly constraints: number;
  readonly onnx: Uint8Array;
  readonly verifierGas: bigint;
  readonly #options: ExternalCircuitOptions;

  constructor(options: ExternalCircuitOptions) {
    this.keyDigest = options.keyDigest;
    this.name = `${options.keyDigest}:${options.prover.name}`;
    this.constraints = options.constraints;
    this.onnx = options.onnx;
    this.verifierGas = options.gasLimit;
    this.#options = options;
  }

  /** That the tensors open their commitments and that the slice computes them is all that is known of another system. */
  check(): Promise<void> {
    return Promise.resolve();
  }

  warm(): void {}

  async prove(statement: SliceStatement, { signal }: Way): Promise<MadeProof> {
    const { contracts, prover, circuit } = this.#options;
    const made = await prover.prove(this.#request(statement), signal);
    const holds = await externalProofHolds(contracts, circuit, statement.signals, made.proof.external);
    return holds ? made : { ...made, problem: 'the verifier contract does not take it' };
  }

  #request({ inputs, outputs, signals }: SliceStatement): ExternalRequest {
    const { contracts, circuit, verifier, files, modelId, slice, ...model } = this.#options;
    const describe = (opened: readonly OpenTensor[], ids: readonly number[], first: number) =>
      opened.map(({ values, salt }, i) => ({
        tensor: ids[i],
        ...model.tensors[ids[i]],
        commitment: toBeHex(signals[first + i], 32),
        salt: fieldToHex(salt),
        values: Array.from(values),
      }));
    return {
      format: 'sliceproof-external-request/1',
      chainId: contracts.deployment.chainId,
      circuit,
      verifier,
      modelId,
      slice,
      ...files,
      inputs: describe(inputs, model.inputs, 0),
      outputs: describe(outputs, model.outputs, inputs.length),
      signals: signals.map(String),
    };
  }
}
