import { Contract, HDNodeWallet, type JsonRpcProvider } from 'ethers';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { followLogs, type NewBlocks } from '../../../protocol/chain/follow.ts';
import { connect, isOutage, patiently } from '../../../protocol/chain/provider.ts';
import { revertName } from '../../../protocol/chain/revert.ts';
import { Sender } from '../../../protocol/chain/sending/sender.ts';
import { TestToken__factory } from '../../../protocol/contracts/generated/index.ts';
import { createLog } from '../../../protocol/log.ts';
import { startAnvil, type Anvil } from '../../support/anvil.ts';
import { openProxy, type CuttableProxy } from '../../support/cuttable-proxy.ts';
import { until } from '../../support/until.ts';

const log = createLog('test', 'silent');
const key = HDNodeWallet.fromPhrase(
  'test test test test test test test test test test test junk',
  '',
  "m/44'/60'/0'/0/0",
).privateKey;
/** What is said when a request was lost and is sent again. */
const AWAY = 'waiting for the chain';
const somebody = '0x00000000000000000000000000000000000000aa';

let anvil: Anvil;
let proxy: CuttableProxy;
let provider: JsonRpcProvider;

beforeAll(async () => {
  anvil = await startAnvil();
});
afterAll(() => anvil.stop());

beforeEach(async () => {
  proxy = await openProxy(anvil.url);
  provider = await connect({ rpc: proxy.url, log, pollingInterval: 20, patience: 0 });
});
afterEach(async () => {
  provider.destroy();
  await proxy.close();
});

/** A log that keeps its messages. */
function listening(): { log: pino.Logger; messages: string[] } {
  const messages: string[] = [];
  const sink = { write: (line: string) => void messages.push((JSON.parse(line) as { msg: string }).msg) };
  return { log: pino({ level: 'debug' }, sink), messages };
}

async function tokenAndSender(
  options: { log?: pino.Logger } = {},
): Promise<{ token: Contract; sender: Sender }> {
  const abi = TestToken__factory.createInterface();
  const sender = new Sender({ provider, privateKey: key, interfaces: [abi], log: options.log ?? log });
  const receipt = await sender.send('deploy', async () => {
    const { data } = await new TestToken__factory().getDeployTransaction();
    return { data } as Awaited<ReturnType<Contract['mint']['populateTransaction']>>;
  });
  return { token: new Contract(receipt.contractAddress as string, abi, provider), sender };
}

describe('connect', () => {
  it('gives up a chain that never answers, with a named error', async () => {
    const failing = connect({ rpc: 'http://127.0.0.1:1', log, connectTimeout: 600 });
    await expect(failing).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE', retryable: true });
  });

  it('waits for a chain that is late', async () => {
    proxy.cut();
    const { log: heard, messages } = listening();
    const late = connect({ rpc: proxy.url, log: heard });
    await until(() => messages.includes('waiting for the chain'));
    proxy.mend();
    const connected = await late;
    expect(await connected.getBlockNumber()).toBeGreaterThanOrEqual(0);
    connected.destroy();
  });
});

