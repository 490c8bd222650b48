// Slices that other proof systems prove, sold in the same market: published, bid on, proved by the operator's own program,
// verified by another contract, and paid.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse as parseToml } from 'smol-toml';
import { dataSlice, getBytes, hexlify } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postJob } from '../../client/jobs/post-job.ts';
import { readPublishedModel, type PublishedManifest } from '../../client/jobs/read-model.ts';
import { waitForJob } from '../../client/jobs/wait-for-job.ts';
import { readExternals, type ExternalSlice } from '../../client/models/externals.ts';
import { registerBuild, type PublishedModel } from '../../client/models/register-build.ts';
import {
  HostileVerifier__factory,
  PlonkSliceVerifier__factory,
} from '../../protocol/contracts/generated/index.ts';
import { signalsOf } from '../../protocol/settlement/signals.ts';
import { ExternalProvers } from '../../prover-node/model/external-provers.ts';
import type { AuditReport } from '../../slicer/audit/audit-model.ts';
import { startNode } from '../../prover-node/node.ts';
import { ProofShelf } from '../../prover-node/prove/proofs.ts';
import type { Aggregator } from '../../verifier/aggregator/service.ts';
import { checkReceipt } from '../../verifier/job/check-receipt.ts';
import { recheckSlices } from '../../verifier/job/recheck.ts';
import { verifyJob } from '../../verifier/job/verify-job.ts';
import { aggregatorOf, SHAPED_PROOF } from './support/aggregator.ts';
import { sampleOf } from './support/model.ts';
import { setUpPlonk } from './support/plonk.ts';
import { listeningLog, OFFER, openWorld, type World } from './support/world.ts';
import { inAsset } from '../support/in-asset.ts';
import { until } from '../support/until.ts';

const root = path.resolve(import.meta.dirname, '..', '..');

/** Gates that the first slice's circuit takes in PLONK: 2^13. */
const POWER = 13;
const GAS_LIMIT = 400_000;

let world: World;
let aggregator: Aggregator;
beforeAll(async () => {
  world = await openWorld();
  aggregator = await aggregatorOf(world, { maxAgeSeconds: 0 });
});
afterAll(async () => {
  await aggregator?.close();
  await world?.close();
});

const folder = (): string => path.join(world.folder, 'model');

/** Publishes the small model with its first slice under another contract. */
async function publish(external: Omit<ExternalSlice, 'slice' | 'weight' | 'description'>) {
  const { modelId } = await registerBuild(world.client, folder(), undefined, [
    { slice: 0, weight: 3_000, description: Buffer.from(external.system), ...external },
  ]);
  return readPublishedModel(world.client, modelId);
}

/** `sliceproof …`, as the docs have it; what it prints as JSON. */
async function sliceproof<Answer>(...args: readonly string[]): Promise<Answer> {
  const { chain, deploymentFile, storeUrl } = world;
  const places = ['--rpc', chain.url, '--deployment', deploymentFile, '--store', storeUrl];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['bin/cli.ts', ...args, '--json', ...places],
    { cwd: root, env: { ...process.env, SLICEPROOF_PRIVATE_KEY: chain.keys[1] } },
  );
  return JSON.parse(stdout) as Answer;
}

async function post(published: PublishedManifest, seed: number): Promise<string> {
  return (await postJob(world.client, { published, inputs: [sampleOf(seed).input], offer: OFFER })).jobId;
}

const start = (name: string, key: number, externalProver: readonly string[]) => {
  const { log, lines } = listeningLog();
  const settings = world.settings(name, {
    aggregator: [aggregator.url],
    externalProver,
    costPerSecond: inAsset(1n),
  });
  return startNode({ settings, privateKey: world.chain.keys[key], log }).then((node) => ({ node, lines }));
};

const settlementsOf = (jobId: string) => {
  const { market } = world.client.contracts;
  return market.queryFilter(market.filters.SlicesSettled(jobId));
};

