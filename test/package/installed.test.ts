// What is published, as others get it: built, packed, and installed in a project outside the clone.
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { encryptKeystoreJson, Wallet } from 'ethers';
import { build as bundle } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../protocol/log.ts';
import type { JobReceipt } from '../../protocol/receipt.ts';
import { signalsOf } from '../../protocol/settlement/signals.ts';
import { writeWitness } from '../../groth16/formats/witness-file.ts';
import { startStore, type RunningStore } from '../../protocol/store/service.ts';
import { storeService } from '../../protocol/store/settings.ts';
import { verifyJob } from '../../verifier/job/verify-job.ts';
import { normalisingModel } from '../support/foreign-model.ts';
import { codeOf } from '../support/doc-blocks.ts';
import { openWorld, ROLES, type World } from '../verifier/support/world.ts';
import { chromium } from '../support/chromium.ts';
import { inBrowser } from './support/browser.ts';
import { broughtBy, install, must, run, type Installed } from './support/install.ts';

const root = path.resolve(import.meta.dirname, '..', '..');
const consumer = path.join(import.meta.dirname, 'consumer');
const onnx = path.join(root, 'examples', 'digits', 'model.onnx');

let folder: string;
let installed: Installed;
let world: World;
let receipt: JobReceipt;
/** The world's store over HTTP: one that lets pages read, one that doesn't. */
let stores: readonly RunningStore[] = [];
/** What programs and pages of somebody else's are told. */
let given: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-package-'));
  installed = await install(folder);
  await cp(consumer, installed.folder, { recursive: true });
  world = await openWorld();
  const { chain, contracts, deployment, deploymentFile, model, store } = world;
  const job = await world.post();
  const [prover] = ROLES.provers;
  await world.bid(job, prover, [0, 1]);
  const submission = await world.prove(job, 0, prover);
  await world.settle(job, [submission, await world.prove(job, 1, prover)], ROLES.other);
  await world.finalize(job);
  stores = await Promise.all([storeFor(['*']), storeFor([])]);
  ({ receipt } = await verifyJob({ contracts, provider: chain.provider, store, jobId: job.jobId }));
  const [slice] = model.slices;
  const { chainId, addresses } = deployment;
  const witness = slice.compiled.computeWitness({
    inputs: [job.values[0]],
    inputSalts: [job.salts[0]],
    outputSalts: [job.salts[1]],
    tag: 1n,
  });
  const foreign = path.join(folder, 'foreign.onnx');
  await writeFile(foreign, normalisingModel());
  given = {
    rpc: chain.url,
    deployment: JSON.parse(await readFile(deploymentFile, 'utf8')) as unknown,
    store: store.folder,
    storeUrl: stores[0].url,
    closedStoreUrl: stores[1].url,
    finished: job.jobId,
    modelId: world.modelId,
    input: [200, 17, 90, 3],
    account: world.addressOf(ROLES.requester),
    receipt,
    edited: { ...receipt, trace: receipt.trace.map((word, i) => (i === 1 ? receipt.trace[0] : word)) },
    verifyingKey: slice.setup.verifyingKey,
    signals: signalsOf({
      chainId: BigInt(chainId),
      market: addresses.market,
      ...submission,
      trace: job.trace,
      inputs: [0],
      outputs: [1],
    }).map(String),
    proof: submission.proof,
    provingKey: Buffer.from(slice.setup.provingKey).toString('base64'),
    witness: Buffer.from(writeWitness(witness.values)).toString('base64'),
    onnx,
    foreign,
  };
});
afterAll(async () => {
  for (const served of stores) await served.close();
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

function storeFor(allowOrigins: readonly string[]): Promise<RunningStore> {
  const { chain, deploymentFile, store } = world;
  const settings = {
    folder: store.folder,
    port: 0,
    rpc: chain.url,
    deployment: deploymentFile,
    allowOrigins,
  };
  const log = createLog('store', 'silent');
  return startStore({ settings: storeService.schema.parse(settings), token: undefined, log });
}

describe('what is installed', () => {
  it('runs no script', () => {
    const scripted = [...installed.packages].filter(([, { hasInstallScript }]) => hasInstallScript === true);
    expect(scripted.map(([place]) => place)).toEqual([]);
  });

  it('has neither ONNX Runtime nor Hardhat, and with the library no database and no command line', () => {
    const all = [...installed.packages.keys()].map((place) =>
      place.slice(place.lastIndexOf('node_modules/') + 13),
    );
    expect(all.filter((name) => /onnx|hardhat|^prisma$|typescript/.test(name))).toEqual([]);
    const library = [...broughtBy(installed, 'sliceproof')];
    expect(library).toContain('ethers');
    expect(library.filter((name) => /prisma|^pg|pglite|graphql|commander/.test(name))).toEqual([]);
    expect([...broughtBy(installed, 'sliceproof-cli')]).toContain('sliceproof');
  });
});

describe('the library', () => {
  it('posts a job by a wallet, checks a receipt, reads a model and proves, on the oldest Node', async () => {
    const file = path.join(folder, 'given.json');
    await writeFile(file, JSON.stringify(given));
    const said = JSON.parse(
      await must(installed.nodes.get(20) as string, ['program.js', file], installed.folder),
    ) as unknown;
    expect(said).toEqual({
      node: expect.stringMatching(/^20\./) as unknown,
      same: true,
      job: { state: 'posted', requester: world.addressOf(ROLES.requester) },
      refused: 'WALLET_REFUSED',
      receipt: 'holds',
      proof: true,
      alone: true,
      events: 'JobPosted',
      model: expect.any(Number) as unknown,
      foreign: 'ONNX_RUNTIME_MISSING',
    });
  });

  it('checks a receipt as docs/library.md says', async () => {
    const file = path.join(installed.folder, 'documented.js');
    const [program] = codeOf('docs/library.md', 'js');
    const words = JSON.stringify({ rpc: given.rpc, deployment: given.deployment, receipt });
    await writeFile(file, `const { rpc, deployment, receipt } = ${words};\n${program}provider.destroy();\n`);
    expect(await run(process.execPath, [file], installed.folder)).toMatchObject({ code: 0, errors: '' });
  });

  it.each([22, 24])('is imported by Node %d', async (major) => {
    const node = installed.nodes.get(major);
    const file = path.join(folder, 'only-imports.json');
    await writeFile(file, JSON.stringify({ onnx }));
    const said = JSON.parse(await must(String(node), ['program.js', file], installed.folder)) as unknown;
    expect(said).toMatchObject({ same: true, events: 'JobPosted' });
  });

  it.each([
    // What libraries declare is the same for both: it is checked once.
    ['nodenext', 'nodenext', 'false'],
    ['esnext', 'bundler', 'true'],
  ])('has types that hold: module %s, resolution %s', async (module, resolution, skipped) => {
    const options = ['--module', module, '--moduleResolution', resolution, '--target', 'es2022', '--strict'];
    const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const args = [
      tsc,
      '--ignoreConfig',
      '--noEmit',
      ...options,
      '--skipLibCheck',
      skipped,
      '--types',
      'node',
      'types.ts',
    ];
    expect(await run(process.execPath, args, installed.folder)).toMatchObject({ code: 0, output: '' });
  });

  it('has interfaces and examples that another solc compiles', async () => {
    const require = createRequire(path.join(installed.folder, 'package.json'));
    const solc = require('solc') as { version(): string; compile(input: string, callbacks: object): string };
    expect(solc.version()).toMatch(/^0\.8\.28/);
    const readImport = (name: string): object => ({
      contents: readFileSync(require.resolve(name), 'utf8'),
    });
    const input = {
      language: 'Solidity',
      sources: { 'Consumer.sol': { content: await readFile(path.join(consumer, 'Consumer.sol'), 'utf8') } },
      settings: { outputSelection: { '*': { '*': ['evm.bytecode.object'] } } },
    };
    const output = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport })) as {
      errors?: unknown[];
      contracts: Record<string, Record<string, { evm: { bytecode: { object: string } } }>>;
    };
    expect(output.errors ?? []).toEqual([]);
    for (const name of ['Counter', 'OwnLedger']) {
      expect(output.contracts['Consumer.sol'][name].evm.bytecode.object).toMatch(/^[0-9a-f]{200,}$/);
    }
  });
});