describe('patiently', () => {
  it('repeats a read until the chain is back, and says that it waited', async () => {
    const { log: heard, messages } = listening();
    proxy.cut();
    const read = patiently(heard, () => provider.getBlockNumber());
    await until(() => messages.length > 0);
    proxy.mend();
    expect(await read).toBeGreaterThanOrEqual(0);
    expect(messages).toEqual([AWAY, 'chain answers again']);
  });

  it('does not repeat what the chain refused', async () => {
    let calls = 0;
    const refused = patiently(log, () => {
      calls++;
      return provider.send('no_such_method', []);
    });
    await expect(refused).rejects.toSatisfy((error) => !isOutage(error));
    expect(calls).toBe(1);
  });

  it('ends with its signal', async () => {
    proxy.cut();
    const stop = new AbortController();
    const read = patiently(log, () => provider.getBlockNumber(), stop.signal);
    stop.abort();
    await expect(read).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('Sender', () => {
  it('sends what is asked of it at once one after the other, none lost', async () => {
    const { token, sender } = await tokenAndSender();
    const before = await provider.getTransactionCount(sender.address);
    await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        sender.send('mint', () => token.mint.populateTransaction(somebody, i + 1)),
      ),
    );
    expect(await token.balanceOf(somebody)).toBe(78n);
    expect(await provider.getTransactionCount(sender.address)).toBe(before + 12);
  });

  it('names a revert with its arguments, spends no gas on it, and goes on', async () => {
    const { token, sender } = await tokenAndSender();
    const before = await provider.getTransactionCount(sender.address);
    const refused = sender.send('transfer', () => token.transfer.populateTransaction(somebody, 5n));
    await expect(refused).rejects.toSatisfy((error) => revertName(error) === 'ERC20InsufficientBalance');
    await expect(refused).rejects.toMatchObject({
      code: 'CHAIN_REVERTED',
      details: { sender: sender.address, balance: 0n, needed: 5n },
    });
    expect(await provider.getTransactionCount(sender.address)).toBe(before);
    await sender.send('mint', () => token.mint.populateTransaction(sender.address, 5n));
  });

  it('sends a transaction once, though the chain was away while it was sent', async () => {
    const { log: heard, messages } = listening();
    const { token, sender } = await tokenAndSender({ log: heard });
    proxy.cut();
    const sending = sender.send('mint', () => token.mint.populateTransaction(somebody, 3n));
    await until(() => messages.includes(AWAY));
    proxy.mend();
    await sending;
    expect(await token.balanceOf(somebody)).toBe(3n);
  });
});

describe('followLogs', () => {
  /** Follows until `done` says so. */
  async function follow(
    token: Contract,
    fromBlock: number,
    done: (seen: readonly NewBlocks[]) => boolean | Promise<boolean>,
    heard = log,
  ): Promise<NewBlocks[]> {
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const seen: NewBlocks[] = [];
    const address = await token.getAddress();
    for await (const blocks of followLogs({
      provider,
      addresses: [address],
      fromBlock,
      log: heard,
      signal: stop.signal,
      range: 3,
    })) {
      seen.push(blocks);
      if (await done(seen)) return seen;
    }
    return seen;
  }

  const amounts = (seen: readonly NewBlocks[]): bigint[] =>
    seen.flatMap(({ logs }) => logs.map(({ data }) => BigInt(data)));

  it('brings every event once, in order, from the past and from then on', async () => {
    const { token, sender } = await tokenAndSender();
    const from = await provider.getBlockNumber();
    for (const amount of [1n, 2n, 3n])
      await sender.send('mint', () => token.mint.populateTransaction(somebody, amount));
    const seen = await follow(token, from, async (blocks) => {
      const { caughtUp } = blocks.at(-1) as NewBlocks;
      if (caughtUp && amounts(blocks).length === 3) {
        await sender.send('mint', () => token.mint.populateTransaction(somebody, 4n));
      }
      return amounts(blocks).includes(4n);
    });
    expect(amounts(seen)).toEqual([1n, 2n, 3n, 4n]);
  });

  it('loses nothing while the chain is away', async () => {
    const { token, sender } = await tokenAndSender();
    const from = await provider.getBlockNumber();
    const { log: heard, messages } = listening();
    let minted = false;
    const away = async (blocks: readonly NewBlocks[]): Promise<boolean> => {
      if (!minted) {
        minted = true;
        proxy.cut();
        const direct = new Sender({ provider: anvil.provider, privateKey: key, interfaces: [], log });
        await direct.send('mint', () => token.mint.populateTransaction(somebody, 9n));
        void until(() => messages.includes(AWAY)).then(() => proxy.mend());
      }
      return amounts(blocks).length === 1;
    };
    const seen = await follow(token, from, away, heard);
    expect(amounts(seen)).toEqual([9n]);
    expect(sender.address).toBeDefined();
  });

  it('brings the events of a block that replaced another', async () => {
    const { token, sender } = await tokenAndSender();
    await anvil.mine(3);
    const from = await provider.getBlockNumber();
    await sender.send('mint', () => token.mint.populateTransaction(somebody, 1n));
    let replaced = false;
    const seen = await follow(token, from, async (blocks) => {
      if (!replaced && amounts(blocks).length === 1) {
        replaced = true;
        await anvil.reorganise(1);
        await sender.send('mint', () => token.mint.populateTransaction(somebody, 2n));
      }
      return amounts(blocks).includes(2n);
    });
    expect(amounts(seen)).toContain(2n);
  });
});