/** That the proof on a node's shelf says what it should and nothing else: changed anywhere, its contract refuses it. */
async function expectBound(
  verifier: string,
  node: string,
  trace: readonly string[],
  jobId: string,
): Promise<void> {
  const contract = PlonkSliceVerifier__factory.connect(verifier, world.client.provider);
  const shelf = await ProofShelf.open(path.join(world.folder, node, 'proofs'));
  const { prover, proof } = shelf.all().find(({ slice }) => slice === 0)!;
  const { chainId, addresses } = world.client.contracts.deployment;
  const said = { chainId: BigInt(chainId), market: addresses.market, jobId, slice: 0, trace };
  const signalsFor = (account: string) => signalsOf({ ...said, prover: account, inputs: [0], outputs: [1] });
  const { external } = proof as { external: string };
  const takes = (bytes: string, signals: readonly bigint[]): Promise<boolean> =>
    contract.verify(bytes, [...signals]).catch(() => false);
  const signals = signalsFor(prover);
  expect(await takes(external, signals)).toBe(true);
  // Copied by somebody else, it pays nobody but its prover.
  expect(await takes(external, signalsFor(verifier))).toBe(false);
  for (const [i] of signals.entries()) expect(await takes(external, signals.with(i, 1n))).toBe(false);
  expect(await takes(external, signals.slice(1))).toBe(false);
  expect(await takes(`${external}00`, signals)).toBe(false);
  expect(await takes(dataSlice(external, 32), signals)).toBe(false);
  for (let word = 0; word < 24; word++) {
    const bytes = getBytes(external);
    bytes[32 * word + 31] ^= 1;
    expect([word, await takes(hexlify(bytes), signals)]).toEqual([word, false]);
  }
}

test('what docs/external-provers.md shows is taken', async () => {
  const docs = await readFile(path.join(root, 'docs', 'external-provers.md'), 'utf8');
  const [json, toml] = ['json', 'toml'].map(
    (language) => new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'm').exec(docs)?.[1] ?? '',
  );
  const file = path.join(world.folder, 'documented.json');
  await writeFile(file, json);
  await writeFile(path.join(world.folder, 'plonk.md'), 'as documented');
  const [{ slice, verifier }] = await readExternals(file);
  expect(slice).toBe(2);
  const { 'external-prover': provers } = parseToml(toml) as { 'external-prover': string[] };
  expect(new ExternalProvers(provers, 60).of(verifier).name).toContain('prove {request} {proof}');
});

