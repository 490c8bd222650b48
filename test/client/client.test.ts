// A requester against the real contracts, store and a small published model; the nodes' side is in test/prover-node.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Signature, toBeHex } from 'ethers';
import { DigitLedger__factory } from '../../protocol/contracts/generated/factories/examples/DigitLedger__factory.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cancelJob } from '../../client/jobs/cancel-job.ts';
import { jobResult } from '../../client/jobs/job-result.ts';
import { jobStatus } from '../../client/jobs/job-status.ts';
import { postJob } from '../../client/jobs/post-job.ts';
import { expectWithin, quoteJob } from '../../client/jobs/quote.ts';
import { challengeSlice, deliverResult, drawAudits, raiseOffer } from '../../client/jobs/running-job.ts';
import { cancelSignedJob, postSignedJob, signJob, signedJobSchema } from '../../client/jobs/signed-job.ts';
import type { JobToPost } from '../../client/jobs/request.ts';
import { readPublishedModel } from '../../client/jobs/read-model.ts';
import { waitForJob } from '../../client/jobs/wait-for-job.ts';
import { publishModel } from '../../client/models/publish-model.ts';
import type { Client } from '../../client/client.ts';
import { openClient } from '../../client/open-client.ts';
import { depositToLedger } from '../../protocol/contracts/deposits.ts';
import { writeGrayscalePng } from '../../protocol/image.ts';
import { specOf } from '../../protocol/manifest.ts';
import { writeNpy } from '../../protocol/npy.ts';
import { openTensors } from '../../protocol/trace.ts';
import { sliceOnnx } from '../../slicer/execute/slice-onnx.ts';
import { program, sampleOf } from '../prover-node/support/model.ts';
import { OFFER, openWorld, type World } from '../prover-node/support/world.ts';
import { sliceproof as runSliceproof, type Ran } from '../support/sliceproof.ts';

const unknown = `0x${'ab'.repeat(32)}`;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const refusedBy = (error: string): unknown =>
  expect.objectContaining({ code: 'CHAIN_REVERTED', details: expect.objectContaining({ error }) as unknown });

describe('publishing', () => {
  it('repeated sends no transaction and finds the same model', async () => {
    const { client, folder, model } = world;
    const before = await client.provider.getTransactionCount(client.sender.address);
    const again = await publishModel(client, path.join(folder, 'model'));
    expect(again.modelId).toBe(model.model.modelId);
    expect(again.gasUsed).toBe(0n);
    expect(await client.provider.getTransactionCount(client.sender.address)).toBe(before);
  });

  it('refuses a folder whose files are not what its manifest says', async () => {
    const { client, folder } = world;
    const file = path.join(folder, 'model', 'slices', '0', 'verifying.json');
    const kept = await readFile(file);
    await writeFile(file, '{}');
    await expect(publishModel(client, path.join(folder, 'model'))).rejects.toEqual(code('STORE_WRONG_BYTES'));
    await writeFile(file, kept);
  });

  it('refuses a model whose ONNX file computes something else, though not of zeros, before anything is sent', async () => {
    const { client, folder } = world;
    const own = program(1);
    const [linear, ...others] = own.nodes;
    if (linear.kind !== 'gemm') throw new Error('expected a linear layer');
    const nodes = [{ ...linear, weights: linear.weights.map((weight) => weight + 1) }, ...others];
    const file = path.join(folder, 'model', 'slices', '1', 'slice.onnx');
    const kept = await readFile(file);
    await writeFile(file, sliceOnnx({ ...own, nodes }, 'slice 1'));
    const before = await client.provider.getTransactionCount(client.sender.address);
    await expect(publishModel(client, path.join(folder, 'model'))).rejects.toEqual(code('BUILD_CIRCUIT'));
    expect(await client.provider.getTransactionCount(client.sender.address)).toBe(before);
    await writeFile(file, kept);
  });
});

