import path from 'node:path';
import { z } from 'zod';
import { readCircuit, type RegisteredCircuit } from '../../protocol/contracts/external.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import type { Log } from '../../protocol/log.ts';
import { circuitArtifacts } from '../../protocol/manifest.ts';
import { keyDigestOf } from '../../groth16/lookups/key-digest.ts';
import { FileError } from '../../protocol/files/errors.ts';
import { readKept, writeKept } from '../../protocol/files/kept-json.ts';
import type { Artifact } from '../../protocol/store/digest.ts';
import type { FolderStore } from '../../protocol/store/folder-store.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import { decodeVerifyingKey } from '../../groth16/formats/verifying-key.ts';
import { verifyingKeyToSolidity } from '../../groth16/verify/solidity.ts';
import { createProofVerifier } from '../../groth16/verify/verify.ts';
import { extremeValues, randomValues } from '../../slicer/audit/trial-inputs.ts';
import type { TensorValues } from '../../slicer/integer/program.ts';
import { NodeError } from '../errors.ts';
import { sliceModelOf, type SliceRunner } from '../execute/runner.ts';
import { trialStatement } from '../prove/statement.ts';
import type { Places } from '../prove/places.ts';
import type { Speed } from '../pricing/speed.ts';
import type { Provers } from '../workers/provers.ts';
import type { Workshop } from '../work/workshop.ts';
import type { Model } from './catalog.ts';
import { ExternalCircuit } from './external-circuit.ts';
import type { ExternalProvers } from './external-provers.ts';
import { KeyedCircuit } from './keyed-circuit.ts';
import type { MadeProof, ReadyCircuit, SliceStatement, Way } from './ready-circuit.ts';

export interface CircuitsOptions {
  readonly contracts: Contracts;
  readonly store: ArtifactStore;
  /** Where the store's artifacts end up as files. */
  readonly cache: FolderStore;
  readonly runner: SliceRunner;
  readonly workshop: Workshop;
  readonly provers: Pick<Provers, 'prove'>;
  /** What gives a circuit's first proof a worker. */
  readonly places: Pick<Places, 'whenSpare'>;
  /** What computes the witnesses that a stake hangs on. */
  readonly atStake: { readonly workshop: Workshop };
  /** What proves slices of other systems. */
  readonly externalProvers: ExternalProvers;
  readonly speed: Speed;
  readonly dataDir: string;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly log: Log;
  /** Aborts when the node has stopped: a first proof under way is given up. */
  readonly signal: AbortSignal;
}

/** All least, all largest, all zero, and the ends mixed: a witness each. Builds and audits rehearse far more. */
const EXTREME_TRIALS = 4;

const provenSchema = z.object({
  format: z.literal('sliceproof-proven-circuits/1'),
  /** Registered key, proving key and R1CS with which a proof of this node's own was verified. */
  proven: z.array(z.string().max(300)).max(100_000),
});

/** Names a circuit's first proof among what workers do. */
export function trialOf({ modelId, slice }: { readonly modelId: string; readonly slice: number }): string {
  return `circuit ${modelId} ${slice}`;
}

/**
 * The circuits that this node can prove. Before it stakes anything on one it has compiled the R1CS from the
 * program itself, has compared the key in the store with the key on chain, and has verified a proof of its own
 * under the latter: a wrong key would be noticed only when the collateral is gone. Of a slice that another system proves,
 * the contract on chain has taken such a proof.
 */
export class Circuits {
  readonly #options: CircuitsOptions;
  readonly #ready = new Map<string, ReadyCircuit>();
  #proven: Promise<Set<string>> | undefined;

  constructor(options: CircuitsOptions) {
    this.#options = options;
  }

  /** The circuit of a slice, if {@link prepare} has made it ready. */
  get(modelId: string, slice: number): ReadyCircuit | undefined {
    return this.#ready.get(`${modelId}:${slice}`);
  }

