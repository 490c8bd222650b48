import path from 'node:path';
import { z } from 'zod';
import { sampleSalt } from '../../protocol/commitment/commit.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import type { Log } from '../../protocol/log.ts';
import { specOf, circuitArtifacts } from '../../protocol/manifest.ts';
import type { Artifact } from '../../protocol/store/digest.ts';
import type { FolderStore } from '../../protocol/store/folder-store.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import type { CircuitMode } from '../../slicer/circuit/mode.ts';
import { parseVerifyingKey, type VerifyingKeyJson } from '../../slicer/formats/verifying-key.ts';
import type { ProverPool } from '../../slicer/prove/pool.ts';
import { verifyingKeyToSolidity } from '../../slicer/prove/solidity.ts';
import { createProofVerifier, type ProofVerifier } from '../../slicer/prove/verify.ts';
import { NodeError } from '../errors.ts';
import { readJsonFile, writeJsonFile } from '../files.ts';
import type { Speed } from '../pricing/speed.ts';
import type { Workshop } from '../work/workshop.ts';
import type { Model } from './catalog.ts';

/** Everything for proving a slice, checked. */
export interface ReadyCircuit {
  /** keccak256 of the registered key: names the circuit where its time is kept. */
  readonly keyDigest: string;
  readonly constraints: number;
  readonly program: Uint8Array;
  readonly mode: CircuitMode;
  readonly onnx: Uint8Array;
  /** Path of the .zkey. */
  readonly provingKey: string;
  /** Under the key that the chain will verify with. */
  readonly verifier: ProofVerifier;
}

export interface CircuitsOptions {
  readonly contracts: Contracts;
  readonly store: ArtifactStore;
  /** Where the store's artifacts end up as files. */
  readonly cache: FolderStore;
  readonly workshop: Workshop;
  readonly pool: ProverPool;
  readonly speed: Speed;
  readonly dataDir: string;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly log: Log;
}

const provenSchema = z.object({
  format: z.literal('sliceproof-proven-circuits/1'),
  /** Registered key, proving key and R1CS with which a proof of this node's own was verified. */
  proven: z.array(z.string().max(300)).max(100_000),
});