describe('posting', () => {
  it('escrows exactly the most that the job can cost, from a ledger that it fills', async () => {
    const { client, model } = world;
    const { market } = client.contracts;
    const { jobId, escrow } = await postJob(client, {
      published: model,
      inputs: [sampleOf(1).input],
      offer: OFFER,
    });
    const weight = model.model.slices.reduce((sum, slice) => sum + BigInt(slice.weight), 0n);
    expect(escrow).toBe(weight * BigInt(OFFER.maxUnitPrice) + 50_000_000n);
    const job = await market.jobOf(jobId);
    expect(job.escrow).toBe(escrow);
    expect((await market.accountOf(client.sender.address)).balance).toBe(0n);
    expect((await jobStatus(client, jobId)).state).toBe('posted');
  });

  it('puts the input into the store, under salts that are new for each job', async () => {
    const { client, model } = world;
    const { market } = client.contracts;
    const commitments: string[] = [];
    for (let i = 0; i < 2; i++) {
      const { jobId } = await postJob(client, {
        published: model,
        inputs: [sampleOf(2).input],
        offer: OFFER,
      });
      const [event] = await market.queryFilter(market.filters.JobPosted(jobId));
      const { inputs, inputDigest } = event.args.request;
      const [tensor] = model.manifest.tensors;
      const [opened] = await openTensors(client.store, inputDigest, [
        { id: 0, spec: specOf(tensor), commitment: BigInt(inputs[0]) },
      ]);
      expect(opened.values).toEqual(sampleOf(2).input);
      commitments.push(inputs[0]);
    }
    expect(commitments[0]).not.toBe(commitments[1]);
  });

  it('names what is wrong with a request before it costs anything', async () => {
    const { client, model } = world;
    const inputs = [sampleOf(1).input];
    await emptyLedger(client);
    const before = await client.provider.getTransactionCount(client.sender.address);
    const post = (change: object): Promise<unknown> =>
      postJob(client, { published: model, inputs, offer: OFFER, ...change });
    await expect(post({ inputs: [] })).rejects.toEqual(code('INPUT_COUNT'));
    await expect(post({ inputs: [new Float64Array(3)] })).rejects.toEqual(code('COMMITMENT_COUNT'));
    await expect(post({ inputs: [sampleOf(1).input.map(() => 1e9)] })).rejects.toEqual(
      code('COMMITMENT_RANGE'),
    );
    await expect(post({ deposit: false })).rejects.toEqual(code('LEDGER_TOO_LITTLE'));
    await expect(post({ required: [200] })).rejects.toEqual(refusedBy('SliceNotProvable'));
    await expect(post({ offer: { ...OFFER, proveSeconds: 1 } })).rejects.toEqual(
      refusedBy('ProveSecondsTooShort'),
    );
    await expect(post({ offer: { ...OFFER, minUnitPrice: 0n } })).rejects.toMatchObject({
      code: 'OFFER_MALFORMED',
      message: expect.stringContaining('above zero') as string,
    });
    await expect(post({ offer: { ...OFFER, maxUnitPrice: 2n ** 64n } })).rejects.toEqual(
      code('OFFER_MALFORMED'),
    );
    await expect(post({ audits: 99 })).rejects.toEqual(refusedBy('AuditsOutOfRange'));
    await expect(signJob(client, { ...smallJob(), audits: 99 })).rejects.toEqual(
      refusedBy('AuditsOutOfRange'),
    );
    expect(await client.provider.getTransactionCount(client.sender.address)).toBe(before);
  });

  it('costs what the quote said at most, which signs nothing and is refused what the post would be', async () => {
    const { client, model, chain, deploymentFile, storeUrl } = world;
    const terms = { published: model, offer: OFFER };
    await emptyLedger(client);
    const before = await client.provider.getTransactionCount(client.sender.address);
    const quote = await quoteJob(client, terms);
    expect(quote.deposit).toBe(quote.most);
    expect(quote.slices).toBe(model.model.slices.length);
    await expect(quoteJob(client, { ...terms, audits: 99 })).rejects.toEqual(refusedBy('AuditsOutOfRange'));
    await expect(quoteJob(client, { ...terms, required: [200] })).rejects.toEqual(
      refusedBy('SliceNotProvable'),
    );
    const reader = await openClient({ rpc: chain.url, deployment: deploymentFile, store: [storeUrl] });
    expect(await quoteJob(reader, terms)).toMatchObject({ most: quote.most, deposit: undefined });
    reader.close();
    expect(await client.provider.getTransactionCount(client.sender.address)).toBe(before);
    const { escrow } = await postJob(client, { ...terms, inputs: [sampleOf(1).input] });
    expect(escrow).toBe(quote.most);
    expect((await quoteJob(client, terms)).gas!.used).toBeGreaterThan(100_000n);
    expect(() => expectWithin(client, quote, 2, 2n * quote.most)).not.toThrow();
    expect(() => expectWithin(client, quote, 2, 2n * quote.most - 1n)).toThrow(
      expect.objectContaining({ code: 'COST_ABOVE_LIMIT' }),
    );
  });

  it('makes the list of whom it admits before the job, once for all jobs of the same list', async () => {
    const { client, model } = world;
    const { market, admissionLists } = client.contracts;
    const [one, two] = [3, 4].map((place) => world.chain.wallet(place).address);
    const post = (accounts: string[]) =>
      postJob(client, {
        published: model,
        inputs: [sampleOf(6).input],
        offer: OFFER,
        admission: { accounts },
      });
    const sent = async <T>(work: () => Promise<T>): Promise<[number, T]> => {
      const before = await client.provider.getTransactionCount(client.sender.address);
      const done = await work();
      return [(await client.provider.getTransactionCount(client.sender.address)) - before, done];
    };
    const [first, { jobId }] = await sent(() => post([one, two]));
    const [second] = await sent(() => post([two, one]));
    expect(first - second).toBe(1);
    const { hook, data } = (await market.jobOf(jobId)).admission;
    expect(hook).toBe(client.contracts.deployment.addresses.admissionLists);
    const { accounts } = await admissionLists.listOf(data);
    expect(new Set(accounts)).toEqual(new Set([one, two]));
    expect(await market.admits(jobId, one)).toBe(true);
    expect(await market.admits(jobId, client.sender.address)).toBe(false);
    const tooMany = Array.from({ length: 65 }, (_, i) => toBeHex(i + 1, 20));
    await expect(post(tooMany)).rejects.toEqual(refusedBy('ListTooLong'));
    const hooked = await postJob(client, {
      ...{ published: model, inputs: [sampleOf(6).input], offer: OFFER },
      admission: { hook, data },
    });
    expect(await market.admits(hooked.jobId, two)).toBe(true);
    await expect(signJob(client, { ...smallJob(), admission: { accounts: tooMany } })).rejects.toEqual(
      refusedBy('ListTooLong'),
    );
  });

  it('by a signature needs no gas: another account posts it, with the requester’s asset by a permit', async () => {
    const { client, model } = world;
    const { market } = client.contracts;
    await emptyLedger(client);
    const signed = await signJob(client, {
      published: model,
      inputs: [sampleOf(4).input],
      offer: OFFER,
      required: [0],
      audits: 1,
      challengeSeconds: 30,
      admission: { accounts: [client.sender.address], excluded: true },
    });
    expect(signed.permit).toBeDefined();
    const before = await client.provider.getTransactionCount(client.sender.address);
    const poster = await world.clientOf(5);
    try {
      const { jobId, escrow } = await postSignedJob(poster, signed);
      const job = await market.jobOf(jobId);
      expect([job.requester, job.audits, job.challengeSeconds, job.drawPending]).toEqual([
        client.sender.address,
        1n,
        30n,
        true,
      ]);
      expect(job.escrow).toBe(escrow);
      expect(await market.admits(jobId, client.sender.address)).toBe(false);
      expect(await market.admits(jobId, poster.sender.address)).toBe(true);
      const another = { minRecord: 0, excluded: true, accounts: [poster.sender.address] };
      await expect(postSignedJob(poster, { ...signed, list: another })).rejects.toMatchObject({
        code: 'SIGNED_JOB_MALFORMED',
      });
      for (const again of [signed, { ...signed, permit: undefined }]) {
        await expect(postSignedJob(poster, again)).rejects.toEqual(refusedBy('NonceAlreadyUsed'));
      }
      await expect(challengeSlice(poster, jobId, 1)).rejects.toEqual(refusedBy('WrongJobState'));
      const { state } = await raiseOffer(client, jobId, 2n * BigInt(OFFER.maxUnitPrice));
      expect(state).toBe('posted');
      const consumer = await new DigitLedger__factory(world.chain.signer(0)).deploy(
        client.contracts.deployment.addresses.market,
        world.model.model.modelId,
      );
      await expect(deliverResult(poster, jobId, await consumer.getAddress())).rejects.toEqual(
        refusedBy('NoResult'),
      );
    } finally {
      poster.close();
    }
    // A deposit and the raise: posting took none.
    expect(await client.provider.getTransactionCount(client.sender.address)).toBe(before + 2);
  });

  it('by a signature goes on where it was cut off: the permit is used, the money in the ledger', async () => {
    const { client } = world;
    await emptyLedger(client);
    const signed = await signJob(client, smallJob());
    const { permit, request } = signedJobSchema.parse(signed);
    const { v, r, s } = Signature.from(permit!.signature);
    const poster = await world.clientOf(4);
    try {
      await poster.sender.send('deposit', () =>
        client.contracts.market.depositWithPermit.populateTransaction(
          request.requester,
          permit!.amount,
          permit!.deadline,
          v,
          r,
          s,
        ),
      );
      const { jobId } = await postSignedJob(poster, signed);
      expect((await jobStatus(client, jobId)).state).toBe('posted');
    } finally {
      poster.close();
    }
  });

  it('by a signature can be taken back while nobody used it, by its signer alone', async () => {
    const { client } = world;
    const signed = await signJob(client, smallJob());
    const poster = await world.clientOf(4);
    try {
      await expect(cancelSignedJob(poster, signed)).rejects.toEqual(code('NOT_SIGNER'));
      const { nonce } = await cancelSignedJob(client, signed);
      expect(nonce).toBe(signedJobSchema.parse(signed).request.nonce);
      await expect(postSignedJob(poster, signed)).rejects.toEqual(refusedBy('NonceAlreadyUsed'));
      await expect(cancelSignedJob(client, signed)).rejects.toEqual(refusedBy('NonceAlreadyUsed'));
    } finally {
      poster.close();
    }
  });

  it('needs an account, and a model that exists', async () => {
    const { chain, deploymentFile, storeUrl, model, client } = world;
    const reader = await openClient({ rpc: chain.url, deployment: deploymentFile, store: [storeUrl] });
    await expect(
      postJob(reader, { published: model, inputs: [sampleOf(1).input], offer: OFFER }),
    ).rejects.toEqual(code('CLIENT_NO_KEY'));
    reader.close();
    await expect(readPublishedModel(client, unknown)).rejects.toEqual(code('MODEL_UNKNOWN'));
  });
});

