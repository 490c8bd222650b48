import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerBuild } from '../../client/models/register-build.ts';
import { commitTensor } from '../../protocol/commitment/commit.ts';
import { HostileVerifier__factory } from '../../protocol/contracts/generated/index.ts';
import { readModel, type RegisteredModel } from '../../protocol/contracts/model.ts';
import { packSliceSpec, packTensorSpec } from '../../protocol/contracts/words.ts';
import { encodeManifest, type Manifest } from '../../protocol/manifest.ts';
import { FolderStore } from '../../protocol/store/folder-store.ts';
import { Attempts } from '../../prover-node/attempts.ts';
import { ModelCatalog } from '../../prover-node/model/catalog.ts';
import { RefusedModels } from '../../prover-node/model/refused-models.ts';
import { createRunner, type SliceRunner } from '../../prover-node/execute/runner.ts';
import { Circuits } from '../../prover-node/model/circuits.ts';
import { ExternalProvers, type ExternalRequest } from '../../prover-node/model/external-provers.ts';
import type { ReadyCircuit } from '../../prover-node/model/ready-circuit.ts';
import { openNodeStore } from '../../prover-node/model/watched-store.ts';
import { Places } from '../../prover-node/prove/places.ts';
import { Speed } from '../../prover-node/pricing/speed.ts';
import { openWorkshop } from '../../prover-node/work/open-workshop.ts';
import { compileSlice } from '../../slicer/circuit/compile.ts';
import { sliceOnnx } from '../../slicer/execute/slice-onnx.ts';
import { evaluateOutputs } from '../../slicer/integer/evaluate.ts';
import { decodeProgram } from '../../slicer/integer/serialise.ts';
import { createProverPool, type ProverPool } from '../../groth16/prove/pool.ts';
import { developmentSetup } from '../../groth16/setup/development-setup.ts';
import { sampleDevelopmentPhase1 } from '../../groth16/setup/trapdoor.ts';
import { listeningLog, openWorld, type World } from './support/world.ts';
import { until } from '../support/until.ts';

/** What an external prover may take. */
const PROVER_SECONDS = 600;

let world: World;
let pool: ProverPool;
const workshop = openWorkshop();
let runner: SliceRunner;
beforeAll(async () => {
  world = await openWorld();
  const { log } = listeningLog();
  runner = createRunner({ refused: await RefusedModels.load(path.join(world.folder, 'refused.json'), log) });
  pool = createProverPool({ workers: 1 });
});
afterAll(async () => {
  await workshop.close();
  await runner?.close();
  await pool?.close();
  await world?.close();
});

interface Bench {
  readonly catalog: ModelCatalog;
  readonly circuits: Circuits;
  readonly speed: Speed;
  readonly messages: () => unknown[];
  readonly stop: () => void;
}

/** What a node prepares circuits with, in a folder of its own or one that was used before. */
async function openBench(
  folder?: string,
  provers: readonly string[] = [],
): Promise<Bench & { readonly folder: string }> {
  const stopping = new AbortController();
  const dataDir = folder ?? (await mkdtemp(path.join(world.folder, 'bench-')));
  const { contracts } = world.client;
  const { log, lines } = listeningLog();
  const cache = new FolderStore(path.join(dataDir, 'artifacts'));
  const { store } = openNodeStore({
    places: [world.storeUrl],
    cache,
    token: undefined,
    log,
    onFailure: () => undefined,
  });
  const attempts = new Attempts({ log, clock: Date.now });
  const speed = await Speed.load(path.join(dataDir, 'speed.json'));
  return {
    folder: dataDir,
    catalog: new ModelCatalog(contracts, store, attempts),
    circuits: new Circuits({
      contracts,
      store,
      cache,
      runner,
      workshop,
      provers: pool,
      atStake: { workshop },
      places: new Places(1),
      externalProvers: new ExternalProvers(provers, PROVER_SECONDS),
      speed,
      dataDir,
      randomBytes,
      log,
      signal: stopping.signal,
    }),
    speed,
    stop: () => stopping.abort(),
    messages: () => lines.map(({ message }) => message),
  };
}

