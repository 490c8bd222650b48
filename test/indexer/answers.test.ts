import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PersistedQueries } from '../../indexer/graphql/persisted-queries.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { openMarket, type Market } from './support/market.ts';
import { startService, type Answer, type TestService } from './support/service.ts';

let anvil: Anvil;
let market: Market;
let service: TestService;
beforeAll(async () => {
  anvil = await startAnvil();
  market = await openMarket(anvil);
  service = await startService(anvil, market.deployment, undefined);
  await service.caughtUp();
});
afterAll(async () => {
  await service.close();
  await anvil.stop();
});

function get(query: string, headers: Record<string, string> = {}, more = ''): Promise<Response> {
  return fetch(`${service.indexer.url}/graphql?query=${encodeURIComponent(query)}${more}`, { headers });
}

test('a GET is answered once a block, and what changes by itself every time', async () => {
  const query = '{ jobs { totalCount nodes { id } } }';
  const first = await get(query);
  const tag = first.headers.get('etag')!;
  expect(await first.json()).toMatchObject({ data: { jobs: { totalCount: 0 } } });
  const again = await get(query, { 'if-none-match': tag });
  expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', tag]);
  const other = await get('{ jobs { totalCount } }', { 'if-none-match': tag });
  expect([other.status, other.headers.get('etag') === tag]).toEqual([200, false]);
  const named = `&variables=${encodeURIComponent('{"a":1}')}`;
  expect((await get(query, { 'if-none-match': tag }, named)).status).toBe(200);

  await market.post();
  await service.caughtUp();
  const later = await get(query, { 'if-none-match': tag });
  expect(later.status).toBe(200);
  expect(await later.json()).toMatchObject({ data: { jobs: { totalCount: 1 } } });

  // The chain took it back.
  const latest = later.headers.get('etag')!;
  await anvil.reorganise(1);
  await anvil.mine(1);
  await service.caughtUp();
  expect((await get(query, { 'if-none-match': latest })).status).toBe(200);

  for (const changing of [
    '{ status { state } }',
    '{ meta { state } }',
    '{ slices { nodes { unitPriceNow } } }',
    '{ slices(where: { biddable: { equals: true } }) { totalCount } }',
    '{ jobs { nodes { ...one } } } fragment one on Job { slices { biddable } }',
    '{ models { nodes { manifest { name } } } }',
    '{ nothing }',
    // Refused while it was read: it may not be the next time.
    '{ totals { models } jobs(first: 101) { totalCount } }',
  ]) {
    expect([changing, (await get(changing)).headers.get('etag')]).toEqual([changing, null]);
  }
  const where = `&variables=${encodeURIComponent('{"where":{"biddable":{"equals":true}}}')}`;
  const varied = await get('query ($where: SliceWhere) { slices(where: $where) { totalCount } }', {}, where);
  expect(varied.headers.get('etag')).toBeNull();
});

test('a large answer is zipped for who takes it, and is the same', async () => {
  const query = '{ __schema { types { name description } } }';
  const plain = await new Promise<{ encoding: string | undefined; body: string }>((resolve, reject) => {
    const body = JSON.stringify({ query });
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    request(`${service.indexer.url}/graphql`, { method: 'POST', headers }, (response) => {
      text(response).then(
        (answer) => resolve({ encoding: response.headers['content-encoding'], body: answer }),
        reject,
      );
    }).end(body);
  });
  expect(plain.encoding).toBeUndefined();
  const zipped = await get(query, { 'accept-encoding': 'gzip' });
  expect(zipped.headers.get('content-encoding')).toBe('gzip');
  expect(zipped.headers.get('vary')).toContain('accept-encoding');
  expect(Number(zipped.headers.get('content-length'))).toBeLessThan(plain.body.length / 3);
  expect(await zipped.json()).toEqual(JSON.parse(plain.body));
  expect(
    (await get('{ __typename }', { 'accept-encoding': 'gzip' })).headers.get('content-encoding'),
  ).toBeNull();
});

test('a query that was sent once is known by its digest, and held to the same limits', async () => {
  const ask = async (query: unknown, named: string): Promise<Answer> => {
    const sha256Hash = createHash('sha256').update(named).digest('hex');
    const response = await fetch(`${service.indexer.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, extensions: { persistedQuery: { version: 1, sha256Hash } } }),
    });
    return (await response.json()) as Answer;
  };
  const codes = ({ errors }: Answer): readonly unknown[] =>
    (errors ?? []).map(({ extensions }) => extensions?.code);
  const query = '{ totals { models } }';
  expect(codes(await ask(undefined, query))).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
  expect(codes(await ask('{ totals { jobs } }', query))).not.toEqual([]);
  expect(codes(await ask(undefined, query))).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
  expect(await ask(query, query)).toEqual({ data: { totals: { models: 1 } } });
  expect(await ask(undefined, query)).toEqual({ data: { totals: { models: 1 } } });
  for (const sent of [0, true, ['{'], {}]) expect(codes(await ask(sent, query))).toEqual(['BAD_REQUEST']);
  const long = `{ ${'status { state } '.repeat(1000)} }`;
  for (const sent of [long, undefined]) expect(codes(await ask(sent, long))).toContain('GRAPHQL_TOO_LONG');
});

test('queries are kept up to a size, and those that nobody asks for go first', () => {
  const kept = new PersistedQueries();
  const query = 'q'.repeat(40_000);
  kept.set('used', query);
  for (let i = 0; i < 150; i++) {
    kept.set(`${i}`, query);
    expect(kept.get('used')).toBe(query);
  }
  expect([kept.get('0'), kept.get('50'), kept.get('149')]).toEqual([undefined, undefined, query]);
  expect(Array.from({ length: 150 }, (_, i) => kept.get(`${i}`)).filter(Boolean)).toHaveLength(99);
  kept.set('longer', `${query}q`);
  expect(kept.get('longer')).toBeUndefined();
});
