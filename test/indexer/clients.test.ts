import { readFileSync } from 'node:fs';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { codegen } from '@graphql-codegen/core';
import * as operations from '@graphql-codegen/typescript-operations';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { buildSchema, parse } from 'graphql';
import { GraphQLClient } from 'graphql-request';
import { createClient } from 'graphql-ws';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { openMarket, type Market } from './support/market.ts';
import { startService, type TestService } from './support/service.ts';

let anvil: Anvil;
let market: Market;
let service: TestService;
let url: string;
beforeAll(async () => {
  anvil = await startAnvil();
  market = await openMarket(anvil);
  service = await startService(anvil, market.deployment, undefined);
  await service.caughtUp();
  url = `${service.indexer.url}/graphql`;
});
afterAll(async () => {
  await service.close();
  await anvil.stop();
});

const MODEL = 'query Model($id: Bytes32!) { model(id: $id) { id sliceCount } }';
const TOTALS = 'subscription Totals { totalsChanged { models } }';
const expected = () => ({ model: { id: market.modelId, sliceCount: 4 } });
const sockets = () => createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket });

test('graphql-request asks', async () => {
  expect(await new GraphQLClient(url).request(MODEL, { id: market.modelId })).toEqual(expected());
});

test('urql asks and subscribes', async () => {
  const overSockets = sockets();
  const client = new Client({
    url,
    preferGetMethod: false,
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: overSockets.subscribe({ query, variables: { ...variables } }, sink),
          }),
        }),
      }),
    ],
  });
  const { data, error } = await client.query<object>(MODEL, { id: market.modelId }).toPromise();
  expect(error).toBeUndefined();
  expect(data).toMatchObject(expected());
  const told = await new Promise((resolve) => {
    const subscription = client.subscription<object>(TOTALS, {}).subscribe((result) => {
      resolve(result);
      queueMicrotask(() => subscription.unsubscribe());
    });
  });
  expect(told).toMatchObject({ data: { totalsChanged: { models: 1 } } });
  await overSockets.dispose();
});

test('Apollo asks and subscribes', async () => {
  const overSockets = sockets();
  const cache = new InMemoryCache();
  const client = new ApolloClient({ cache, link: new HttpLink({ uri: url }) });
  const { data } = await client.query({ query: gql(MODEL), variables: { id: market.modelId } });
  expect(data).toMatchObject(expected());
  const live = new ApolloClient({ cache, link: new GraphQLWsLink(overSockets) });
  const told = await new Promise((resolve, reject) => {
    const subscription = live.subscribe({ query: gql(TOTALS) }).subscribe({
      next(result) {
        resolve(result);
        queueMicrotask(() => subscription.unsubscribe());
      },
      error: reject,
    });
  });
  expect(told).toMatchObject({ data: { totalsChanged: { models: 1 } } });
  client.stop();
  live.stop();
  await overSockets.dispose();
});

test('graphql-codegen makes types of the schema, with the scalars of docs/graphql.md, that hold', async () => {
  const docs = readFileSync('docs/graphql.md', 'utf8');
  const [, block] = /^ {4}scalars: \{([^]*?)\},?$/m.exec(docs)!;
  const scalars = Object.fromEntries(
    [...block.matchAll(/(\w+): '([^']+)'/g)].map(([, name, type]) => [name, type]),
  );
  expect(Object.keys(scalars)).toEqual(['ID', 'Address', 'Bytes32', 'Amount', 'Timestamp']);
  const document = parse('query Jobs { jobs(first: 1) { nodes { id state deadline escrow requester } } }');
  const made = await codegen({
    filename: 'market.ts',
    schema: parse(readFileSync('indexer/schema.graphql', 'utf8')),
    schemaAst: buildSchema(readFileSync('indexer/schema.graphql', 'utf8')),
    documents: [{ location: 'jobs.graphql', document }],
    config: { strictScalars: true, scalars },
    plugins: [{ operations: {} }],
    pluginMap: { operations },
  });
  const uses = `${made}
    declare const answer: JobsQuery;
    const [job] = answer.jobs.nodes;
    export const id: \`0x\${string}\` = job.id;
    export const deadline: number | null | undefined = job.deadline;
    export const escrow: bigint = BigInt(job.escrow);
    // @ts-expect-error an amount is text
    export const wrong: number = job.escrow;`;
  expect(faultsOf(uses)).toEqual([]);
});

/** What the compiler says of a module on its own. */
function faultsOf(text: string): readonly string[] {
  const name = 'market.ts';
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (file, version) =>
    file === name ? ts.createSourceFile(file, text, version) : read(file, version);
  const program = ts.createProgram([name], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
