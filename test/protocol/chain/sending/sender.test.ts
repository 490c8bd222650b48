import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  getAddress,
  Transaction,
  Wallet,
  type ContractTransaction,
  type JsonRpcProvider,
  type TransactionRequest,
} from 'ethers';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../../../protocol/chain/provider.ts';
import { TRANSACTION_GAS } from '../../../../protocol/chain/sending/limits.ts';
import { Sender, type SenderOptions, type SendOptions } from '../../../../protocol/chain/sending/sender.ts';
import type { SignedTransaction } from '../../../../protocol/chain/sending/slot.ts';
import { createLog } from '../../../../protocol/log.ts';
import { startAnvil, type Anvil } from '../../../support/anvil.ts';
import { until } from '../../../support/until.ts';
import { pauseBlocks } from './support/pause-blocks.ts';

const GWEI = 10n ** 9n;
const log = createLog('test', 'silent');
const target = getAddress('0x00000000000000000000000000000000000000aa');

/** A chain with a block a second, which enforces EIP-7825. */
let anvil: Anvil;
/** Each test has an account of its own. */
let wallet: Wallet;

beforeAll(async () => {
  anvil = await startAnvil(31337, ['--block-time', '1', '--enable-tx-gas-limit']);
});
afterAll(() => anvil.stop());

beforeEach(async () => {
  wallet = new Wallet(Wallet.createRandom().privateKey);
  await anvil.provider.send('anvil_setBalance', [wallet.address, '0x8ac7230489e80000']);
  await baseFee(GWEI);
});

function baseFee(wei: bigint): Promise<unknown> {
  return anvil.provider.send('anvil_setNextBlockBaseFeePerGas', [`0x${wei.toString(16)}`]);
}

function blockGas(limit: number): Promise<unknown> {
  return anvil.provider.send('evm_setBlockGasLimit', [`0x${limit.toString(16)}`]);
}

/** Holds the base fee up against the chain's own wish to lower it with each block, until the test ends it. */
async function spike(wei: bigint): Promise<() => void> {
  const hold = (): void => void baseFee(wei);
  const end = (): void => void anvil.provider.off('block', hold);
  onTestFinished(end);
  await anvil.provider.on('block', hold);
  await baseFee(wei);
  return end;
}

/** How the RPC treats a raw transaction: hands it on, hands it on and loses the answer, or keeps it. */
type Treatment = 'pass' | 'lose-answer' | 'keep';

interface Rpc {
  readonly url: string;
  /** Of the next transactions; afterwards they pass. */
  readonly treatments: Treatment[];
  /** Every raw transaction that came. */
  readonly raw: string[];
}

