import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getAddress, Wallet, type JsonRpcProvider, type TransactionReceipt } from 'ethers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { headsOf } from '../../../../protocol/chain/heads.ts';
import { connect } from '../../../../protocol/chain/provider.ts';
import { Sender, type SenderOptions, type SendOptions } from '../../../../protocol/chain/sending/sender.ts';
import { createLog } from '../../../../protocol/log.ts';
import { startAnvil, type Anvil } from '../../../support/anvil.ts';
import { openCountingRpc, type CountingRpc } from '../../../support/counting-rpc.ts';
import { until } from '../../../support/until.ts';
import { pauseBlocks } from './support/pause-blocks.ts';

const log = createLog('test', 'silent');
const target = getAddress('0x00000000000000000000000000000000000000aa');

let anvil: Anvil;
/** Each test has an account of its own. */
let wallet: Wallet;

beforeAll(async () => {
  anvil = await startAnvil(31337, ['--block-time', '1']);
});
afterAll(() => anvil.stop());

beforeEach(async () => {
  wallet = new Wallet(Wallet.createRandom().privateKey);
  await anvil.provider.send('anvil_setBalance', [wallet.address, '0x8ac7230489e80000']);
});

async function open(options: Partial<SenderOptions> = {}, rpc = anvil.url): Promise<Sender> {
  const provider = await connect({ rpc, log, pollingInterval: 50 });
  onTestFinished(() => provider.destroy());
  return new Sender({
    ...{ provider, privateKey: wallet.privateKey, interfaces: [], log, alone: true },
    ...options,
  });
}

function transfer(sender: Sender, value: number, options: SendOptions = {}): Promise<TransactionReceipt> {
  return sender.send(
    `transfer ${value}`,
    () => Promise.resolve({ to: target, value: BigInt(value), data: '0x' }),
    options,
  );
}

async function nonceOf({ hash }: TransactionReceipt): Promise<number | undefined> {
  return (await anvil.provider.getTransaction(hash))?.nonce;
}

describe('of works that wait', () => {
  it('the one that is due first is sent first; what is under way is not overtaken', async () => {
    const sender = await open();
    const resume = await pauseBlocks(anvil);
    const underWay = transfer(sender, 1, { withinSeconds: 900 });
    await until(async () => (await anvil.provider.getTransactionCount(wallet.address, 'pending')) === 1);
    const waiting = [
      transfer(sender, 2),
      transfer(sender, 3, { withinSeconds: 500 }),
      transfer(sender, 4, { withinSeconds: 700 }),
      transfer(sender, 5, { withinSeconds: 400 }),
      transfer(sender, 6, { withinSeconds: 400 }),
    ];
    expect(sender.waiting).toBeUndefined();
    await resume();
    const receipts = await Promise.all([underWay, ...waiting]);
    // Of those that say nothing the time is ten minutes.
    expect(await Promise.all(receipts.map(nonceOf))).toEqual([0, 4, 3, 5, 1, 2]);
  });

  it('what its time runs out for meanwhile is not sent, and costs nothing', async () => {
    const sender = await open();
    const resume = await pauseBlocks(anvil);
    const underWay = transfer(sender, 1, { withinSeconds: 0.5, cancelSeconds: 600 });
    await until(async () => (await anvil.provider.getTransactionCount(wallet.address, 'pending')) === 1);
    const late = transfer(sender, 2, { withinSeconds: 0 }).catch((error: unknown) => error);
    await resume();
    await underWay;
    expect(await late).toMatchObject({ code: 'CHAIN_NOT_MINED', retryable: true });
    await transfer(sender, 3);
    expect(await anvil.provider.getTransactionCount(wallet.address)).toBe(2);
  });
});

it('what a work may cost is told before it is signed, and what it did cost when it is mined', async () => {
  const sender = await open();
  const dear = new Error('too dear');
  const refusing = transfer(sender, 1, {
    beforeSign: ({ gas, gasPrice }) => {
      expect([gas >= 21_000n, gasPrice > 0n]).toEqual([true, true]);
      throw dear;
    },
  });
  await expect(refusing).rejects.toBe(dear);
  expect(await anvil.provider.getTransactionCount(wallet.address, 'pending')).toBe(0);
  const costs: bigint[] = [];
  const { fee } = await transfer(sender, 1, { onCost: (wei) => costs.push(wei) });
  expect(costs).toEqual([fee]);
});