  /**
   * @param way of whoever has a worker already; undefined: its first proof waits for one to spare
   * @throws NodeError NODE_NOT_PROVABLE, NODE_NO_EXTERNAL_PROVER, NODE_KEY_MISMATCH (the store's verifying key isn't the
   * registered one), NODE_CIRCUIT_MISMATCH (the R1CS isn't the program's), NODE_PROOF_REFUSED (the proving key belongs to
   * another circuit, or the external prover's proof isn't one); StoreError; ProveError
   */
  async prepare(model: Model, slice: number, way?: Way): Promise<ReadyCircuit> {
    const { modelId, slices } = model.registered;
    const known = this.get(modelId, slice);
    if (known) return known;
    const { circuit } = slices[slice];
    if (circuit === 0)
      throw new NodeError('NODE_NOT_PROVABLE', `slice ${slice} of ${modelId} has no circuit`);
    const registered = await readCircuit(this.#options.contracts, circuit);
    const ready =
      registered.external === undefined
        ? await this.#keyed(model, slice, registered.keyDigest)
        : await this.#external(model, slice, registered.keyDigest, registered.external);
    await this.#proveOnce(model, slice, ready, way);
    this.#ready.set(`${modelId}:${slice}`, ready);
    return ready;
  }

  async #keyed(model: Model, slice: number, keyDigest: string): Promise<KeyedCircuit> {
    const own = model.manifest.slices[slice];
    const { artifacts, constraints, mode } = own;
    const { r1cs, provingKey, verifyingKey } = circuitArtifacts(own);
    const { cache, workshop, atStake, provers } = this.#options;
    const [program, onnx, keyBytes] = await Promise.all([
      this.#fetch(artifacts.program),
      this.#fetch(artifacts.onnx),
      this.#fetch(verifyingKey),
    ]);
    const key = decodeVerifyingKey(keyBytes);
    if (keyDigestOf(verifyingKeyToSolidity(key)) !== keyDigest) {
      throw new NodeError(
        'NODE_KEY_MISMATCH',
        `the verifying key in the store isn't the one registered as circuit ${model.registered.slices[slice].circuit}`,
        { hint: 'A proof made for it would not be paid.' },
      );
    }
    const compiled = await workshop.compile(program, mode);
    if (compiled.r1csDigest !== r1cs.sha256 || compiled.constraints !== constraints) {
      throw new NodeError(
        'NODE_CIRCUIT_MISMATCH',
        `slice ${slice}: the manifest says R1CS ${r1cs.sha256} of ${constraints} constraints, its program gives ${compiled.r1csDigest} of ${compiled.constraints}`,
        { hint: 'The key would prove something else than the program computes.' },
      );
    }
    await this.#fetch(provingKey);
    return new KeyedCircuit({
      slice,
      keyDigest,
      name: `${keyDigest}:${provingKey.sha256}:${r1cs.sha256}`,
      constraints,
      program,
      mode,
      onnx,
      provingKey: cache.pathOf(provingKey.sha256),
      key: provingKey,
      verifier: await createProofVerifier(key),
      workshop,
      atStake,
      provers,
    });
  }