async function openRpc(): Promise<Rpc> {
  const treatments: Treatment[] = [];
  const raw: string[] = [];
  const server: Server = createServer((request, response) => {
    void (async () => {
      const body = Buffer.concat(await request.toArray()).toString();
      const asked = [JSON.parse(body) as { id: number; method: string; params: string[] }].flat();
      const sent = asked.find(({ method }) => method === 'eth_sendRawTransaction');
      if (sent) raw.push(sent.params[0]);
      const treatment = sent ? (treatments.shift() ?? 'pass') : 'pass';
      const json = { 'content-type': 'application/json' };
      if (treatment === 'keep') {
        const { hash } = Transaction.from(sent?.params[0]);
        response.writeHead(200, json).end(JSON.stringify({ jsonrpc: '2.0', id: sent?.id, result: hash }));
        return;
      }
      const real = await (await fetch(anvil.url, { method: 'POST', headers: json, body })).text();
      if (treatment === 'lose-answer') response.socket?.destroy();
      else response.writeHead(200, json).end(real);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, treatments, raw };
}

interface World {
  readonly rpc: Rpc;
  readonly provider: JsonRpcProvider;
  readonly sender: Sender;
  /** Messages of the log. */
  readonly said: string[];
}

async function open(options: Partial<SenderOptions> = {}): Promise<World> {
  const rpc = await openRpc();
  const provider = await connect({ rpc: rpc.url, log, pollingInterval: 50 });
  onTestFinished(() => provider.destroy());
  const said: string[] = [];
  const heard = pino(
    { level: 'info' },
    { write: (line: string) => void said.push((JSON.parse(line) as { msg: string }).msg) },
  );
  const { privateKey } = wallet;
  const sender = new Sender({ provider, privateKey, interfaces: [], log: heard, alone: true, ...options });
  return { rpc, provider, sender, said };
}

/** A transfer, known by its value. */
function transfer(sender: Sender, value: bigint, options: SendOptions = {}, data = '0x') {
  const build = () => Promise.resolve({ to: target, value, data });
  return sender.send('transfer', build, options);
}

/** Init code that writes so many words: 22,100 gas each, and some more. */
function store(sender: Sender, words: number) {
  const data = `0x61${words.toString(16).padStart(4, '0')}5b808055600190038060035700`;
  return sender.send('store', () => Promise.resolve({ data } as ContractTransaction));
}

async function received(provider: JsonRpcProvider, hash: string): Promise<bigint | undefined> {
  return (await provider.getTransaction(hash))?.value;
}

/** What another program sends with the same key, past the sender. */
async function bySomebodyElse(request: TransactionRequest): Promise<string> {
  const own = wallet.connect(anvil.provider);
  const fees = { type: 2, maxFeePerGas: 3n * GWEI, maxPriorityFeePerGas: GWEI, gasLimit: 21_000 };
  return (await own.sendTransaction({ to: target, ...fees, ...request })).hash;
}

/** Every nonce carries one work: its transactions differ in fees alone, but for those that cancel. */
function expectOneWorkANonce(raw: readonly string[]): void {
  const works = new Map<number, Set<string>>();
  for (const signed of raw) {
    const { nonce, to, data, value } = Transaction.from(signed);
    if (to === wallet.address) continue;
    works.set(nonce, (works.get(nonce) ?? new Set()).add(JSON.stringify([to, data, String(value)])));
  }
  for (const [nonce, those] of works) expect([...those], `nonce ${nonce}`).toHaveLength(1);
}

describe('a transaction', () => {
  it('whose fees a spike left behind is replaced with higher ones, and the work is done once', async () => {
    const { rpc, provider, sender, said } = await open();
    rpc.treatments.push('keep');
    const sending = transfer(sender, 5n, { withinSeconds: 16 });
    await until(() => rpc.raw.length > 0);
    const first = Transaction.from(rpc.raw[0]);
    const end = await spike(40n * GWEI);
    const receipt = await sending;
    end();
    const mined = Transaction.from(rpc.raw.at(-1));
    expect(receipt.hash).toBe(mined.hash);
    expect([mined.nonce, await received(provider, receipt.hash)]).toEqual([first.nonce, 5n]);
    expect(mined.maxFeePerGas).toBeGreaterThanOrEqual(((first.maxFeePerGas as bigint) * 9n) / 8n);
    expect(mined.maxPriorityFeePerGas).toBeGreaterThanOrEqual(
      ((first.maxPriorityFeePerGas as bigint) * 9n) / 8n,
    );
    expect(await provider.getTransactionCount(wallet.address)).toBe(1);
    expect(said).toEqual(['transaction waits', 'transaction replaced', 'transaction waits no more']);
    expectOneWorkANonce(rpc.raw);
  });

  it('whose predecessor a reorganisation took back is mined, after that was sent again', async () => {
    const { rpc, provider, sender, said } = await open();
    const first = await transfer(sender, 5n);
    const more = await pauseBlocks(anvil);
    const sending = transfer(sender, 6n, { withinSeconds: 16 });
    await until(() => rpc.raw.length === 2);
    await provider.send('anvil_reorg', [(await provider.getBlockNumber()) - first.blockNumber + 1, []]);
    await more();
    const receipt = await sending;
    expect(await received(provider, receipt.hash)).toBe(6n);
    // In the end both are there, each once.
    expect(await received(provider, first.hash)).toBe(5n);
    expect(await provider.getTransactionCount(wallet.address)).toBe(2);
    expect(said).toContain('the chain has lost an earlier transaction, sending it again');
    expectOneWorkANonce(rpc.raw);
  });

  it('that a pool dropped is sent again under the same nonce', async () => {
    const { rpc, provider, sender } = await open();
    rpc.treatments.push('keep');
    const receipt = await transfer(sender, 6n, { withinSeconds: 16 });
    expect(rpc.raw.length).toBeGreaterThan(1);
    expect(await received(provider, receipt.hash)).toBe(6n);
    expect(await provider.getTransactionCount(wallet.address)).toBe(1);
  });

  it('whose answer was lost is looked up and not sent as another', async () => {
    const { rpc, provider, sender } = await open();
    rpc.treatments.push('lose-answer', 'lose-answer');
    const receipt = await transfer(sender, 7n);
    expect(new Set(rpc.raw).size).toBe(1);
    expect(rpc.raw.length).toBe(3);
    expect(await received(provider, receipt.hash)).toBe(7n);
    expect(await provider.getTransactionCount(wallet.address)).toBe(1);
  });

  it('is cancelled when its time is over, and the next one is sent', async () => {
    const { rpc, provider, sender } = await open();
    // The work never gets through; what cancels it does.
    rpc.treatments.push('keep');
    const late = transfer(sender, 8n, { withinSeconds: 1.5 });
    const next = transfer(sender, 9n);
    await expect(late).rejects.toMatchObject({ code: 'CHAIN_NOT_MINED', retryable: true });
    expect(await received(provider, (await next).hash)).toBe(9n);
    expect(rpc.raw.map((signed) => Transaction.from(signed)).map(({ to, nonce }) => [to, nonce])).toEqual([
      [target, 0],
      [wallet.address, 0],
      [target, 1],
    ]);
  });
});

describe('a nonce', () => {
  it('that another program used meanwhile is read from the chain again', async () => {
    const { rpc, provider, sender } = await open();
    await transfer(sender, 1n);
    await (await provider.getTransaction(await bySomebodyElse({ nonce: 1, value: 2n })))?.wait();
    await transfer(sender, 3n);
    // Between the question for the nonce and the sending.
    let used: Promise<unknown> | undefined;
    const build = async () => {
      used ??= bySomebodyElse({ nonce: 3, value: 4n }).then(async (hash) =>
        (await provider.getTransaction(hash))?.wait(),
      );
      await used;
      return { to: target, value: 5n, data: '0x' };
    };
    const receipt = await sender.send('transfer', build);
    expect(await received(provider, receipt.hash)).toBe(5n);
    expect(await provider.getTransactionCount(wallet.address)).toBe(5);
    expectOneWorkANonce(rpc.raw);
  });

  it('that an earlier process left stuck is freed by a transfer of nothing', async () => {
    const resume = await pauseBlocks(anvil);
    await bySomebodyElse({ nonce: 0, value: 11n, gasLimit: 5_000_000 });
    // No block has room for it now; one that is too cheap a pool of anvil's drops.
    await blockGas(1_000_000);
    onTestFinished(async () => void (await blockGas(30_000_000)));
    await resume();
    const { rpc, provider, sender, said } = await open();
    const receipt = await transfer(sender, 12n, { withinSeconds: 16 });
    expect(await received(provider, receipt.hash)).toBe(12n);
    const sent = rpc.raw.map((signed) => Transaction.from(signed));
    expect(sent.slice(0, -1).every(({ to, nonce }) => to === wallet.address && nonce === 0)).toBe(true);
    expect([sent.at(-1)?.to, sent.at(-1)?.nonce]).toEqual([target, 1]);
    expect(said).toContain('cancelling an earlier transaction that is stuck');
  });

  it('is not taken over by whoever shares the key: the earlier transaction is named', async () => {
    const { sender } = await open({ alone: false });
    await pauseBlocks(anvil);
    const earlier = await bySomebodyElse({ nonce: 0, value: 1n });
    await expect(transfer(sender, 2n, { withinSeconds: 1 })).rejects.toMatchObject({
      code: 'CHAIN_EARLIER_PENDING',
      retryable: true,
    });
    await anvil.mine(1);
    expect(await received(anvil.provider, earlier)).toBe(1n);
    expect(await anvil.provider.getTransactionCount(wallet.address)).toBe(1);
  });
});

describe('work that was signed before', () => {
  it('is seen through after a crash, with higher fees if need be', async () => {
    const before = await open();
    const kept: SignedTransaction[] = [];
    before.rpc.treatments.push('keep');
    const crash = new AbortController();
    const dying = new Sender({
      provider: before.provider,
      privateKey: wallet.privateKey,
      interfaces: [],
      log,
      signal: crash.signal,
    });
    const beforeSend = (transaction: SignedTransaction): Promise<void> => {
      kept.push(transaction);
      return Promise.resolve();
    };
    const dead = transfer(dying, 21n, { beforeSend }).catch(() => 'dead');
    await until(() => before.rpc.raw.length > 0);
    crash.abort();
    expect(await dead).toBe('dead');

    const { sender, provider } = await open();
    const receipt = await sender.resume('transfer', kept, { withinSeconds: 16, beforeSend });
    expect(kept.map(({ hash }) => hash)).toContain(receipt?.hash);
    expect(await received(provider, receipt?.hash as string)).toBe(21n);
    expect((await sender.resume('transfer', kept))?.hash).toBe(receipt?.hash);
  });

  it('is given up when its nonce went to another, and when it is too late and nobody knows it', async () => {
    const { sender, provider } = await open();
    const sign = async (nonce: number): Promise<SignedTransaction> => {
      const signed = await wallet.signTransaction({
        chainId: 31337,
        type: 2,
        nonce,
        to: target,
        value: 31n,
        gasLimit: 21_000,
        maxFeePerGas: 3n * GWEI,
        maxPriorityFeePerGas: GWEI,
      });
      return { signed, hash: Transaction.from(signed).hash as string };
    };
    await transfer(sender, 1n);
    expect(await sender.resume('transfer', [await sign(0)])).toBeUndefined();
    expect(await sender.resume('transfer', [await sign(1)], { withinSeconds: 0 })).toBeUndefined();
    expect(await provider.getTransactionCount(wallet.address)).toBe(1);
  });
});

describe('what is refused before anything is sent', () => {
  it.each<[string, string, (sender: Sender) => Promise<unknown>]>([
    ['more gas than a transaction may have', 'CHAIN_GAS_LIMIT', (sender) => store(sender, 900)],
    [
      'more bytes than pools take',
      'CHAIN_TRANSACTION_TOO_LARGE',
      (sender) => transfer(sender, 0n, {}, `0x${'00'.repeat(131_072)}`),
    ],
    ['an account without coins', 'CHAIN_NO_COINS', (sender) => transfer(sender, 10n ** 19n - 1n)],
  ])('%s', async (_, code, send) => {
    const { sender, provider } = await open();
    await expect(send(sender)).rejects.toMatchObject({ code });
    expect(await provider.getTransactionCount(wallet.address, 'pending')).toBe(0);
    // And the next one goes.
    await transfer(sender, 1n);
  });

  it('gas above max-gas-price: at once where nothing is said of time, else when that is over', async () => {
    const { rpc, sender } = await open({ maxGasPrice: 5n * GWEI });
    const end = await spike(20n * GWEI);
    await until(async () => ((await anvil.provider.getBlock('latest'))?.baseFeePerGas ?? 0n) > 10n * GWEI);
    const dear = { code: 'CHAIN_GAS_PRICE', retryable: true };
    await expect(transfer(sender, 1n)).rejects.toMatchObject(dear);
    await expect(transfer(sender, 1n, { withinSeconds: 1 })).rejects.toMatchObject(dear);
    expect(rpc.raw).toEqual([]);
    const waiting = transfer(sender, 2n, { withinSeconds: 60 });
    await until(() => sender.waiting?.reason === 'max-gas-price');
    end();
    await baseFee(GWEI);
    await waiting;
    expect(rpc.raw.map((signed) => Transaction.from(signed).maxFeePerGas)).toSatisfy((fees: bigint[]) =>
      fees.every((fee) => fee <= 5n * GWEI),
    );
  });

  it('the last coins are enough with less headroom for the base fee', async () => {
    const { rpc, sender } = await open();
    const end = await spike(10n * GWEI);
    await until(async () => (await anvil.provider.getBlock('latest'))?.baseFeePerGas === 10n * GWEI);
    // A fifth above 21,000 gas at 13 gwei: twice the base fee would not be there.
    const coins = 25_200n * 13n * GWEI;
    await anvil.provider.send('anvil_setBalance', [wallet.address, `0x${coins.toString(16)}`]);
    expect((await transfer(sender, 0n)).status).toBe(1);
    end();
    expect(Transaction.from(rpc.raw.at(-1)).maxFeePerGas).toBe(13n * GWEI);
  });
});

it('work near the most gas of a transaction gets what is left of its margin', async () => {
  const { rpc, sender } = await open();
  const receipt = await store(sender, 660);
  expect(receipt.gasUsed).toBeGreaterThan(14_500_000n);
  expect(Transaction.from(rpc.raw[0]).gasLimit).toBe(TRANSACTION_GAS);
});
