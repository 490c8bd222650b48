import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Log, type Filter, type JsonRpcProvider, type LogParams, type Result } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../../client/client.ts';
import { recentPrices } from '../../../client/jobs/market-prices.ts';
import { jobCosts } from '../../../protocol/contracts/job-costs.ts';
import { createLog } from '../../../protocol/log.ts';
import { SliceproofError } from '../../../protocol/errors.ts';
import { decodeReceipt, receiptSchema, type JobReceipt } from '../../../protocol/receipt.ts';
import { HttpStore } from '../../../protocol/store/http-store.ts';
import { encodeManifest, specOf, type Manifest } from '../../../protocol/manifest.ts';
import { openingOf } from '../../../protocol/output.ts';
import { StoreError, type ArtifactStore } from '../../../protocol/store/store.ts';
import { artifactOf } from '../../../protocol/store/digest.ts';
import { sealTensors } from '../../../protocol/trace.ts';
import {
  checkReceipt,
  compareReceipt,
  readJobOnChain,
  type JobOnChain,
} from '../../../verifier/job/check-receipt.ts';
import { readBoundManifest, readBoundModel } from '../../../verifier/job/read-model.ts';
import { recheckSlices } from '../../../verifier/job/recheck.ts';
import { verifyJob, type JobToVerify, type VerifiedJob } from '../../../verifier/job/verify-job.ts';
import { editsOf, fieldAt, fieldsOf } from '../../support/edits.ts';
import { sliceproof, type Ran } from '../../support/sliceproof.ts';
import { startChain } from '../support/chain.ts';
import { openWorld, ROLES, type PostedJob, type World } from '../support/world.ts';

const [A, B] = ROLES.provers;

let world: World;
let honest: PostedJob;
let verified: VerifiedJob;
let receipt: JobReceipt;

const verify = (jobId: string, options: Partial<JobToVerify> = {}): Promise<VerifiedJob> => {
  const { contracts, store, chain } = world;
  return verifyJob({ contracts, provider: chain.provider, store, jobId, ...options });
};
const fails = (code: string, details: object = {}): unknown =>
  expect.objectContaining({ code, details: expect.objectContaining(details) as unknown });

/** A job with both provable slices proved and settled. */
const finished = async (options: Parameters<World['post']>[0] = {}): Promise<PostedJob> => {
  const job = await world.post(options);
  await world.bid(job, A, [0]);
  await world.bid(job, B, [1]);
  await world.settle(job, [await world.prove(job, 0, A), await world.prove(job, 1, B)], ROLES.other);
  await world.finalize(job);
  return job;
};

const place = () => ({ contracts: world.contracts, provider: world.chain.provider });
const check = (document: unknown, onChain: JobOnChain): VerifiedJob =>
  compareReceipt(decodeReceipt(Buffer.from(JSON.stringify(document))), onChain);
/** The code of the error that this ends with; `holds` if it ends with none. */
const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'holds';
  } catch (error) {
    return error instanceof SliceproofError ? error.code : String(error);
  }
};

beforeAll(async () => {
  world = await openWorld();
  honest = await finished();
  verified = await verify(honest.jobId, { recheck: recheckSlices });
  ({ receipt } = verified);
});
afterAll(() => world.close());

