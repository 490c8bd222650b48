// Bids that one account signs and another brings, against the real contracts.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../client/client.ts';
import { bringBids, cancelSignedBid, signBid, type SignedBid } from '../../client/jobs/signed-bid.ts';
import { signedJobSchema, signJob } from '../../client/jobs/signed-job.ts';
import { depositToLedger } from '../../protocol/contracts/deposits.ts';
import { sampleOf } from '../prover-node/support/model.ts';
import { OFFER, openWorld, type World } from '../prover-node/support/world.ts';
import { sliceproof as runSliceproof, type Ran } from '../support/sliceproof.ts';

const unitPrice = BigInt(OFFER.minUnitPrice);
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

let world: World;
/** Of the account that proves, which has a ledger and brings nothing itself. */
let prover: Client;
beforeAll(async () => {
  world = await openWorld();
  prover = await world.clientOf(4);
  await depositToLedger(prover.sender, prover.contracts, 10n ** 12n);
});
afterAll(async () => {
  prover.close();
  await world.close();
});

/** A job of two slices whose requester ran the model. */
async function traced(): Promise<string> {
  const { client, model } = world;
  const { sender, contracts } = client;
  const signed = await signJob(client, { published: model, inputs: [sampleOf(3).input], offer: OFFER });
  const none = { minPrice: 0n, maxPrice: 0n, rampSeconds: 0n, commitSeconds: 0n };
  const request = { ...signedJobSchema.parse(signed).request, execution: none };
  const rest = ['1', '2'].map((digit) => `0x${digit.padStart(64, '0')}`);
  const trace = [request.inputs[0], ...rest];
  await depositToLedger(sender, contracts, 10n ** 12n);
  await sender.send('post', () =>
    contracts.market.postWithTrace.populateTransaction(request, trace, `0x${'ab'.repeat(32)}`),
  );
  return contracts.market.jobIdOf(request);
}

describe('a bid that somebody else brings', () => {
  it('binds who signed it and costs it no transaction, beside one that counts for nothing', async () => {
    const { client } = world;
    const jobId = await traced();
    const before = await client.provider.getTransactionCount(prover.sender.address);
    const signed = await signBid(prover, { jobId, slices: [0], unitPrice, validSeconds: 300 });
    const whole = await signBid(prover, { jobId, unitPrice, validSeconds: 300 });
    const forged: SignedBid = { ...whole, bid: { ...whole.bid, unitPrice: '1' } };
    const handed = JSON.parse(JSON.stringify([forged, signed, signed])) as unknown[];
    const { address } = prover.sender;
    expect(await bringBids(client, handed)).toEqual([
      { jobId, prover: address, taken: [], refused: 'invalid-signature' },
      { jobId, prover: address, taken: [0], refused: undefined },
      { jobId, prover: address, taken: [], refused: 'nonce-used' },
    ]);
    expect((await client.contracts.market.sliceOf(jobId, 0)).holder).toBe(address);
    // All that is due, of which the first is its own already.
    expect(await bringBids(client, [whole])).toEqual([
      { jobId, prover: address, taken: [1], refused: undefined },
    ]);
    expect(await client.provider.getTransactionCount(address)).toBe(before);
  });

  it('can be taken back while nobody brought it, by its signer alone', async () => {
    const { client } = world;
    const jobId = await traced();
    const signed = await signBid(prover, { jobId, unitPrice, validSeconds: 300 });
    await expect(cancelSignedBid(client, signed)).rejects.toEqual(code('NOT_SIGNER'));
    await cancelSignedBid(prover, signed);
    const [{ refused }] = await bringBids(client, [signed]);
    expect(refused).toBe('nonce-used');
  });

  it("is an operator's for the account that named it, and nobody's of a job without a trace", async () => {
    const { client } = world;
    const jobId = await traced();
    const account = prover.sender.address;
    const operator = await world.clientOf(2);
    try {
      const wish = { jobId, unitPrice, validSeconds: 300, prover: account };
      const [{ refused }] = await bringBids(client, [await signBid(operator, wish)]);
      expect(refused).toBe('not-operator');
      await prover.sender.send('operator', () =>
        prover.contracts.market.setOperator.populateTransaction(
          operator.sender.address,
          10n ** 12n,
          10n ** 12n,
        ),
      );
      const [brought] = await bringBids(client, [await signBid(operator, wish)]);
      expect(brought).toEqual({ jobId, prover: account, taken: [0, 1], refused: undefined });
    } finally {
      operator.close();
    }
    const posted = await world.post(6);
    await expect(signBid(prover, { jobId: posted, unitPrice, validSeconds: 1 })).rejects.toMatchObject({
      code: 'JOB_NOT_TRACED',
      retryable: true,
    });
    const unknown = `0x${'cd'.repeat(32)}`;
    await expect(signBid(prover, { jobId: unknown, unitPrice, validSeconds: 1 })).rejects.toEqual(
      code('JOB_UNKNOWN'),
    );
    await expect(bringBids(client, [{ format: 'sliceproof-signed-bid/1' }])).rejects.toEqual(
      code('SIGNED_BID_MALFORMED'),
    );
  });
});

describe('the commands', () => {
  const sliceproof = (key: number, ...args: string[]): Promise<Ran> => {
    const { chain, deploymentFile, storeUrl } = world;
    const places = ['--rpc', chain.url, '--deployment', deploymentFile, '--store', storeUrl];
    return runSliceproof([...args, ...places], { SLICEPROOF_PRIVATE_KEY: chain.keys[key] });
  };

  it('sign a bid, bring it, and take one back', async () => {
    const { client, folder } = world;
    const jobId = await traced();
    const price = client.asset.format(unitPrice).split(' ')[0];
    const sign = ['job', 'sign-bid', jobId, '--unit-price', price];
    const file = path.join(folder, 'bids.json');
    const signed = await sliceproof(4, ...sign, '--slices', '1');
    expect(signed.stderr).toBe('');
    await writeFile(file, signed.stdout);
    expect((await sliceproof(1, 'job', 'bring-bids', file)).stdout).toMatch(/│ 1 +│/);
    expect((await sliceproof(1, 'job', 'bring-bids', file)).stdout).toContain('nothing: nonce-used');

    await writeFile(file, (await sliceproof(4, ...sign)).stdout);
    expect((await sliceproof(1, 'job', 'cancel-bids', file)).stderr).toContain('NOT_SIGNER');
    expect((await sliceproof(4, 'job', 'cancel-bids', file)).code).toBe(0);
    const brought = await sliceproof(1, 'job', 'bring-bids', file, '--json');
    expect(JSON.parse(brought.stdout)).toMatchObject([{ jobId, taken: [], refused: 'nonce-used' }]);
    await writeFile(file, '{}');
    expect((await sliceproof(1, 'job', 'bring-bids', file)).stderr).toContain('SIGNED_BIDS_UNREADABLE');
  });
});
