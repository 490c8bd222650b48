import { OperationTypeNode, parse, type OperationDefinitionNode } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../client/client.ts';
import { recentPrices } from '../../client/jobs/market-prices.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { codeOf } from '../support/doc-blocks.ts';
import { subscribe } from './support/events.ts';
import { openMarket, type Market } from './support/market.ts';
import { playEverything } from './support/scenario.ts';
import { startService, type TestService } from './support/service.ts';

const examples = codeOf('docs/graphql.md', 'graphql').map((example) => {
  const { operation } = parse(example).definitions[0] as OperationDefinitionNode;
  return { example, operation, title: example.replaceAll(/\s+/g, ' ').slice(0, 60) };
});

let anvil: Anvil;
let market: Market;
let service: TestService;
beforeAll(async () => {
  anvil = await startAnvil();
  market = await openMarket(anvil);
  await playEverything(anvil, market);
  service = await startService(anvil, market.deployment, undefined);
  await service.caughtUp();
});
afterAll(async () => {
  await service.close();
  await anvil.stop();
});

test('docs/graphql.md has examples', () => {
  expect(examples.length).toBeGreaterThan(5);
});

test.each(examples.filter(({ operation }) => operation === OperationTypeNode.QUERY))(
  'its example works: $title',
  async ({ example }) => {
    expect(await service.query(example)).not.toEqual({});
  },
);

test('a page of any origin may ask, and never with what a browser adds by itself', async () => {
  const headers = { 'content-type': 'application/json', origin: 'https://page.example' };
  const body = JSON.stringify({ query: '{ status { head } }' });
  const answer = await fetch(`${service.indexer.url}/graphql`, { method: 'POST', headers, body });
  expect(await answer.json()).toMatchObject({ data: { status: {} } });
  expect(answer.headers.get('access-control-allow-origin')).toBe(headers.origin);
  expect(answer.headers.get('access-control-allow-credentials')).not.toBe('true');
});

test('what a requester’s quote asks for is answered with prices', async () => {
  const client = { indexer: `${service.indexer.url}/graphql` } as Client;
  const { from, unitPrice, seconds } = await recentPrices(client, market.modelId);
  expect(from).toBe('indexer');
  expect(unitPrice!.least).toBeGreaterThan(0n);
  expect(seconds!.samples).toBeGreaterThan(0);
});

test.each(examples.filter(({ operation }) => operation === OperationTypeNode.SUBSCRIPTION))(
  'its example works: $title',
  async ({ example }) => {
    // What the example before it did is no change any more.
    await service.caughtUp();
    const changes = await subscribe<object>(service.indexer.url, example);
    const jobId = await market.post();
    await market.claim(jobId);
    await market.commitTrace(jobId);
    const hash = await market.settle([{ jobId, slice: 2, prover: 'alice' }]);
    expect(JSON.stringify(await changes.next())).toMatch(new RegExp(`${jobId}|${hash}`));
    changes.close();
  },
);