describe('another process with the same key, on another machine', () => {
  /** A sender that has worked for a while. */
  async function older(options: Partial<SenderOptions> = {}) {
    const time = { now: 0 };
    const sender = await open({ clock: () => time.now, ...options });
    await transfer(sender, 1);
    time.now += 180_000;
    return { sender, time };
  }

  it('is seen by whoever sends next, which takes the nonce after it', async () => {
    const { sender } = await older();
    const other = await open();
    await transfer(other, 2);
    expect(sender.othersSend).toBe(false);
    expect(await nonceOf(await transfer(sender, 3))).toBe(2);
    expect(sender.othersSend).toBe(true);
  });

  it('is seen by one that has nothing to send', async () => {
    const { sender, time } = await older();
    sender.lookOut();
    await sender.idle();
    expect(sender.othersSend).toBe(false);
    await transfer(await open(), 2);
    time.now += 59_999;
    sender.lookOut();
    await sender.idle();
    expect(sender.othersSend).toBe(false);
    time.now += 1;
    sender.lookOut();
    await sender.idle();
    expect(sender.othersSend).toBe(true);
  });

  it('is seen when it takes a nonce that was meant for a work, which is begun anew', async () => {
    const { sender } = await older();
    const other = await open();
    let once: Promise<unknown> | undefined;
    const build = async () => {
      once ??= transfer(other, 2);
      await once;
      return { to: target, value: 3n, data: '0x' };
    };
    expect(await nonceOf(await sender.send('transfer', build))).toBe(2);
    expect(sender.othersSend).toBe(true);
  });

  it('is none of who sends alone, whatever it sends, nor of those who may', async () => {
    const { sender, time } = await older();
    for (let value = 2; value < 5; value++) await transfer(sender, value);
    time.now += 60_000;
    sender.lookOut();
    await sender.idle();
    expect(sender.othersSend).toBe(false);
    const shared = await older({ others: (from, to) => Promise.resolve(new Set([from, to - 1])) });
    await transfer(await open(), 2);
    await transfer(shared.sender, 3);
    expect(shared.sender.othersSend).toBe(false);
  });
});

it('an RPC that gives no answer is named as what a work waits for', async () => {
  let holds = false;
  const held: (() => void)[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = Buffer.concat(await request.toArray());
      if (holds) await new Promise<void>((resolve) => held.push(resolve));
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(anvil.url, { method: 'POST', headers, body });
      response.writeHead(answer.status, headers).end(await answer.text());
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const sender = await open({}, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await transfer(sender, 1);
  holds = true;
  const sending = transfer(sender, 2);
  const behind = transfer(sender, 3);
  await until(() => sender.waiting?.reason === 'rpc');
  expect(sender.waiting).toMatchObject({ what: 'transfer 2', nonce: undefined, behind: 1 });
  holds = false;
  for (const answer of held) answer();
  await sending;
  await behind;
  expect(sender.waiting).toBeUndefined();
});

describe('where somebody follows the chain', () => {
  /** Once the pace of blocks is known. */
  async function followed(): Promise<{ readonly provider: JsonRpcProvider; readonly rpc: CountingRpc }> {
    const rpc = await openCountingRpc(anvil.url);
    onTestFinished(() => rpc.close());
    const provider = await connect({ rpc: rpc.url, log });
    const heads = headsOf(provider);
    const stop = new AbortController();
    const following = (async () => {
      for (let head = await heads.now(); ; head = await heads.next(head, { signal: stop.signal }));
    })().catch(() => undefined);
    onTestFinished(async () => {
      stop.abort();
      await following;
      provider.destroy();
    });
    await until(() => heads.blockSeconds > 1.6);
    return { provider, rpc };
  }

  it('a receipt is asked for once a block, and not before there can be one', async () => {
    await anvil.provider.send('evm_setIntervalMining', [3]);
    onTestFinished(() => anvil.provider.send('evm_setIntervalMining', [1]) as Promise<void>);
    const { provider, rpc } = await followed();
    const sender = await open({ provider });
    const mined = [];
    for (const value of [1, 2, 3]) {
      const { blockNumber } = await transfer(sender, value);
      mined.push(blockNumber);
    }
    expect(new Set(mined).size).toBe(3);
    expect(rpc.calls()).toMatchObject({ eth_sendRawTransaction: 3 });
    // Once more each where it isn't there yet.
    expect(rpc.calls().eth_getTransactionReceipt).toBeLessThanOrEqual(9);
  });

  it('a receipt that the head’s machine knows, and another does not yet, needs no other block', async () => {
    await anvil.provider.send('evm_setIntervalMining', [3]);
    onTestFinished(() => anvil.provider.send('evm_setIntervalMining', [1]) as Promise<void>);
    const { provider } = await followed();
    const sender = await open({ provider });
    const receiptOf = provider.getTransactionReceipt.bind(provider);
    const heads: (number | undefined)[] = [];
    vi.spyOn(provider, 'getTransactionReceipt').mockImplementation(async (hash) => {
      const receipt = await receiptOf(hash);
      if (receipt === null || heads.push(headsOf(provider).latest?.number) === 1) return null;
      return receipt;
    });
    await transfer(sender, 1);
    expect(heads).toHaveLength(2);
    expect(heads[1]).toBe(heads[0]);
  });
});