describe('a receipt', () => {
  test('says what was proved by whom, what was only executed, and what came out', () => {
    expect(receipt).toMatchObject({
      format: 'sliceproof-receipt/2',
      job: { jobId: honest.jobId, requester: world.addressOf(ROLES.requester) },
      model: { modelId: world.modelId, name: 'tiny', setup: 'development' },
      trace: honest.trace,
      inputCount: 1,
      slices: [
        { state: 'proved', inputs: [0], outputs: [1], proof: { prover: world.addressOf(A), price: '1000' } },
        { state: 'proved', inputs: [1], outputs: [2], proof: { prover: world.addressOf(B), price: '2000' } },
        { state: 'executed', inputs: [2], outputs: [3], circuit: 0, proof: null },
      ],
      outputs: [{ tensor: 3, values: Array.from(honest.values[3]), scale: 4, commitment: honest.trace[3] }],
      fullyProved: false,
    });
    expect(verified).toMatchObject({ setup: { kind: 'development' }, rechecked: true, inputOpened: true });
    // Its executor drew salts: nobody else could have opened the trace.
    expect(verified.rebuildable).toBe(false);
    const [left, right] = honest.values[3];
    expect(receipt.top).toEqual(left >= right ? { index: 0, label: 'left' } : { index: 1, label: 'right' });
  });

  test('is plain data that can be saved and checked against the chain without a store', async () => {
    const saved = decodeReceipt(Buffer.from(JSON.stringify(receipt)));
    expect(saved).toEqual(receipt);
    const checked = await checkReceipt(saved, place());
    // What whoever made it did besides is not what this check did.
    expect(checked).toEqual({ ...verified, rechecked: false, rebuildable: undefined, inputOpened: false });
  });

  test('of a job whose salts follow from its input needs no trace from its executor to be rechecked', async () => {
    const job = await finished({ saltsOf: 'input' });
    expect(await verify(job.jobId, { recheck: recheckSlices })).toMatchObject({
      rechecked: true,
      rebuildable: true,
    });
    const { market } = world.contracts;
    const [posted] = await market.queryFilter(market.filters.JobPosted(job.jobId));
    const { inputDigest } = posted.args.request;
    const nowhere = { ...job, inputDigest, traceDigest: `0x${'34'.repeat(32)}` };
    const { manifest } = world.model;
    expect(await recheckSlices(world.store, manifest, nowhere)).toEqual({ rebuildable: true });
    // One whose salts its executor drew can't do without.
    await expect(recheckSlices(world.store, manifest, { ...nowhere, trace: honest.trace })).rejects.toThrow(
      fails('TENSOR_MISMATCH'),
    );
  });

  test('has no field that can be changed, removed or added unnoticed', async () => {
    const onChain = await readJobOnChain(place(), honest.jobId);
    const touched = new Set<string>();
    const codes = new Set<string>();
    for (const { what, path: at, document } of editsOf(receiptSchema, receipt)) {
      touched.add(fieldAt(at));
      const code = codeOf(() => check(document, onChain));
      expect(code, what).toMatch(/^(RECEIPT|COMMITMENT|MANIFEST)_/);
      codes.add(code);
    }
    expect(fieldsOf(receiptSchema).filter((field) => !touched.has(field))).toEqual([]);
    expect(codes).toContain('RECEIPT_DIFFERS');
    expect(codes).toContain('RECEIPT_OUTPUT_MISMATCH');
    expect(codes).toContain('RECEIPT_MANIFEST_MISMATCH');
  });

  test('can’t be made to say something else by a manifest, a transcript or a chain that goes with it', async () => {
    const onChain = await readJobOnChain(place(), honest.jobId);
    const lie = (change: (copy: JobReceipt) => void): string => {
      const copy = structuredClone(receipt);
      change(copy);
      return codeOf(() => check(copy, onChain));
    };
    const renamed = receipt.manifest.replace('"tiny"', '"cat"');
    expect(renamed).not.toBe(receipt.manifest);
    expect(lie((copy) => Object.assign(copy.model, { name: 'cat' }))).toBe('RECEIPT_DIFFERS');
    expect(
      lie((copy) => {
        copy.manifest = renamed;
        copy.model = {
          ...copy.model,
          name: 'cat',
          manifestDigest: artifactOf(Buffer.from(renamed)).sha256,
        };
      }),
    ).toBe('RECEIPT_MANIFEST_MISMATCH');
    expect(lie((copy) => Object.assign(copy.model, { setup: 'ceremony' }))).toBe('RECEIPT_DIFFERS');
    expect(lie((copy) => void (copy.transcript = '{}'))).toBe('RECEIPT_TRANSCRIPT_MISMATCH');
    for (const [change, code] of [
      [({ chain }: JobReceipt) => void chain.chainId++, 'RECEIPT_DIFFERS'],
      [({ chain }: JobReceipt) => void (chain.market = chain.modelRegistry), 'RECEIPT_DIFFERS'],
      [({ job }: JobReceipt) => void (job.jobId = `0x${'00'.repeat(32)}`), 'RECEIPT_JOB_UNKNOWN'],
    ] as const) {
      const copy = structuredClone(receipt);
      change(copy);
      await expect(checkReceipt(copy, place())).rejects.toThrow(fails(code));
    }
  });

  test.each<[string, (text: string) => string]>([
    ['says two things of one field', (text) => text.replace('"fullyProved":false', '"fullyProved":true,$&')],
    ['says one thing twice', (text) => text.replace('"fullyProved":false', '$&,$&')],
    ['spells a key in two ways', (text) => text.replace('"top":{', '$&"l\\u0061bel":"cat",')],
    ['has a field of every object', (text) => text.replace('{', '{"__proto__":{"rechecked":true},')],
    ['writes a number with a point', (text) => text.replace('"inputCount":1', '$&.00000000000000000001')],
    ['writes a number with an exponent', (text) => text.replace('"inputCount":1', '$&e0')],
    ['writes a number that no double holds', (text) => text.replace('"inputCount":1', '"inputCount":1e999')],
    ['writes a zero of another kind', (text) => text.replace('"slice":0', '"slice":-0')],
    ['has something behind it', (text) => `${text}{}`],
  ])('whose text %s is refused, whatever JavaScript makes of it', (_, change) => {
    const text = JSON.stringify(receipt);
    const changed = change(text);
    expect(changed).not.toBe(text);
    expect(() => decodeReceipt(Buffer.from(changed))).toThrow(fails('RECEIPT_MALFORMED'));
  });

  test('says nothing on another chain, be its number the same', async () => {
    const other = await startChain();
    try {
      const elsewhere = { ...place(), provider: other.provider };
      await expect(checkReceipt(receipt, elsewhere)).rejects.toThrow(fails('DEPLOYMENT_ELSEWHERE'));
      await expect(verify(honest.jobId, { provider: other.provider })).rejects.toThrow(
        fails('DEPLOYMENT_ELSEWHERE'),
      );
      const flags = ['--rpc', other.url, '--deployment', world.deploymentFile, '--store', world.store.folder];
      for (const words of [
        ['job', 'status', honest.jobId],
        ['account', 'balance', world.addressOf(A)],
      ]) {
        const { code, stderr } = await sliceproof([...words, ...flags]);
        expect(code).toBe(1);
        expect(stderr).toMatch(/^error DEPLOYMENT_ELSEWHERE expected the market at 0x/);
      }
    } finally {
      await other.close();
    }
    const foreign = path.join(world.folder, 'foreign.json');
    await writeFile(foreign, JSON.stringify({ ...world.deployment, chainId: 5 }));
    const { stderr } = await sliceproof([
      ...['account', 'balance', world.addressOf(A), '--rpc', world.chain.url],
      ...['--deployment', foreign, '--store', world.store.folder],
    ]);
    expect(stderr).toMatch(/^error CHAIN_MISMATCH the deployment is on chain 5, the RPC serves chain 31337/);
  });

  test('that is none is refused', () => {
    expect(() => decodeReceipt(Buffer.from('{"format": "sliceproof-receipt/2"}'))).toThrow(
      fails('RECEIPT_MALFORMED'),
    );
  });
});

