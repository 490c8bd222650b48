import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proofsAt, settlementsAt, startTestAggregator, submit, testSettings } from '../support/aggregator.ts';
import { openProxy } from '../../support/cuttable-proxy.ts';
import { openWorld, ROLES, type World } from '../support/world.ts';
import { until } from '../../support/until.ts';

const [A, B] = ROLES.provers;
const cli = fileURLToPath(new URL('../../../bin/cli.ts', import.meta.url));

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly exited: Promise<unknown[]>;
}

/** `sliceproof aggregator start` as a process of its own. */
async function startProcess(name: string, maxBatch: number): Promise<Running> {
  const { dataDir } = testSettings(world, name);
  const flags = {
    rpc: world.chain.url,
    deployment: world.deploymentFile,
    port: '0',
    'data-dir': dataDir,
    'max-batch': String(maxBatch),
    'max-age-seconds': '3600',
    'poll-seconds': '0.1',
    'private-key-env': 'KEY',
  };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  const child = spawn(process.execPath, [cli, 'aggregator', 'start', ...args], {
    env: { ...process.env, KEY: world.chain.keys[ROLES.aggregator] },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    void exited.then(([code]) => reject(new Error(`the aggregator ended with ${String(code)}`)));
    createInterface({ input: child.stderr }).on('line', (line) => {
      const { msg, url } = JSON.parse(line) as { msg: string; url?: string };
      if (msg === 'aggregator ready' && url !== undefined) resolve(url);
    });
  });
  return { child, url, exited };
}