/** Registers the model under another manifest: `change` edits a copy of the true one. */
async function republish(
  change: (manifest: Manifest) => void,
  registered: RegisteredModel = world.model.model,
): Promise<string> {
  const { contracts, sender, store } = world.client;
  const manifest = structuredClone(world.model.manifest);
  change(manifest);
  const { sha256 } = await store.put(encodeManifest(manifest));
  const { tensors, inputCount, outputs, slices } = registered;
  const receipt = await sender.send('register', () =>
    contracts.models.registerModel.populateTransaction(
      sha256,
      tensors.map(packTensorSpec),
      inputCount,
      [...outputs],
      slices.map(packSliceSpec),
    ),
  );
  const [event] = receipt.logs.map((entry) => contracts.models.interface.parseLog(entry));
  return event?.args.modelId as string;
}

async function prepare(modelId: string, slice = 0): Promise<ReadyCircuit> {
  const { catalog, circuits } = await openBench();
  return circuits.prepare(await catalog.load(modelId), slice);
}

describe('a circuit', () => {
  test('is ready when its R1CS is the program’s, its key the chain’s, and a proof of one’s own holds', async () => {
    const first = await openBench();
    const model = await first.catalog.load(world.model.model.modelId);
    const circuit = await first.circuits.prepare(model, 0);
    expect(circuit.constraints).toBe(world.model.manifest.slices[0].constraints);
    expect(first.messages()).toContain('circuit proved once under its registered key');
    expect(first.speed.estimate(circuit.keyDigest, circuit.constraints)).toBeLessThan(
      Number.POSITIVE_INFINITY,
    );

    const restarted = await openBench(first.folder);
    await restarted.circuits.prepare(model, 0);
    expect(restarted.messages()).not.toContain('circuit proved once under its registered key');
    expect(restarted.speed.secondsPerThousandConstraints).toBe(first.speed.secondsPerThousandConstraints);
  });

  test('is refused when the store’s verifying key isn’t the registered one', async () => {
    const modelId = await republish(({ slices }) => {
      slices[0].artifacts.verifyingKey = slices[1].artifacts.verifyingKey;
    });
    await expect(prepare(modelId)).rejects.toMatchObject({ code: 'NODE_KEY_MISMATCH' });
  });

  test('is refused when only the key’s point for committed wires isn’t the registered one', async () => {
    const { store } = world.client;
    const { artifacts } = world.model.manifest.slices[1];
    const key = JSON.parse(Buffer.from(await store.get(artifacts.verifyingKey!.sha256)).toString()) as {
      vk_sigma_2: unknown;
      vk_beta_2: unknown;
    };
    const artifact = await store.put(Buffer.from(JSON.stringify({ ...key, vk_sigma_2: key.vk_beta_2 })));
    const modelId = await republish(({ slices }) => {
      slices[1].artifacts.verifyingKey = artifact;
    });
    await expect(prepare(modelId, 1)).rejects.toMatchObject({ code: 'NODE_KEY_MISMATCH' });
  });

  test('is refused when the ONNX model computes something else than the circuit, though not of zeros', async () => {
    const { store } = world.client;
    const { artifacts } = world.model.manifest.slices[0];
    const program = decodeProgram(await store.get(artifacts.program.sha256));
    const [gemm, ...rest] = program.nodes;
    if (gemm.kind !== 'gemm') throw new Error('expected a linear layer');
    const weights = gemm.weights.map((weight) => weight + 1);
    const other = { ...program, nodes: [{ ...gemm, weights }, ...rest] };
    const artifact = await store.put(sliceOnnx(other, 'slice 0'));
    const modelId = await republish(({ slices }) => {
      slices[0].artifacts.onnx = artifact;
    });
    await expect(prepare(modelId)).rejects.toMatchObject({ code: 'NODE_CIRCUIT_MISMATCH' });
  });

  test('is refused when the manifest names another R1CS than the program gives', async () => {
    const modelId = await republish(({ slices }) => {
      slices[0].artifacts.r1cs = slices[1].artifacts.r1cs;
    });
    await expect(prepare(modelId)).rejects.toMatchObject({ code: 'NODE_CIRCUIT_MISMATCH' });
  });

  test('is refused when the proving key comes from another setup', async () => {
    const { store } = world.client;
    const program = decodeProgram(await store.get(world.model.manifest.slices[0].artifacts.program.sha256));
    const { provingKey } = await developmentSetup(compileSlice(program).r1cs, {
      phase1: sampleDevelopmentPhase1(randomBytes),
      workers: 1,
    });
    const artifact = await store.put(provingKey);
    const modelId = await republish(({ slices }) => {
      slices[0].artifacts.provingKey = artifact;
    });
    await expect(prepare(modelId)).rejects.toMatchObject({ code: 'NODE_PROOF_REFUSED' });
  });

  test('is refused when the store has not got its key', async () => {
    const modelId = await republish(({ slices }) => {
      slices[0].artifacts.provingKey = { ...slices[0].artifacts.provingKey!, sha256: `0x${'00'.repeat(32)}` };
    });
    await expect(prepare(modelId)).rejects.toMatchObject({ code: 'STORE_NOT_FOUND' });
  });
});