describe('a job whose receipt does not hold', () => {
  test('is unknown, or not finalized', async () => {
    await expect(verify(`0x${'12'.repeat(32)}`)).rejects.toThrow(fails('RECEIPT_JOB_UNKNOWN'));
    const job = await world.post();
    await world.bid(job, A, [0]);
    await world.settle(job, [await world.prove(job, 0, A)], A);
    await expect(verify(job.jobId)).rejects.toThrow(
      fails('RECEIPT_JOB_NOT_FINALIZED', { state: 'traced', settled: 1, due: 2 }),
    );
  });

  test('has a slice that was executed wrongly: only a recheck can tell', async () => {
    const job = await finished({ tamper: (values) => void (values[3] = Float64Array.from([1, 100])) });
    expect((await verify(job.jobId)).receipt.slices[2].state).toBe('executed');
    await expect(verify(job.jobId, { recheck: recheckSlices })).rejects.toThrow(
      fails('RECEIPT_RECHECK_FAILED', { slice: 2, tensor: 3, place: 0 }),
    );
  });

  test('has an input or a trace that does not open its commitments, or is not there', async () => {
    const tensor = (id: number, values: ArrayLike<number>) => ({
      id,
      spec: specOf(world.model.manifest.tensors[id]),
      values: Float64Array.from(values),
      salt: 5n,
    });
    const { digest: otherInput } = await sealTensors(world.store, [tensor(0, [1, 2, 3, 4])]);
    const { digest: otherOutput } = await sealTensors(world.store, [tensor(3, [5, 6])]);
    const wrongInput = await finished({ inputDigest: otherInput });
    await expect(verify(wrongInput.jobId)).rejects.toThrow(fails('TENSOR_MISMATCH'));
    const wrongOutput = await finished({ traceDigest: otherOutput });
    await expect(verify(wrongOutput.jobId)).rejects.toThrow(fails('TENSOR_MISMATCH'));
    const noOutput = await finished({ traceDigest: otherInput });
    await expect(verify(noOutput.jobId)).rejects.toThrow(fails('BUNDLE_INCOMPLETE'));
    const nothing = await finished({ traceDigest: `0x${'34'.repeat(32)}` });
    await expect(verify(nothing.jobId)).rejects.toThrow(fails('STORE_NOT_FOUND'));
  });

  test('has a model that is registered otherwise than its manifest describes', async () => {
    const { manifest } = world.model;
    const [first, second, third] = world.circuits;
    const check = async (modelId: string): Promise<unknown> => {
      const bound = await readBoundModel(world.contracts, modelId);
      return (await readBoundManifest(world.store, bound)).manifest;
    };
    expect(await check(world.modelId)).toEqual(manifest);
    const swapped = await world.register({ ...manifest, name: 'swapped' }, [second, first, third]);
    await expect(check(swapped)).rejects.toThrow(fails('RECEIPT_KEY_MISMATCH', { slice: 0 }));

    const rewired = structuredClone(manifest);
    rewired.slices[1].inputs = [0];
    const narrower = structuredClone(manifest);
    narrower.tensors[2].bits = 7;
    const fewer = { ...structuredClone(manifest), outputs: [2] };
    const ceremony: Manifest = {
      ...structuredClone(manifest),
      setup: 'ceremony',
      transcript: artifactOf(Buffer.from('{}')),
    };
    const claimed = await world.register(manifest, world.circuits, ceremony);
    await expect(check(claimed)).rejects.toThrow(fails('RECEIPT_SETUP_MISMATCH', { slice: 0 }));
    for (const [described, part] of [
      [rewired, 'slice 1'],
      [narrower, 'tensor 2'],
      [fewer, 'its outputs'],
    ] as const) {
      const modelId = await world.register(manifest, world.circuits, described);
      await expect(check(modelId)).rejects.toThrow(
        expect.objectContaining({
          code: 'RECEIPT_MANIFEST_MISMATCH',
          message: expect.stringContaining(part) as unknown,
        }),
      );
    }
  });
});