describe('a slice of another proof system', () => {
  test('proved with PLONK is published, audited, bid on, proved, settled and checked by the receipt', async () => {
    const { zkey, verifier } = await setUpPlonk(
      { r1cs: path.join(folder(), 'slices', '0', 'circuit.r1cs'), folder: world.folder, power: POWER },
      world.chain.signer(0),
    );
    // As the command reads it.
    const file = path.join(world.folder, 'externals.json');
    await writeFile(path.join(world.folder, 'plonk.md'), 'PLONK by snarkjs, a phase 1 for trials');
    const slice = { slice: 0, system: 'plonk (snarkjs)', verifier, gasLimit: GAS_LIMIT, weight: 3_000 };
    await writeFile(
      file,
      JSON.stringify({
        format: 'sliceproof-externals/1',
        slices: [{ ...slice, description: 'plonk.md' }],
      }),
    );
    const { client } = world;
    expect(await readExternals(file)).toMatchObject([slice]);
    const { modelId, circuits } = await sliceproof<PublishedModel>(
      ...['model', 'publish', folder(), '--externals', file],
    );
    const published = await readPublishedModel(client, modelId);
    const { external, artifacts } = published.manifest.slices[0];
    expect(external).toMatchObject({ system: 'plonk (snarkjs)', verifier: verifier.toLowerCase() });
    expect([artifacts.r1cs, artifacts.provingKey, artifacts.verifyingKey]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const { holds, findings } = await sliceproof<Pick<AuditReport, 'holds' | 'findings'>>(
      ...['model', 'audit', modelId, '--allow-development'],
    );
    expect(holds).toBe(true);
    const held = findings.filter(({ slice, state }) => slice === 0 && state === 'holds');
    expect(held.map(({ check }) => check)).toEqual([
      'file onnx',
      'file program',
      'ONNX operators',
      'tensors of program',
      'ONNX from program',
      'reference',
      'rehearsal',
      'price on chain',
      'external verifier on chain',
    ]);

    // Without a prover for it a node takes neither the slice nor the execution, which would have to prove it.
    const { node: without, lines: reasons } = await start('without', 2, []);
    const jobId = await post(published, 31);
    await until(() => reasons.find(({ code }) => code === 'NODE_NO_EXTERNAL_PROVER'));
    expect((await client.contracts.market.jobOf(jobId)).state).toBe(1n);
    await without.stop();

    const program = path.join(import.meta.dirname, 'support', 'plonk-prover.child.ts');
    const { node, lines } = await start('plonk', 3, [
      `${verifier}=${process.execPath} ${program} ${zkey} {request} {proof}`,
    ]);
    try {
      await waitForJob(client, jobId);
      const settled = await settlementsOf(jobId);
      // The slice with a key went with the aggregator, which doesn't take the other: the node settled that itself.
      expect(settled.map(({ args }) => [args.slices, args.prover, args.settler]).sort()).toEqual([
        [1n, node.account, node.account],
        [2n, node.account, aggregator.settler],
      ]);
      expect(lines.filter(({ level }) => level === 'error')).toEqual([]);

      const { receipt } = await verifyJob({ ...client, jobId, recheck: recheckSlices });
      expect(receipt.slices.map((one) => [one.state, one.circuit, one.verifier])).toEqual([
        ['proved', circuits[0], verifier],
        ['proved', circuits[1], null],
      ]);
      expect(receipt.outputs[0].values).toEqual([...sampleOf(31).output]);
      await checkReceipt(receipt, client);
      await expectBound(verifier, 'plonk', receipt.trace, jobId);
      const other = structuredClone(receipt);
      other.slices[0].verifier = null;
      await expect(checkReceipt(other, client)).rejects.toMatchObject({
        code: 'RECEIPT_DIFFERS',
        details: { part: 'slices[0].verifier' },
      });
    } finally {
      await node.stop();
    }
  });

  test('whose verifier comes to refuse the proof costs no gas, and is paid once it takes it again', async () => {
    const signer = world.chain.signer(0);
    const hostile = await new HostileVerifier__factory(signer).deploy();
    await hostile.waitForDeployment();
    const verifier = await hostile.getAddress();
    const published = await publish({ system: 'moody', verifier, gasLimit: GAS_LIMIT });
    // It proves zeros, so that the node takes slices, and fails at what it holds: the proof is put on its shelf by hand.
    const script =
      "const fs = require('fs'); const [, request, proof] = process.argv; " +
      "if (JSON.parse(fs.readFileSync(request, 'utf8')).signals[2] !== '0') process.exit(1); " +
      'fs.writeFileSync(proof, Buffer.alloc(1))';
    const startMoody = () =>
      start('moody', 2, [`${verifier}=${process.execPath} -e "${script}" {request} {proof}`]);
    const { market } = world.client.contracts;
    const jobId = await post(published, 32);
    const before = await startMoody();
    await until(async () =>
      (await market.sliceOf(jobId, 0)).holder === before.node.account ? true : undefined,
    );
    await until(async () => ((await settlementsOf(jobId)).length === 1 ? true : undefined));
    await before.node.stop();
    const shelf = await ProofShelf.open(path.join(world.folder, 'moody', 'proofs'));
    const [other] = shelf.all();
    await shelf.put({ ...other, slice: 0, proof: { external: '0x00' }, outcome: undefined });

    await (await hostile.turn(false)).wait();
    const { node, lines } = await startMoody();
    try {
      const refusals = () => lines.filter(({ code }) => code === 'NODE_PROOF_REFUSED').length;
      await until(() => (refusals() > 0 ? true : undefined));
      const sent = await world.client.provider.getTransactionCount(node.account);
      const submission = { jobId, slice: 0, prover: node.account, proof: SHAPED_PROOF };
      const answer = await fetch(`${aggregator.url}/proofs`, {
        method: 'POST',
        body: JSON.stringify(submission),
      });
      expect([answer.status, await answer.json()]).toMatchObject([
        422,
        { code: 'SLICE_EXTERNAL', retryable: false },
      ]);
      await until(() => (refusals() > 1 ? true : undefined));
      expect(await world.client.provider.getTransactionCount(node.account)).toBe(sent);
      await (await hostile.turn(true)).wait();
      await waitForJob(world.client, jobId);
      expect((await settlementsOf(jobId)).map(({ args }) => args.slices)).toEqual([2n, 1n]);
    } finally {
      await node.stop();
    }
  });
});