/**
 * The circuits that this node can prove. Before it stakes anything on one it has compiled the R1CS from the
 * program itself, has compared the key in the store with the key on chain, and has verified a proof of its own
 * under the latter: a wrong key would be noticed only when the collateral is gone.
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
   * @throws NodeError NODE_NOT_PROVABLE, NODE_KEY_MISMATCH (the store's verifying key isn't the registered one),
   * NODE_CIRCUIT_MISMATCH (the R1CS isn't the program's), NODE_PROOF_REFUSED (the proving key belongs to another
   * circuit); StoreError
   */
  async prepare(model: Model, slice: number): Promise<ReadyCircuit> {
    const known = this.get(model.registered.modelId, slice);
    if (known) return known;
    const { circuit } = model.registered.slices[slice];
    const own = model.manifest.slices[slice];
    const { artifacts, constraints, mode } = own;
    if (circuit === 0) {
      throw new NodeError(
        'NODE_NOT_PROVABLE',
        `slice ${slice} of ${model.registered.modelId} has no circuit`,
      );
    }
    const { r1cs, provingKey, verifyingKey: keyFile } = circuitArtifacts(own);
    const { contracts, cache, workshop } = this.#options;
    const [info, registered, program, onnx, verifyingKeyBytes] = await Promise.all([
      contracts.circuits.circuitInfo(circuit),
      contracts.circuits.verifyingKey(circuit),
      this.#fetch(artifacts.program),
      this.#fetch(artifacts.onnx),
      this.#fetch(keyFile),
    ]);
    const verifyingKey = expectSameKey(circuit, verifyingKeyBytes, registered);
    const compiled = await workshop.compile(program, mode);
    if (compiled.r1csDigest !== r1cs.sha256 || compiled.constraints !== constraints) {
      throw new NodeError(
        'NODE_CIRCUIT_MISMATCH',
        `slice ${slice}: the manifest says R1CS ${r1cs.sha256} of ${constraints} constraints, its program gives ${compiled.r1csDigest} of ${compiled.constraints}`,
        { hint: 'The key would prove something else than the program computes.' },
      );
    }
    await this.#fetch(provingKey);
    const ready: ReadyCircuit = {
      keyDigest: info.keyDigest,
      constraints,
      program,
      mode,
      onnx,
      provingKey: cache.pathOf(provingKey.sha256),
      verifier: await createProofVerifier(verifyingKey),
    };
    await this.#proveOnce(model, slice, ready);
    this.#ready.set(`${model.registered.modelId}:${slice}`, ready);
    return ready;
  }

  #fetch({ sha256, bytes }: Artifact): Promise<Uint8Array> {
    return this.#options.store.get(sha256, { maxBytes: bytes });
  }

  /** A proof about zeros, for nobody, verified under the registered key: once a key and R1CS, also over restarts. */
  async #proveOnce(model: Model, slice: number, circuit: ReadyCircuit): Promise<void> {
    const { workshop, pool, speed, dataDir, randomBytes, log } = this.#options;
    const own = model.manifest.slices[slice];
    const { inputs, outputs } = own;
    const { r1cs, provingKey } = circuitArtifacts(own);
    const name = `${circuit.keyDigest}:${provingKey.sha256}:${r1cs.sha256}`;
    const file = path.join(dataDir, 'proven-circuits.json');
    const proven = await (this.#proven ??= readJsonFile(file, provenSchema).then(
      (kept) => new Set(kept?.proven),
    ));
    if (proven.has(name)) return;
    const { witness, signals } = await workshop.witness({
      program: circuit.program,
      mode: circuit.mode,
      provingKey: circuit.provingKey,
      inputs: inputs.map((id) => ({
        values: new Float64Array(specOf(model.manifest.tensors[id]).count),
        salt: sampleSalt(randomBytes),
      })),
      outputSalts: outputs.map(() => sampleSalt(randomBytes)),
      tag: 0n,
    });
    const made = await pool.prove({ provingKey: circuit.provingKey, witness });
    const verdict = circuit.verifier.verify(signals.map(String), made.proof);
    if (!verdict.ok) {
      throw new NodeError(
        'NODE_PROOF_REFUSED',
        `slice ${slice}: a proof made with the store's proving key does not hold under the registered key: ${verdict.message}`,
        { hint: 'Proving key and registered key belong to different circuits or setups.' },
      );
    }
    await speed.record(circuit.keyDigest, circuit.constraints, made.proveSeconds);
    proven.add(name);
    await writeJsonFile(file, {
      format: 'sliceproof-proven-circuits/1',
      proven: [...proven],
    } satisfies z.infer<typeof provenSchema>);
    log.info(
      {
        modelId: model.registered.modelId,
        slice,
        constraints: circuit.constraints,
        proveSeconds: made.proveSeconds,
      },
      'circuit proved once under its registered key',
    );
  }
}

/** The store's verifying key, if it is the registered one. */
function expectSameKey(
  circuit: number,
  bytes: Uint8Array,
  registered: Awaited<ReturnType<Contracts['circuits']['verifyingKey']>>,
): VerifyingKeyJson {
  const key = parseVerifyingKey(parseJson(bytes));
  const { alpha, beta, gamma, delta, ic } = verifyingKeyToSolidity(key);
  const words = [
    ...[alpha, ...ic].flatMap(({ x, y }) => [x, y]),
    ...[beta, gamma, delta].flatMap(({ x, y }) => [...x, ...y]),
  ];
  const onChain = [
    ...[registered.alpha, ...registered.ic].flatMap(({ x, y }) => [x, y]),
    ...[registered.beta, registered.gamma, registered.delta].flatMap(({ x, y }) => [...x, ...y]),
  ];
  if (words.length === onChain.length && words.every((word, i) => word === onChain[i])) return key;
  throw new NodeError(
    'NODE_KEY_MISMATCH',
    `the verifying key in the store isn't the one registered as circuit ${circuit}`,
    { hint: 'A proof made for it would not be paid.' },
  );
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // Refused by the schema that it is given to, with a name.
    return undefined;
  }
}
