import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { packSliceSpec, packTensorSpec } from '../../protocol/contracts/words.ts';
import { encodeManifest, type Manifest } from '../../protocol/manifest.ts';
import { FolderStore } from '../../protocol/store/folder-store.ts';
import { Attempts } from '../../prover-node/attempts.ts';
import { ModelCatalog } from '../../prover-node/model/catalog.ts';
import { Circuits, type ReadyCircuit } from '../../prover-node/model/circuits.ts';
import { openNodeStore } from '../../prover-node/model/watched-store.ts';
import { Speed } from '../../prover-node/pricing/speed.ts';
import { openWorkshop } from '../../prover-node/work/open-workshop.ts';
import { compileSlice } from '../../slicer/circuit/compile.ts';
import { decodeProgram } from '../../slicer/integer/serialise.ts';
import { createProverPool, type ProverPool } from '../../slicer/prove/pool.ts';
import { developmentSetup } from '../../slicer/setup/development-setup.ts';
import { sampleDevelopmentPhase1 } from '../../slicer/setup/trapdoor.ts';
import { listeningLog, openWorld, type World } from './support/world.ts';

vi.setConfig({ testTimeout: 300_000 });

let world: World;
let pool: ProverPool;
const workshop = openWorkshop();
beforeAll(async () => {
  world = await openWorld();
  pool = createProverPool({ workers: 1 });
});
afterAll(async () => {
  await workshop.close();
  await pool?.close();
  await world?.close();
});

interface Bench {
  readonly catalog: ModelCatalog;
  readonly circuits: Circuits;
  readonly speed: Speed;
  readonly messages: () => unknown[];
}

/** What a node prepares circuits with, in a folder of its own or one that was used before. */
async function openBench(folder?: string): Promise<Bench & { readonly folder: string }> {
  const dataDir = folder ?? (await mkdtemp(path.join(world.folder, 'bench-')));
  const { contracts } = world.client;
  const { log, lines } = listeningLog();
  const cache = new FolderStore(path.join(dataDir, 'artifacts'));
  const store = openNodeStore({
    places: [world.storeUrl],
    cache,
    token: undefined,
    log,
    onFailure: () => undefined,
  });
  const attempts = new Attempts({ log, clock: () => performance.now() });
  const speed = await Speed.load(path.join(dataDir, 'speed.json'));
  return {
    folder: dataDir,
    catalog: new ModelCatalog(contracts, store, attempts),
    circuits: new Circuits({ contracts, store, cache, workshop, pool, speed, dataDir, randomBytes, log }),
    speed,
    messages: () => lines.map(({ message }) => message),
  };
}

/** Registers the model under another manifest: `change` edits a copy of the true one. */
async function republish(change: (manifest: Manifest) => void): Promise<string> {
  const { contracts, sender, store } = world.client;
  const manifest = structuredClone(world.model.manifest);
  change(manifest);
  const { sha256 } = await store.put(encodeManifest(manifest));
  const { tensors, inputCount, outputs, slices } = world.model.model;
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