describe('in a browser', () => {
  /** A page as a bundler makes it. */
  const page = async (file: string): Promise<string> => {
    const { output } = (await bundle({
      root: installed.folder,
      configFile: false,
      logLevel: 'error',
      build: {
        write: false,
        target: 'es2022',
        chunkSizeWarningLimit: 1000,
        rolldownOptions: { input: path.join(installed.folder, file), output: { codeSplitting: false } },
      },
    })) as unknown as { output: [{ code: string }] };
    return output[0].code;
  };

  it('what checks receipts and proofs is small, and does it in Chromium', async (test) => {
    const script = await page('page.js');
    expect(gzipSync(script).length).toBeLessThan(350_000);
    if (chromium === undefined) return test.skip('no Chromium on this machine');
    const said = await inBrowser(chromium, script, given, path.join(folder, 'profile'));
    expect(JSON.parse(said)).toEqual({
      receipt: 'holds',
      edited: 'RECEIPT_DIFFERS',
      proof: { ok: true },
      other: expect.objectContaining({ ok: false, reason: 'PROOF_FALSE' }) as unknown,
    });
  });

  it('the client posts a job by the page’s wallet, reads a result and makes its receipt', async (test) => {
    const script = await page('market-page.js');
    expect(gzipSync(script).length).toBeLessThan(350_000);
    if (chromium === undefined) return test.skip('no Chromium on this machine');
    const said = await inBrowser(chromium, script, given, path.join(folder, 'market-profile'));
    expect(JSON.parse(said)).toEqual({
      quoted: true,
      job: { state: 'posted', requester: world.addressOf(ROLES.requester) },
      top: receipt.top.index,
      receipt: { fullyProved: receipt.fullyProved, inputOpened: true },
      refused: 'WALLET_REFUSED',
      // A store that doesn't name the page's origin is none to it.
      closed: 'STORE_UNREACHABLE',
    });
  });
});