describe('a circuit of another system', () => {
  /** The small model with its first slice under a contract that takes what begins with a zero byte. */
  async function publishHostile(): Promise<{ modelId: string; verifier: string }> {
    const hostile = await new HostileVerifier__factory(world.chain.signer(0)).deploy();
    await hostile.waitForDeployment();
    const verifier = await hostile.getAddress();
    const external = { slice: 0, system: 'hostile', verifier, gasLimit: 400_000, weight: 2_000 };
    const { modelId } = await registerBuild(world.client, path.join(world.folder, 'model'), undefined, [
      { ...external, description: Buffer.from('hostile') },
    ]);
    return { modelId, verifier };
  }

  /** Prepares it with a prover that runs this JavaScript, with the files of request and proof. */
  async function prepareWith(script: string): Promise<ReadyCircuit> {
    const { modelId, verifier } = await publishHostile();
    const command = `${process.execPath} -e "const fs = require('fs'); const [, request, proof] = process.argv; ${script}" {request} {proof}`;
    const { catalog, circuits } = await openBench(undefined, [`${verifier}=${command}`]);
    return circuits.prepare(await catalog.load(modelId), 0);
  }

  test('is ready when its contract has taken a proof of the operator’s program', async () => {
    const circuit = await prepareWith('fs.writeFileSync(proof, Buffer.alloc(1))');
    expect([circuit.constraints, circuit.verifierGas]).toEqual([2000, 400_000n]);
  });

  test('gives the program all that it needs, and nothing that doesn’t open its commitment', async () => {
    const copy = path.join(world.folder, 'request.json');
    await prepareWith(`fs.copyFileSync(request, '${copy}'); fs.writeFileSync(proof, Buffer.alloc(1))`);
    const request = JSON.parse(await readFile(copy, 'utf8')) as ExternalRequest;
    expect(request.signals).toHaveLength(3);
    const tensors = [...request.inputs, ...request.outputs];
    expect(tensors.map(({ tensor }) => tensor)).toEqual([0, 1]);
    tensors.forEach(({ count, bits, signed, values, salt, commitment }, i) => {
      const came = commitTensor({ count, bits, signed }, Float64Array.from(values), BigInt(salt));
      expect([BigInt(commitment), BigInt(request.signals[i])]).toEqual([came, came]);
    });
    const program = decodeProgram(await readFile(request.program));
    expect(evaluateOutputs(program, [Float64Array.from(request.inputs[0].values)])[0]).toEqual(
      Float64Array.from(request.outputs[0].values),
    );
    expect((await readFile(request.onnx)).length).toBeGreaterThan(0);
  });

  test.each([
    [
      'writes what the contract doesn’t take',
      'fs.writeFileSync(proof, Buffer.from([1]))',
      'NODE_PROOF_REFUSED',
    ],
    ['writes nothing', '', 'NODE_EXTERNAL_PROOF'],
    ['writes an empty file', 'fs.writeFileSync(proof, Buffer.alloc(0))', 'NODE_EXTERNAL_PROOF'],
    ['writes too much', 'fs.writeFileSync(proof, Buffer.alloc(32769))', 'NODE_EXTERNAL_PROOF'],
    ['fails', 'process.exit(3)', 'PROVE_COMMAND_FAILED'],
  ])('is refused when the program %s', async (_, script, code) => {
    await expect(prepareWith(script)).rejects.toMatchObject({ code });
  });

  test('is let go, with its program, when the node stops', async () => {
    const { modelId, verifier } = await publishHostile();
    const started = path.join(world.folder, 'started');
    const script = `require('fs').writeFileSync('${started}', String(process.pid)); setInterval(() => {}, 1000)`;
    const command = `${process.execPath} -e "${script}" {request} {proof}`;
    const { catalog, circuits, stop } = await openBench(undefined, [`${verifier}=${command}`]);
    const preparing = circuits.prepare(await catalog.load(modelId), 0);
    const given = expect(preparing).rejects.toMatchObject({ name: 'AbortError' });
    const pid = await until(async () => Number(await readFile(started, 'utf8').catch(() => '')) || undefined);
    stop();
    await given;
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('is refused without a program for its contract', async () => {
    const { modelId } = await publishHostile();
    await expect(prepare(modelId)).rejects.toMatchObject({ code: 'NODE_NO_EXTERNAL_PROVER' });
  });

  test('is refused when the manifest names another contract than the chain', async () => {
    const { modelId, verifier } = await publishHostile();
    const registered = await readModel(world.client.contracts, modelId);
    const other = await republish(({ slices }) => {
      slices[0] = { ...slices[0], weight: 2_000, constraints: 0 };
      slices[0].external = {
        system: 'other',
        verifier: `0x${'11'.repeat(20)}`,
        gasLimit: 400_000,
        description: slices[0].artifacts.program,
      };
      const { onnx, program } = slices[0].artifacts;
      slices[0].artifacts = { onnx, program };
    }, registered);
    const { catalog, circuits } = await openBench(undefined, [`${verifier}=x {request} {proof}`]);
    await expect(circuits.prepare(await catalog.load(other), 0)).rejects.toMatchObject({
      code: 'NODE_KEY_MISMATCH',
    });
  });

  test.each([
    '0x12=prove {request} {proof}',
    `0x${'12'.repeat(20)}=prove {request}`,
    'prove {request} {proof}',
  ])('has a setting with contract and both files, unlike %s', (setting) => {
    expect(() => new ExternalProvers([setting], PROVER_SECONDS)).toThrow(
      expect.objectContaining({ code: 'NODE_EXTERNAL_PROVER' }),
    );
  });
});

describe('a model', () => {
  test('whose manifest contradicts the chain is not worked on', async () => {
    const { catalog } = await openBench();
    const heavier = await republish(({ slices }) => {
      slices[1].weight += 1;
    });
    await expect(catalog.load(heavier)).rejects.toMatchObject({ code: 'NODE_MANIFEST_MISMATCH' });
    const wider = await republish(({ tensors }) => {
      tensors[1].bits += 1;
    });
    await expect(catalog.load(wider)).rejects.toMatchObject({ code: 'NODE_MANIFEST_MISMATCH' });
  });
});

describe('the workshop', () => {
  test('names what is wrong with an input, and lives on', async () => {
    const program = await world.client.store.get(world.model.manifest.slices[0].artifacts.program.sha256);
    const request = (values: Float64Array) => ({
      program,
      mode: 'bits' as const,
      provingKey: '',
      inputs: [{ values, salt: 1n }],
      outputSalts: [2n],
      tag: 3n,
    });
    await expect(workshop.witness(request(new Float64Array(12).fill(256)))).rejects.toMatchObject({
      code: 'INTEGER_INPUT_RANGE',
    });
    await expect(workshop.compile(Buffer.from('no program'), 'bits')).rejects.toMatchObject({
      code: 'PROGRAM_MALFORMED',
    });
    const { signals } = await workshop.witness(request(new Float64Array(12)));
    expect(signals[2]).toBe(3n);
  });
});