describe('what a finished job leaves for others to see', () => {
  const quiet = createLog('test', 'silent');
  const client = (indexer?: string) => ({ ...place(), log: quiet, indexer }) as unknown as Client;

  test('are its prices and how long it took, within a few requests to the chain', async () => {
    const { unitPrice, executionPrice, seconds, from } = await recentPrices(client(), world.modelId);
    expect(from).toBe('chain');
    expect(unitPrice).toMatchObject({ least: 1000n, median: 1000n, most: 1000n });
    expect(executionPrice).toMatchObject({ least: 0n, most: 0n });
    expect(seconds!.median).toBeGreaterThanOrEqual(0n);
    const other = await recentPrices(client(), receipt.model.manifestDigest);
    expect([other.unitPrice?.median, other.executionPrice, other.seconds]).toEqual([
      1000n,
      undefined,
      undefined,
    ]);
  });

  test('are prices that an indexer knows; one that is away or answers nonsense is passed over', async () => {
    const answers = [
      JSON.stringify({
        data: {
          slices: {
            nodes: [{ unitPrice: '7' }, { unitPrice: null }, { unitPrice: '9' }, { unitPrice: '8' }],
          },
          jobs: { nodes: [{ executionPrice: '5', timestamp: 100, endedAt: 130 }] },
        },
      }),
      '{"errors": []}',
    ];
    const server = createServer((_, response) => response.end(answers.shift() ?? 'nothing'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const asked = client(`http://127.0.0.1:${port}`);
    expect(await recentPrices(asked, world.modelId)).toEqual({
      from: 'indexer',
      unitPrice: { least: 7n, median: 8n, most: 9n, samples: 3 },
      executionPrice: { least: 5n, median: 5n, most: 5n, samples: 1 },
      seconds: { least: 30n, median: 30n, most: 30n, samples: 1 },
    });
    expect(await recentPrices(asked, world.modelId)).toMatchObject({ from: 'chain' });
    await new Promise((resolve) => server.close(resolve));
    expect(await recentPrices(asked, world.modelId)).toMatchObject({ from: 'chain' });
  });

  test('is where its money went: all that was escrowed was paid or returned', async () => {
    const { requester } = receipt.job;
    const costs = await jobCosts(place(), honest.jobId, requester);
    expect(costs).toMatchObject({ proofs: 3000n, tips: 14n, execution: 0n });
    expect(costs.proofs + costs.tips + costs.execution + costs.refunded).toBe(costs.escrowed);
    // Posting was the requester's own transaction, finalizing somebody else's.
    expect(costs.gas.transactions).toBe(1);
    expect(costs.gas.cost).toBeGreaterThan(costs.gas.used);
  });
});

describe('who has no stake in a job', () => {
  test('is refused what is private, and verifies it by the outputs that the chain shows', async () => {
    const { store, model, contracts, chain } = world;
    const open = new Set([
      artifactOf(encodeManifest(model.manifest)).sha256,
      ...model.manifest.slices.flatMap(({ artifacts }) =>
        Object.values(artifacts).map(({ sha256 }) => sha256),
      ),
    ]);
    const stranger: ArtifactStore = {
      put: async () => Promise.reject(new StoreError('STORE_FORBIDDEN', 'not yours')),
      get: async (digest, options) => {
        if (open.has(digest)) return store.get(digest, options);
        throw new StoreError('STORE_FORBIDDEN', 'not yours');
      },
    };
    const job = await finished();
    await expect(verify(job.jobId, { store: stranger })).rejects.toThrow(fails('RECEIPT_NOT_YOURS'));
    const opening = openingOf(specOf(model.manifest.tensors[3]), {
      values: job.values[3],
      salt: job.salts[3],
    });
    const market = contracts.market.connect(chain.signer(ROLES.other));
    await (await market.revealOutput(job.jobId, [...job.trace], [opening])).wait();
    const seen = await verify(job.jobId, { store: stranger });
    expect(seen).toEqual({ ...(await verify(job.jobId)), inputOpened: false });
  });
});

describe('a chain’s RPC that lies', () => {
  /** The same provider with other events. */
  const withLogs = (change: (logs: Log[]) => Log[]): JsonRpcProvider =>
    new Proxy(world.chain.provider, {
      get(target, name) {
        if (name === 'getLogs') return async (filter: Filter) => change(await target.getLogs(filter));
        const part: unknown = Reflect.get(target, name);
        return typeof part === 'function' ? (part.bind(target) as unknown) : part;
      },
    });
  const without = (event: string): JsonRpcProvider => {
    const topic = world.contracts.market.interface.getEvent(event as 'JobPosted').topicHash;
    return withLogs((logs) => logs.filter(({ topics }) => topics[0] !== topic));
  };

  test('by leaving out events is found out', async () => {
    for (const [event, code] of [
      ['JobPosted', 'RECEIPT_REQUEST_MISMATCH'],
      ['TraceCommitted', 'RECEIPT_TRACE_MISMATCH'],
      ['SlicesSettled', 'RECEIPT_SETTLEMENT_MISMATCH'],
      ['JobFinalized', 'RECEIPT_END_UNKNOWN'],
    ]) {
      await expect(verify(honest.jobId, { provider: without(event) })).rejects.toThrow(fails(code));
    }
  });

  test('about who was paid, or about a model, is found out', async () => {
    const { market } = world.contracts;
    const topic = market.interface.getEvent('SlicesSettled').topicHash;
    const padded = `0x${world.addressOf(A).slice(2).toLowerCase().padStart(64, '0')}`;
    const provider = withLogs((logs) =>
      logs.map((log) => {
        if (log.topics[0] !== topic) return log;
        const [signature, job] = log.topics;
        return new Log({ ...log.toJSON(), topics: [signature, job, padded] } as LogParams, log.provider);
      }),
    );
    await expect(verify(honest.jobId, { provider })).rejects.toThrow(fails('RECEIPT_SETTLEMENT_MISMATCH'));

    const info = await world.contracts.models.modelInfo(world.modelId);
    const models = {
      circuitRegistry: () => world.contracts.models.circuitRegistry(),
      modelInfo: async () => ({ ...(info as unknown as Result).toObject(), publisher: world.addressOf(A) }),
    } as unknown as World['contracts']['models'];
    await expect(verify(honest.jobId, { contracts: { ...world.contracts, models } })).rejects.toThrow(
      fails('RECEIPT_MODEL_MISMATCH'),
    );
  });
});

describe('a store that lies', () => {
  test('is found out', async () => {
    const server = createServer((_, response) => response.end('something else'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const store = new HttpStore(`http://127.0.0.1:${port}`);
    await expect(verify(honest.jobId, { store })).rejects.toThrow(fails('STORE_WRONG_BYTES'));
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('sliceproof job verify', () => {
  const cli = fileURLToPath(new URL('../../../bin/cli.ts', import.meta.url));
  const argumentsOf = (args: readonly string[]): readonly string[] => {
    const places = { rpc: world.chain.url, deployment: world.deploymentFile, store: `${world.folder}/store` };
    const flags = Object.entries(places).flatMap(([flag, value]) => [`--${flag}`, value]);
    return ['job', 'verify', ...flags, ...args];
  };
  const run = (...args: readonly string[]): Promise<Ran> => sliceproof(argumentsOf(args));
  /** In a process of its own, with colours. */
  const runInColour = async (...args: readonly string[]) => {
    const child = spawn(process.execPath, [cli, ...argumentsOf(args)], {
      env: { ...process.env, NO_COLOR: '', FORCE_COLOR: '1' },
    });
    const exited = once(child, 'exit') as Promise<[number]>;
    const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
    return { out, error, code };
  };

  test('shows the receipt, and in red that a development setup proves nothing', async () => {
    const { out, code } = await runInColour(honest.jobId, '--recheck');
    expect(code).toBe(0);
    expect(out).toContain('executed only');
    expect(out).toContain(world.addressOf(B));
    expect(out).toContain('\u001b[31m\u001b[1mdevelopment setup');
  });

  test('writes a receipt that it checks again, and ends with 1 when it does not hold', async () => {
    const file = path.join(world.folder, 'receipt.json');
    const { stdout, code } = await run(honest.jobId, '--save', file, '--json');
    expect(code).toBe(0);
    const saved = decodeReceipt(await readFile(file));
    expect(JSON.parse(stdout)).toMatchObject({
      holds: true,
      receipt: saved,
      setup: { kind: 'development' },
      rechecked: false,
      inputOpened: true,
    });
    expect((await run(honest.jobId, '--receipt', file)).code).toBe(0);

    saved.slices[0].proof!.price = '1';
    await writeFile(file, JSON.stringify(saved));
    const refused = await run(honest.jobId, '--receipt', file);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('RECEIPT_DIFFERS');
  });
});