describe('the command line', () => {
  const sliceproof = (major: number, ...args: string[]): ReturnType<typeof run> => {
    const bin = path.join(installed.folder, 'node_modules', 'sliceproof-cli', 'bin', 'sliceproof.js');
    return run(installed.nodes.get(major) as string, [bin, ...args], installed.folder, {
      KEY_PASSWORD: 'correct horse',
      TMPDIR: folder,
      NODE_COMPILE_CACHE: undefined,
    });
  };
  const market = (): string[] => [
    '--rpc',
    world.chain.url,
    '--deployment',
    world.deploymentFile,
    '--store',
    world.store.folder,
  ];

  it('says which Node it needs', async () => {
    expect(await sliceproof(24, '--version')).toMatchObject({ code: 0, output: '0.1.0\n' });
    expect(await sliceproof(20, '--version')).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/needs Node 22\.13[^]*npx --package node@24/) as unknown,
    });
  });

  it('keeps what Node compiled of its modules for the next start', async () => {
    const kept = path.join(folder, 'node-compile-cache');
    await rm(kept, { recursive: true, force: true });
    expect(await sliceproof(24, 'prove', '--help')).toMatchObject({ code: 0 });
    expect(await readdir(kept, { recursive: true })).not.toEqual([]);
  });

  it('acts as the account of an encrypted keystore file', async () => {
    const wallet = new Wallet(world.chain.keys[ROLES.requester]);
    const keystore = path.join(folder, 'key.json');
    // Wallets make the password a thousand times dearer to guess.
    const scrypt = { N: 1024, r: 8, p: 1 };
    await writeFile(keystore, await encryptKeystoreJson(wallet, 'correct horse', { scrypt }));
    const config = path.join(folder, 'client.toml');
    await writeFile(config, `[client]\nkeystore = "${keystore}"\nkeystore-password-env = "KEY_PASSWORD"\n`);
    const { code, output } = await sliceproof(
      24,
      'account',
      'balance',
      '--config',
      config,
      ...market(),
      '--json',
    );
    expect(code).toBe(0);
    expect(output).toContain(wallet.address);
  });
});
