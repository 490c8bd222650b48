import { Wallet, type JsonRpcProvider } from 'ethers';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { followLogs } from '../../../protocol/chain/follow.ts';
import { Sender } from '../../../protocol/chain/sending/sender.ts';
import { createLog } from '../../../protocol/log.ts';
import { withoutSecrets } from '../../../protocol/secrets.ts';
import { startAnvil, type Anvil } from '../../support/anvil.ts';
import {
  answer,
  connected,
  failing,
  givingRanges,
  openFaultyRpc,
  resulting,
  type Spoil,
} from './support/faulty-rpc.ts';

const log = createLog('test', 'silent');
const somebody = '0x00000000000000000000000000000000000000aa';

/** What passes, as services say it. */
const PASSING: Readonly<Record<string, Spoil>> = {
  'connection reset': (response) => void response.socket?.destroy(),
  'half a body': (response, _, real) => {
    response.writeHead(200, { 'content-length': real.length });
    response.write(real.slice(0, real.length >> 1), () => response.destroy());
  },
  'HTML with 200': (response) => answer(response, 200, '<html>We are down for maintenance</html>'),
  'nothing with 200': (response) => answer(response, 200, ''),
  garbage: (response) => answer(response, 200, '{"jsonrpc":"2.0","id":1,"resu'),
  'an array of nothing': (response) => answer(response, 200, '[]'),
  '429': (response) => answer(response, 429, '{"error":"rate limited"}'),
  '429 with Retry-After': (response) => answer(response, 429, 'slow', { 'retry-after': '0.2' }),
  '500': (response) => answer(response, 500, 'Internal error'),
  '502': (response) => answer(response, 502, '<html>502 Bad Gateway</html>'),
  '401': (response) => answer(response, 401, '{"error":"unauthorised"}'),
  '403': (response) => answer(response, 403, '{"error":"forbidden"}'),
  '-32005': failing(-32005, 'daily request count exceeded, request rate limited'),
  'JSON-RPC 429': failing(429, 'Your app has exceeded its compute units per second capacity.'),
  '-32603': failing(-32603, 'Internal error'),
  'header not found': failing(-32000, 'header not found'),
  'missing trie node': failing(-32000, 'missing trie node 0xab (path )'),
  'an error that nobody knows': failing(-32000, 'the moon is wrong'),
  null: resulting(null),
  'a result of another kind': resulting({}),
  'a result in words': resulting('ok'),
  'a list of nothing': resulting([null]),
  'a number that is none': resulting('0xzz'),
  'the answer to another request': (response, requests) => {
    const others = requests.map(({ id }) => ({ jsonrpc: '2.0', id: id + 1_000_000, result: '0x1' }));
    answer(response, 200, JSON.stringify(others.length === 1 ? others[0] : others));
  },
};

let anvil: Anvil;
beforeAll(async () => {
  anvil = await startAnvil();
});
afterAll(() => anvil.stop());

/** A transaction whose answer is spoiled is sent all the same, and once. */
async function sendThrough(how: Spoil): Promise<void> {
  const { privateKey, address } = Wallet.createRandom();
  await anvil.provider.send('anvil_setBalance', [address, '0xde0b6b3a7640000']);
  const rpc = await openFaultyRpc(anvil.url);
  const provider = await connected(rpc.url);
  const sender = new Sender({ provider, privateKey, interfaces: [], log });
  rpc.spoil(how, 2, 'eth_sendRawTransaction');
  const { status } = await sender.send('transfer', () =>
    Promise.resolve({ to: somebody, value: 1n, data: '0x' }),
  );
  expect([status, await anvil.provider.getTransactionCount(address)]).toEqual([1, 1]);
}

describe('what passes is waited out', () => {
  const calls: Readonly<Record<string, (provider: JsonRpcProvider) => Promise<unknown>>> = {
    head: (provider) => provider.getBlockNumber(),
    block: (provider) => provider.getBlock('latest').then((block) => block?.hash),
    call: (provider) => provider.call({ to: somebody, data: '0x' }),
    logs: (provider) => provider.getLogs({ fromBlock: 0, toBlock: 0 }),
    gas: (provider) => provider.estimateGas({ to: somebody, value: 0n }),
    nonce: (provider) => provider.getTransactionCount(somebody, 'pending'),
  };
  for (const [fault, how] of Object.entries(PASSING)) {
    it(`${fault}, of every method`, async () => {
      // Each by a way of its own: most of the time is waiting.
      const asking = Object.values(calls).map(async (ask) => {
        const rpc = await openFaultyRpc(anvil.url);
        const provider = await connected(rpc.url);
        rpc.spoil(how, 2);
        expect(await ask(provider)).toEqual(await ask(anvil.provider));
      });
      // What is sent makes a block, and what is the latest would be another.
      await Promise.all(asking);
      await sendThrough(how);
    });
  }

  it('and where it meets the very first contact', async () => {
    const rpc = await openFaultyRpc(anvil.url);
    rpc.spoil(PASSING['HTML with 200'], 3);
    expect(await (await connected(rpc.url)).getBlockNumber()).toBe(await anvil.provider.getBlockNumber());
  });

  it('until patience ends: then a named error', async () => {
    const rpc = await openFaultyRpc(anvil.url);
    const provider = await connected(rpc.url, { patience: 300 });
    rpc.spoil(PASSING['502'], Infinity);
    await expect(provider.getBlockNumber()).rejects.toMatchObject({
      code: 'CHAIN_UNREACHABLE',
      retryable: true,
    });
  });
});