describe('an aggregator that is interrupted', () => {
  test('settles after kill -9 what it had accepted before, once', async () => {
    const job = await world.post();
    await world.bid(job, A, [0, 1]);
    const first = await startProcess('killed', 64);
    for (const slice of [0, 1]) {
      expect((await submit(first.url, await world.prove(job, slice, A))).status).toBe(202);
    }
    first.child.kill('SIGKILL');
    await first.exited;

    const second = await startProcess('killed', 2);
    await until(async () => (await settlementsAt(second.url))[0]?.state === 'mined');
    expect(await settlementsAt(second.url)).toMatchObject([{ proofs: 2, paid: 2 }]);

    second.child.kill('SIGTERM');
    expect(await second.exited).toEqual([0, null]);
  });

  test('sees a settlement through that it was killed in', async () => {
    const { provider } = world.chain;
    const settler = world.addressOf(ROLES.aggregator);
    const job = await world.post();
    await world.bid(job, A, [0]);
    const proof = await world.prove(job, 0, A);
    const first = await startProcess('sending', 1);
    const sentBefore = await provider.getTransactionCount(settler);

    await provider.send('evm_setAutomine', [false]);
    await provider.send('evm_setIntervalMining', [0]);
    // The proof's slice has to be payable in the latest block, which stays the latest for now.
    expect((await submit(first.url, proof)).status).toBe(202);
    await until(async () => (await settlementsAt(first.url))[0]?.state === 'sent');
    const [{ transaction }] = await settlementsAt(first.url);
    first.child.kill('SIGKILL');
    await first.exited;
    // What a node forgets that is restarted: the bytes have to be sent again.
    await provider.send('anvil_dropTransaction', [transaction]);
    await provider.send('evm_setAutomine', [true]);
    await provider.send('evm_setIntervalMining', [1]);
    expect(await provider.getTransaction(transaction)).toBeNull();

    const second = await startProcess('sending', 1);
    await until(async () => (await settlementsAt(second.url))[0]?.state === 'mined');
    expect(await settlementsAt(second.url)).toMatchObject([{ transaction, proofs: 1, paid: 1 }]);
    expect(await proofsAt(second.url, job.jobId, 0)).toMatchObject([{ state: 'settled', transaction }]);
    expect(await provider.getTransactionCount(settler)).toBe(sentBefore + 1);
    second.child.kill('SIGTERM');
    expect(await second.exited).toEqual([0, null]);
  });

  test('puts proofs back when a settlement can never be mined', async () => {
    const { provider } = world.chain;
    const job = await world.post();
    await world.bid(job, B, [0]);
    const first = await startProcess('replaced', 1);
    const proof = await world.prove(job, 0, B);
    await provider.send('evm_setAutomine', [false]);
    await provider.send('evm_setIntervalMining', [0]);
    expect((await submit(first.url, proof)).status).toBe(202);
    await until(async () => (await settlementsAt(first.url))[0]?.state === 'sent');
    const [{ transaction: lost }] = await settlementsAt(first.url);
    first.child.kill('SIGKILL');
    await first.exited;
    await provider.send('anvil_dropTransaction', [lost]);
    await provider.send('evm_setAutomine', [true]);
    await provider.send('evm_setIntervalMining', [1]);
    const nonce = await provider.getTransactionCount(world.addressOf(ROLES.aggregator));
    const wallet = world.chain.wallet(ROLES.aggregator);
    await (await wallet.sendTransaction({ to: wallet.address, value: 0n, nonce })).wait();

    const second = await startProcess('replaced', 1);
    await until(async () => (await settlementsAt(second.url))[0]?.state === 'mined');
    expect(await settlementsAt(second.url)).toMatchObject([
      { state: 'mined', paid: 1 },
      { transaction: lost, state: 'failed', paid: 0 },
    ]);
    second.child.kill('SIGTERM');
    await second.exited;
  });

  test('takes a proof again whose settlement a reorganisation took back', async () => {
    const { provider } = world.chain;
    const aggregator = await startTestAggregator(world, 'undone', { maxBatch: 1 });
    try {
      const job = await world.post();
      await world.bid(job, A, [0]);
      const proof = await world.prove(job, 0, A);
      expect((await submit(aggregator.url, proof)).status).toBe(202);
      await until(async () => (await settlementsAt(aggregator.url))[0]?.state === 'mined');
      const [{ transaction }] = await settlementsAt(aggregator.url);
      const settledAt = (await provider.getTransactionReceipt(transaction))?.blockNumber ?? 0;
      await provider.send('anvil_reorg', [(await provider.getBlockNumber()) - settledAt + 1, []]);
      expect((await submit(aggregator.url, proof)).status).toBe(202);
      await until(async () => (await proofsAt(aggregator.url, job.jobId, 0))[0]?.state === 'settled');
      const paid = await settlementsAt(aggregator.url);
      expect(paid.map((settlement) => settlement.paid)).toEqual([1, 1]);
      // And once it stays, it is there.
      expect(await submit(aggregator.url, proof)).toMatchObject({ status: 202, answer: { position: 0 } });
      expect(await proofsAt(aggregator.url, job.jobId, 0)).toHaveLength(2);
    } finally {
      await aggregator.close();
    }
  });

  test('waits for a chain that is away, and loses nothing', async () => {
    const proxy = await openProxy(world.chain.url);
    const aggregator = await startTestAggregator(world, 'cut', { rpc: proxy.url, maxBatch: 2 });
    try {
      const job = await world.post();
      await world.bid(job, A, [0, 1]);
      const proofs = [await world.prove(job, 0, A), await world.prove(job, 1, A)];
      expect((await submit(aggregator.url, proofs[0])).status).toBe(202);
      proxy.cut();
      expect(await submit(aggregator.url, proofs[1])).toMatchObject({
        status: 503,
        answer: { code: 'CHAIN_AWAY', retryable: true },
      });
      expect((await fetch(`${aggregator.url}/health`)).status).toBe(503);
      expect(await proofsAt(aggregator.url, job.jobId, 0)).toMatchObject([{ state: 'waiting' }]);
      proxy.mend();
      await until(async () => (await submit(aggregator.url, proofs[1])).status === 202);
      await until(async () => (await settlementsAt(aggregator.url))[0]?.state === 'mined');
      expect(await settlementsAt(aggregator.url)).toMatchObject([{ proofs: 2, paid: 2 }]);
    } finally {
      await aggregator.close();
      await proxy.close();
    }
  });

  test('stops while the chain is away', async () => {
    const proxy = await openProxy(world.chain.url);
    const settings = { rpc: proxy.url, maxAgeSeconds: 0, stopSeconds: 1 };
    const aggregator = await startTestAggregator(world, 'stopped', settings);
    const job = await world.post();
    await world.bid(job, A, [0]);
    const proof = await world.prove(job, 0, A);
    const answer = submit(aggregator.url, proof);
    await answer;
    proxy.cut();
    await aggregator.close();
    await proxy.close();
    const again = await startTestAggregator(world, 'stopped', { maxAgeSeconds: 0 });
    await until(async () => (await settlementsAt(again.url))[0]?.state === 'mined');
    expect(await settlementsAt(again.url)).toMatchObject([{ paid: 1 }]);
    await again.close();
  });
});