/** A job with one slice required and one drawn. */
function smallJob(): JobToPost {
  return { published: world.model, inputs: [sampleOf(6).input], offer: OFFER, required: [0], audits: 1 };
}

async function emptyLedger({ contracts: { market }, sender }: Client): Promise<void> {
  const { balance } = await market.accountOf(sender.address);
  if (balance === 0n) return;
  await sender.send('withdraw', () => market.withdraw.populateTransaction(balance, sender.address, false));
}

describe('a job', () => {
  it('that nobody knows is named', async () => {
    await expect(jobStatus(world.client, unknown)).rejects.toEqual(code('JOB_UNKNOWN'));
    await expect(waitForJob(world.client, unknown)).rejects.toEqual(code('JOB_UNKNOWN'));
  });

  it('that has no result yet says so, and is waited for no longer than was asked', async () => {
    const jobId = await world.post(3);
    await expect(jobResult(world.client, jobId)).rejects.toMatchObject({
      code: 'JOB_NOT_FINISHED',
      retryable: true,
    });
    await expect(waitForJob(world.client, jobId, { timeoutSeconds: 1 })).rejects.toMatchObject({
      code: 'JOB_WAIT_TIMEOUT',
      retryable: true,
    });
  });

  it('is cancelled before its trace with all its money, and can’t be waited for then', async () => {
    const { client } = world;
    const { market } = client.contracts;
    const before = await market.accountOf(client.sender.address);
    const jobId = await world.post(4);
    const { escrow } = await market.jobOf(jobId);
    const status = await cancelJob(client, jobId);
    expect(status.state).toBe('closed');
    expect((await market.accountOf(client.sender.address)).balance).toBe(before.balance + escrow);
    await expect(waitForJob(client, jobId)).rejects.toEqual(code('JOB_CLOSED'));
    await expect(jobResult(client, jobId)).rejects.toMatchObject({
      code: 'JOB_NOT_FINISHED',
      retryable: false,
    });
  });

  it('has its audits drawn by anybody, once they can be, and shows why each slice is due', async () => {
    const { client } = world;
    const { market } = client.contracts;
    const { request } = signedJobSchema.parse(await signJob(client, smallJob()));
    const none = { minPrice: 0n, maxPrice: 0n, rampSeconds: 0n, commitSeconds: 0n };
    const own = { ...request, execution: none };
    const trace = [own.inputs[0], `0x${'1'.padStart(64, '0')}`, `0x${'2'.padStart(64, '0')}`];
    await depositToLedger(client.sender, client.contracts, 10n ** 12n);
    await client.sender.send('post', () => market.postWithTrace.populateTransaction(own, trace, unknown));
    const jobId = await market.jobIdOf(own);
    const before = await jobStatus(client, jobId);
    expect([before.state, before.audits, before.drawPending]).toEqual(['traced', 1, true]);
    expect(before.slices.map(({ dueReason }) => dueReason)).toEqual(['required', undefined]);

    const other = await world.clientOf(4);
    try {
      await client.provider.send('hardhat_mine', ['0x2']);
      const { drawPending, dueCount, slices } = await drawAudits(other, jobId);
      expect([drawPending, dueCount]).toEqual([false, 2]);
      expect(slices.map(({ dueReason }) => dueReason)).toEqual(['required', 'audited']);
      await expect(drawAudits(other, jobId)).rejects.toEqual(refusedBy('NothingToDraw'));
      await expect(drawAudits(other, unknown)).rejects.toEqual(code('JOB_UNKNOWN'));
    } finally {
      other.close();
    }
  });

  it('of somebody else can’t be cancelled', async () => {
    const jobId = await world.post(5);
    const other = await world.clientOf(2);
    await expect(cancelJob(other, jobId)).rejects.toEqual(refusedBy('NotRequester'));
    other.close();
  });
});

