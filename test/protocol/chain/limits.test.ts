import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { findEvents } from '../../../protocol/chain/find-events.ts';
import { startAnvil, type Anvil } from '../../support/anvil.ts';
import { answer, connected, failing, givingRanges, openFaultyRpc, type Spoil } from './support/faulty-rpc.ts';

const somebody = '0x00000000000000000000000000000000000000aa';

let anvil: Anvil;
beforeAll(async () => {
  anvil = await startAnvil();
});
afterAll(() => anvil.stop());

/** Answers that a range of blocks is too wide, as services say it: by status, code, words, or not at all. */
const TOO_WIDE: Readonly<Record<string, Spoil>> = {
  Alchemy: failing(
    -32602,
    'Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no limit on the response size',
  ),
  'Alchemy, free': failing(
    -32600,
    'Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range.',
  ),
  Infura: failing(-32005, 'query returned more than 10000 results. Try with this block range [0x1, 0x2].'),
  'with commas': failing(-32005, 'query returned more than 10,000 results'),
  QuickNode: (response, requests) => {
    const error = { code: -32614, message: 'eth_getLogs is limited to a 10,000 range' };
    answer(response, 413, JSON.stringify({ jsonrpc: '2.0', id: requests[0].id, error }));
  },
  Ankr: failing(-32600, 'block range is too wide'),
  dRPC: failing(35, 'ranges over 10000 blocks are not supported on freetier'),
  'dRPC, by results': failing(-32602, 'query exceeds max results 20000, retry with the range 1-2'),
  'dRPC, by time': failing(30, 'Request timeout on the free tier, please upgrade your tier to the paid one'),
  Cloudflare: failing(
    -32047,
    "Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. Max range: 800",
  ),
  Chainstack: failing(-32600, 'Block range limit exceeded. See more details at https://docs.example'),
  PublicNode: failing(-32701, 'exceed maximum block range: 50000'),
  'BNB Smart Chain': failing(-32005, 'limit exceeded'),
  Avalanche: failing(-32000, 'requested too many blocks from 0 to 5000, maximum is set to 2048'),
  Harmony: failing(-32000, 'query must be smaller than size 1024'),
  Sei: failing(-32000, 'a maximum of 10000 blocks worth of logs may be requested at a time'),
  Arbitrum: failing(-32000, 'logs matched by query exceeds limit of 10000'),
  'geth, by time': failing(-32002, 'request timed out'),
  'Internal error': failing(-32603, 'Internal error'),
  'in words of its own': failing(-32000, 'the moon is wrong'),
  'HTTP 504': (response) => answer(response, 504, '<html>504 Gateway Time-out</html>'),
  'HTTP 413': (response) => answer(response, 413, ''),
  'a connection that ends': (response) => void response.socket?.destroy(),
};

describe('ranges that are too wide are made narrower, however it is said', () => {
  test.for(Object.entries(TOO_WIDE))('%s', async ([, how]) => {
    const head = await anvil.provider.getBlockNumber();
    if (head < 64) await anvil.mine(64 - head);
    const rpc = await openFaultyRpc(anvil.url);
    const provider = await connected(rpc.url);
    const asked: number[] = [];
    rpc.spoil(givingRanges(20, how, asked), Infinity);
    await findEvents(provider, { address: somebody, topics: [], fromBlock: 1, toBlock: 64 });
    expect(asked).toEqual(Array.from({ length: 64 }, (_, i) => i + 1));
  });
});

/** What takes only so many requests at once says so in many ways. */
const TOO_MANY_AT_ONCE: Readonly<Record<string, Spoil>> = {
  dRPC: failing(
    31,
    'Batch of more than 3 requests are not allowed on free tier, to use this feature register paid account',
  ),
  proxyd: failing(-32014, 'too many RPC calls in batch request'),
  Erigon: failing(-32005, 'batch limit 3 exceeded (can increase by --rpc.batch.limit)'),
  'none at all': failing(-32600, 'Batch requests are not supported'),
  ...Object.fromEntries(
    [-32600, -32601, -32700, -32000].map((code): [string, Spoil] => [
      `one answer to all: ${code}`,
      (response) =>
        answer(
          response,
          200,
          JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message: 'Invalid Request' } }),
        ),
    ]),
  ),
  'a bad request': (response) => answer(response, 400, 'Bad Request'),
};

describe('requests that are too many at once are sent in smaller batches, from then on', () => {
  test.for(Object.entries(TOO_MANY_AT_ONCE))('%s', async ([, how]) => {
    const rpc = await openFaultyRpc(anvil.url);
    const provider = await connected(rpc.url);
    let refused = 0;
    const limited: Spoil = (response, requests, real) => {
      if (requests.length <= 3) return answer(response, 200, real);
      refused++;
      how(response, requests, real);
    };
    rpc.spoil(limited, Infinity);
    const eight = () =>
      Promise.all(Array.from({ length: 8 }, (_, i) => provider.getBalance(`0x${`${i + 1}`.repeat(40)}`)));
    for (let i = 0; i < 3; i++) expect(await eight()).toEqual(Array.from({ length: 8 }, () => 0n));
    // Eight, then four; never again.
    expect(refused).toBe(3);
  });

  it('and a batch that is answered in any order, or in part, is put together', async () => {
    const rpc = await openFaultyRpc(anvil.url);
    const provider = await connected(rpc.url);
    const head = await anvil.provider.getBlockNumber();
    rpc.spoil((response, _, real) => {
      const answers = JSON.parse(real) as unknown[];
      answer(response, 200, Array.isArray(answers) ? JSON.stringify(answers.reverse().slice(1)) : real);
    }, Infinity);
    const heights = await Promise.all([1, 2, 3, 4].map((block) => provider.getBlock(Math.min(block, head))));
    expect(heights.map((block) => block?.number)).toEqual([1, 2, 3, 4].map((block) => Math.min(block, head)));
  });
});

describe('a limit of requests is none of a range', () => {
  it.each([
    [-32000, 'Your plan is limited to 25 requests per second'],
    [-32000, 'rate limited to 10 requests'],
    [-32007, '15/second request limit reached - reduce calls per second'],
  ])('%s %s', async (code, message) => {
    const rpc = await openFaultyRpc(anvil.url);
    const provider = await connected(rpc.url);
    rpc.spoil(failing(code, message), 2);
    expect(await provider.getBalance(somebody)).toBe(await anvil.provider.getBalance(somebody));
  });
});

describe('a machine that lags behind the head that another told', () => {
  it.each([
    [-32602, 'block range extends beyond current head block'],
    [-32000, 'invalid block range params'],
    [-32000, 'cannot query unfinalized data'],
    [-32602, 'One of fromBlock or toBlock is greater than latest block'],
    [-32000, 'One of the blocks specified in filter (fromBlock, toBlock or blockHash) cannot be found.'],
  ])('%s %s', async (code, message) => {
    const rpc = await openFaultyRpc(anvil.url);
    const provider = await connected(rpc.url);
    rpc.spoil(failing(code, message), 4, 'eth_getLogs');
    expect(await provider.getLogs({ address: somebody, fromBlock: 0, toBlock: 3 })).toEqual([]);
  });
});