  async #external(
    model: Model,
    slice: number,
    keyDigest: string,
    { verifier, gasLimit }: NonNullable<RegisteredCircuit['external']>,
  ): Promise<ExternalCircuit> {
    const { contracts, cache, externalProvers } = this.#options;
    const { circuit, weight } = model.registered.slices[slice];
    const { external, artifacts } = model.manifest.slices[slice];
    if (external?.verifier !== verifier.toLowerCase()) {
      throw new NodeError(
        'NODE_KEY_MISMATCH',
        `slice ${slice}: the manifest names ${external?.verifier ?? 'no contract'} for its verification, the chain ${verifier}`,
      );
    }
    const [onnx] = await Promise.all([this.#fetch(artifacts.onnx), this.#fetch(artifacts.program)]);
    return new ExternalCircuit({
      contracts,
      prover: externalProvers.of(verifier),
      circuit,
      verifier,
      gasLimit: BigInt(gasLimit),
      keyDigest,
      // Nothing but its price says how large it is.
      constraints: weight,
      onnx,
      files: { onnx: cache.pathOf(artifacts.onnx.sha256), program: cache.pathOf(artifacts.program.sha256) },
      modelId: model.registered.modelId,
      slice,
      tensors: model.registered.tensors,
      inputs: model.registered.slices[slice].inputs,
      outputs: model.registered.slices[slice].outputs,
    });
  }

  #fetch({ sha256, bytes }: Artifact): Promise<Uint8Array> {
    return this.#options.store.get(sha256, { maxBytes: bytes });
  }

  /**
   * A proof for nobody that holds by what the chain verifies with: once a circuit, also over restarts. It is about random
   * inputs; before it, circuit and ONNX model are compared on extreme ones.
   */
  async #proveOnce(model: Model, slice: number, circuit: ReadyCircuit, way: Way | undefined): Promise<void> {
    const { speed, dataDir, log } = this.#options;
    const { modelId } = model.registered;
    const file = path.join(dataDir, 'proven-circuits.json');
    const proven = await (this.#proven ??= readKept(file, provenSchema, { owner: true, log }).then(
      (kept) => new Set(kept?.proven),
    ));
    if (proven.has(circuit.name)) return;
    const tried = await this.#tried(model, slice, circuit, { proven, way }).catch((error: unknown) => {
      if (!(error instanceof NodeError) || error.code !== 'NODE_TRACE_FALSE') throw error;
      throw new NodeError(
        'NODE_CIRCUIT_MISMATCH',
        `slice ${slice}: its circuit computes something else than its ONNX model`,
        { hint: 'What executors commit to could not be proved.', cause: error },
      );
    });
    if (!tried) return;
    const { proveSeconds, problem } = tried;
    if (problem !== undefined) {
      throw new NodeError(
        'NODE_PROOF_REFUSED',
        `slice ${slice}: a first proof does not hold by what the chain verifies with: ${problem}`,
        { hint: 'Keys, or a prover and its verifier, belong to different circuits or setups.' },
      );
    }
    await speed.record(circuit.keyDigest, circuit.constraints, proveSeconds);
    proven.add(circuit.name);
    await writeKept(file, {
      format: 'sliceproof-proven-circuits/1',
      proven: [...proven],
    } satisfies z.infer<typeof provenSchema>).catch((error: unknown) => {
      // It is known here and now; what isn't written is proved once more after a restart.
      if (!(error instanceof FileError)) throw error;
    });
    const { constraints } = circuit;
    log.info({ modelId, slice, constraints, proveSeconds }, 'circuit proved once under its registered key');
  }

  /** Undefined: whoever needed it for a stake has proved it meanwhile. */
  async #tried(
    model: Model,
    slice: number,
    circuit: ReadyCircuit,
    { proven, way }: { readonly proven: ReadonlySet<string>; readonly way: Way | undefined },
  ): Promise<MadeProof | undefined> {
    const { places, randomBytes, signal, speed } = this.#options;
    const { tensors, slices } = model.registered;
    const specs = slices[slice].inputs.map((id) => tensors[id]);
    for (let turn = 0; turn < EXTREME_TRIALS; turn++) {
      const inputs = specs.map((spec) => extremeValues(spec, turn, randomBytes));
      await circuit.check(await this.#statement(model, slice, circuit, inputs));
    }
    const inputs = specs.map((spec) => randomValues(spec, randomBytes));
    const statement = await this.#statement(model, slice, circuit, inputs);
    if (way) return circuit.prove(statement, way);
    const name = trialOf({ modelId: model.registered.modelId, slice });
    const seconds = speed.estimate(circuit.keyDigest, circuit.constraints);
    const prove = async (giving: AbortSignal): Promise<MadeProof | undefined> =>
      proven.has(circuit.name)
        ? undefined
        : circuit.prove(statement, { signal: AbortSignal.any([signal, giving]), staked: false, priority: 0 });
    return places.whenSpare(name, seconds, prove, signal);
  }

  /** What the slice's ONNX model makes of inputs, as a statement for nobody. */
  async #statement(
    model: Model,
    slice: number,
    circuit: ReadyCircuit,
    inputs: readonly TensorValues[],
  ): Promise<SliceStatement> {
    const { runner, randomBytes } = this.#options;
    const of = (made: readonly TensorValues[]): SliceStatement =>
      trialStatement(model, slice, [...inputs, ...made], randomBytes);
    const isTaken = (made: readonly TensorValues[]): Promise<boolean> =>
      circuit.check(of(made)).then(
        () => true,
        () => false,
      );
    return of(await runner.run(sliceModelOf(model, slice, circuit.onnx), inputs, isTaken));
  }
}