describe('the commands', () => {
  /** `sliceproof …` as the requester of this world. */
  const sliceproof = (...args: string[]): Promise<Ran> => {
    const { chain, deploymentFile, storeUrl } = world;
    const places = ['--rpc', chain.url, '--deployment', deploymentFile, '--store', storeUrl];
    return runSliceproof([...args, ...places], { SLICEPROOF_PRIVATE_KEY: chain.keys[1] });
  };

  it('post a job for an array, and show it as a table or as JSON', async () => {
    const { folder, model } = world;
    const input = path.join(folder, 'input.npy');
    await writeFile(input, writeNpy({ shape: [1, 12], data: new Float32Array(12).fill(0.25) }));
    const posted = await sliceproof(
      'job',
      'post',
      '--model',
      model.model.modelId,
      '--input',
      input,
      '--json',
    );
    expect(posted.stderr).toBe('');
    const [{ jobId, escrow }] = JSON.parse(posted.stdout) as { jobId: string; escrow: string }[];
    expect(BigInt(escrow)).toBeGreaterThan(0n);

    const status = JSON.parse((await sliceproof('job', 'status', jobId, '--json')).stdout) as {
      state: string;
      slices: unknown[];
    };
    expect(status.state).toBe('posted');
    expect(status.slices).toHaveLength(model.model.slices.length);
    const table = await sliceproof('job', 'status', jobId);
    expect(table.stdout).toContain('posted');
    const cancelled = await sliceproof('job', 'cancel', jobId);
    expect(cancelled.stdout).toContain('closed');
  });

  it('post what a policy says', async () => {
    const { folder, model, client } = world;
    const input = path.join(folder, 'input.npy');
    const plan = ['model', 'plan', path.join(folder, 'model'), '--policy', 'last:1', '--json'];
    const chosen = await runSliceproof(plan);
    const policy = path.join(folder, 'policy.json');
    await writeFile(policy, chosen.stdout);
    const post = ['job', 'post', '--model', model.model.modelId, '--input', input, '--policy', policy];
    const posted = await sliceproof(...post, '--json');
    expect(posted.stderr).toBe('');
    const [{ jobId, escrow }] = JSON.parse(posted.stdout) as { jobId: string; escrow: string }[];
    const { market } = client.contracts;
    const [event] = await market.queryFilter(market.filters.JobPosted(jobId));
    expect(event.args.request.required).toBe(2n);
    expect(event.args.request.audits).toBe(0n);
    expect((await market.jobOf(jobId)).escrow).toBe(BigInt(escrow));

    await writeFile(policy, '{"policy":{"required":[1],"audits":1}}');
    const drawn = await sliceproof(...post, '--json');
    const [audited] = JSON.parse(drawn.stdout) as { jobId: string; escrow: string }[];
    const [{ args }] = await market.queryFilter(market.filters.JobPosted(audited.jobId));
    expect(args.request.audits).toBe(1n);
    expect((await market.jobOf(audited.jobId)).escrow).toBe(BigInt(audited.escrow));

    const twice = await sliceproof(...post, '--audits', '1');
    expect(twice.stderr).toContain('POLICY_TWICE');
    await writeFile(policy, '{"policy":{"required":[],"audits":1}}');
    expect((await sliceproof(...post)).stderr).toContain('POLICY_FILE');
  });

  it('post jobs that let in whom a list, or another contract, lets in', async () => {
    const { folder, model, client } = world;
    const { market, admissionLists, deployment } = client.contracts;
    const input = path.join(folder, 'input.npy');
    const post = (...flags: string[]): Promise<Ran> =>
      sliceproof('job', 'post', '--model', model.model.modelId, '--input', input, '--json', ...flags);
    const admissionOf = async (ran: Ran) => {
      expect(ran.stderr).toBe('');
      const [{ jobId }] = JSON.parse(ran.stdout) as { jobId: string }[];
      return (await market.jobOf(jobId)).admission;
    };
    const account = world.chain.wallet(3).address;
    const { hook, data } = await admissionOf(await post('--only', account, '--min-record', '2'));
    expect(hook).toBe(deployment.addresses.admissionLists);
    expect(await admissionLists.listOf(data)).toEqual([2n, false, [account]]);
    const named = await admissionOf(await post('--admission', hook, '--admission-data', data));
    expect([named.hook, named.data]).toEqual([hook, data]);
    for (const [flags, error] of [
      [['--admission', hook, '--only', account], 'ADMISSION_UNCLEAR'],
      [['--admission-data', data], 'ADMISSION_UNCLEAR'],
      [['--only', account, '--except', account], 'ACCOUNTS_MALFORMED'],
      [['--admission', account], 'InvalidAdmission'],
    ] as const) {
      expect((await post(...flags)).stdout).toContain(error);
    }
  });

  it('end with a code and a named error when an input has another shape', async () => {
    const { folder, model } = world;
    const short = path.join(folder, 'short.npy');
    await writeFile(short, writeNpy({ shape: [1, 5], data: new Float32Array(5) }));
    const image = path.join(folder, 'image.png');
    await writeFile(image, writeGrayscalePng(new Uint8Array(64), 8));
    for (const [file, error] of [
      [short, 'INPUT_SHAPE'],
      [image, 'IMAGE_SHAPE'],
      [path.join(folder, 'nothing.png'), 'INPUT_UNREADABLE'],
    ]) {
      const refused = await sliceproof('job', 'post', '--model', model.model.modelId, '--input', file);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(error);
      expect(refused.stdout).toBe('');
    }
  });

  it('move money in and out of the ledger', async () => {
    const deposited = JSON.parse((await sliceproof('account', 'deposit', '2.5', '--json')).stdout) as {
      balance: string;
    };
    expect(BigInt(deposited.balance)).toBeGreaterThanOrEqual(25n * 10n ** 17n);
    const emptied = JSON.parse((await sliceproof('account', 'withdraw', 'all', '--json')).stdout) as {
      balance: string;
    };
    expect(emptied.balance).toBe('0');
    for (const amount of ['-5', 'five', '1e3', '', '0.0000000000000000001', '1'.repeat(99)]) {
      expect(() => world.client.asset.parse(amount), amount).toThrow(
        expect.objectContaining({ code: 'AMOUNT_MALFORMED' }),
      );
    }
    const malformed = await sliceproof('account', 'deposit', '-5');
    expect(malformed.code).toBe(1);
    expect(malformed.stderr).toMatch(/^error AMOUNT_MALFORMED expected an amount of the asset, 0 or more/);
    const refused = await sliceproof('account', 'withdraw', '1');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/InsufficientBalance\(available: 0 \w+, needed: 1 \w+\)/);
  });

  it('name an operator, take the leave back, and take back what was signed', async () => {
    const { client, chain, folder } = world;
    const { market } = client.contracts;
    const operator = await chain.signer(5).getAddress();
    expect((await sliceproof('account', 'operator', operator)).stderr).toContain('OPERATOR_UNLIMITED');
    const limits = ['--max-reserved', '5', '--max-daily', '7.5'];
    const named = JSON.parse(
      (await sliceproof('account', 'operator', operator, ...limits, '--json')).stdout,
    ) as object;
    const [maxReserved, maxDaily] = ['5', '7.5'].map((amount) => client.asset.parse(amount));
    expect(named).toEqual({
      account: client.sender.address,
      operator,
      maxReserved: maxReserved.toString(),
      maxDaily: maxDaily.toString(),
    });
    expect(await market.operatorOf(client.sender.address, operator)).toEqual([maxReserved, maxDaily, 0n]);
    const removed = await sliceproof('account', 'operator', operator, '--remove');
    expect(removed.stdout).toMatch(/0 \w+ .*0 \w+/);
    expect((await market.operatorOf(client.sender.address, operator)).maxDaily).toBe(0n);
    expect((await sliceproof('account', 'operator', '0x12')).stderr).toContain('ADDRESS_MALFORMED');

    const signed = path.join(folder, 'signed.json');
    await writeFile(signed, JSON.stringify([await signJob(client, smallJob())]));
    expect((await sliceproof('job', 'cancel-signed', signed)).code).toBe(0);
    expect((await sliceproof('job', 'post-signed', signed)).stderr).toContain('NonceAlreadyUsed');
    expect((await sliceproof('job', 'draw', unknown)).stderr).toContain('JOB_UNKNOWN');
  });
});