describe('what the chain said is handed on at once', () => {
  it.each([
    [3, 'execution reverted'],
    [-32601, 'the method does not exist'],
    [-32602, 'invalid params'],
    [-32000, 'nonce too low'],
    [-32602, 'eth_getLogs requests with up to a 500 block range'],
  ])('%s %s', async (code, message) => {
    const rpc = await openFaultyRpc(anvil.url);
    const provider = await connected(rpc.url);
    const before = rpc.requests;
    rpc.spoil(failing(code, message), Infinity);
    await expect(provider.send('eth_getLogs', [{}])).rejects.toThrow();
    expect(rpc.requests).toBe(before + 1);
  });
});

describe('limits of eth_getLogs', () => {
  it.each([1, 5, 30])(
    'of %i blocks: every block is asked for once, and again only near the head',
    async (most) => {
      await anvil.mine(100);
      const rpc = await openFaultyRpc(anvil.url);
      const provider = await connected(rpc.url);
      const asked: number[] = [];
      const refuse = failing(-32602, `eth_getLogs requests with up to a ${most} block range`);
      rpc.spoil(givingRanges(most, refuse, asked), Infinity);
      const stop = new AbortController();
      onTestFinished(() => stop.abort());
      const options = {
        provider,
        addresses: [somebody],
        fromBlock: 0,
        log,
        signal: stop.signal,
      };
      let first: number | undefined;
      for await (const {
        head: { number: head },
        caughtUp,
      } of followLogs(options)) {
        if (!caughtUp) continue;
        if (first !== undefined) {
          expect(head).toBe(first + 20);
          break;
        }
        first = head;
        expect(asked).toEqual(Array.from({ length: head + 1 }, (_, block) => block));
        asked.length = 0;
        await anvil.mine(20);
      }
      expect(asked).toEqual(Array.from({ length: 32 }, (_, i) => (first as number) - 11 + i));
    },
  );
});

describe('several addresses', () => {
  it('one that fails is left for the other', async () => {
    const [bad, good] = [await openFaultyRpc(anvil.url), await openFaultyRpc(anvil.url)];
    bad.spoil(PASSING['connection reset'], Infinity);
    const provider = await connected(`${bad.url}, ${good.url}`);
    expect(await provider.getBlockNumber()).toBe(await anvil.provider.getBlockNumber());
    expect(good.requests).toBeGreaterThan(0);
  });

  it('one that answers without end is left for the other, with no more than its bound in memory', async () => {
    const endless: Spoil = (response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(2 ** 20, ' ')));
        if (!response.destroyed) response.once('drain', more);
      };
      response.writeHead(200, { 'content-type': 'application/json' });
      more();
    };
    const [first, second] = [await openFaultyRpc(anvil.url), await openFaultyRpc(anvil.url)];
    const provider = await connected(`${first.url},${second.url}`);
    first.spoil(endless, Infinity);
    expect(await provider.getBlockNumber()).toBe(await anvil.provider.getBlockNumber());
    expect(second.requests).toBeGreaterThan(0);
  });

  it('one that serves another chain is never believed', async () => {
    const other = await startAnvil(4242);
    onTestFinished(() => other.stop());
    await other.mine(50);
    const first = await openFaultyRpc(anvil.url);
    const provider = await connected(`${first.url},${other.url}`);
    const head = await anvil.provider.getBlockNumber();
    first.spoil(PASSING['502'], 3);
    expect(await provider.getBlockNumber()).toBe(head);
  });
});

describe('keys in addresses', () => {
  it('stand in no error and no line of a log', async () => {
    const rpc = await openFaultyRpc(anvil.url);
    const key = 'k3y-0f-an-0perator';
    const lines: string[] = [];
    const heard = pino(
      { hooks: { streamWrite: withoutSecrets } },
      { write: (line: string) => void lines.push(line) },
    );
    const url = `${rpc.url}/v2/${key}?token=${key}-too`.replace('http://', `http://user:${key}-pass@`);
    const provider = await connected(url, { patience: 300, log: heard });
    const echo: Spoil = (response) => answer(response, 502, `bad gateway for ${url}`);
    rpc.spoil(echo, Infinity);
    const error: unknown = await provider.getBlockNumber().catch((caught: unknown) => caught);
    heard.error({ err: error, url }, 'as a careless line would');
    rpc.spoil(failing(-32602, `no such parameter, ${url}`), Infinity);
    const refused: unknown = await provider.send('eth_call', []).catch((caught: unknown) => caught);
    heard.error({ err: refused }, 'refused');
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join('\n') + String(error) + String(refused)).not.toContain(key);
  });
});
