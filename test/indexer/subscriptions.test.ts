import { createClient, type Client } from 'graphql-ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { until } from '../support/until.ts';
import { subscribe } from './support/events.ts';
import { openMarket, type Market } from './support/market.ts';
import { startService, type TestService } from './support/service.ts';

let anvil: Anvil;
let market: Market;
let service: TestService;
beforeAll(async () => {
  anvil = await startAnvil();
  market = await openMarket(anvil);
  service = await startService(anvil, market.deployment, undefined, {
    maxSockets: 3,
    maxSubscriptions: 3,
    maxStreams: 2,
  });
  await service.caughtUp();
});
afterAll(async () => {
  await service.close();
  await anvil.stop();
});

const address = (): string => `${service.indexer.url.replace('http', 'ws')}/graphql`;

function connect(): Client {
  return createClient({ url: address(), webSocketImpl: WebSocket, retryAttempts: 0 });
}

interface Result<Data> {
  readonly data?: Data | null;
  readonly errors?: unknown;
}

/** What comes over a socket, one after the other. */
function listen<Data>(client: Client, query: string): AsyncIterableIterator<Data> {
  const results = client.iterate<Data>({ query });
  return {
    async next() {
      const { value, done } = (await results.next()) as IteratorResult<Result<Data>, undefined>;
      if (done === true) return { done, value: undefined };
      if (value.errors !== undefined) throw new Error(JSON.stringify(value.errors));
      return { done: false, value: value.data! };
    },
    return: () => results.return!() as Promise<IteratorResult<Data, undefined>>,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Goes on until something is told of which this is true. */
async function told<Data>(results: AsyncIterator<Data>, wanted: (data: Data) => boolean): Promise<Data> {
  for (;;) {
    const { value, done } = (await results.next()) as IteratorResult<Data, undefined>;
    if (done === true) throw new Error('it ended');
    if (wanted(value)) return value;
  }
}

/** Resolves with the code that a socket is closed with. */
function closing(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.once('close', resolve);
  });
}

test('jobs, bids, settlements and sums are told over both, with conditions, and what is taken back', async () => {
  interface Told {
    readonly jobChanged: { readonly id: string; readonly job: { readonly state: string } | null };
    readonly bidChanged: { readonly bid: { readonly prover: { readonly id: string } } | null };
    readonly settlementChanged: { readonly settlement: { readonly proofCount: number } | null };
    readonly totalsChanged: { readonly jobs: number; readonly settledSlices: number } | null;
  }
  const { bob } = market.address;
  const block = await anvil.provider.getBlockNumber();
  const client = connect();
  const other = connect();
  const jobs = listen<Told>(client, 'subscription { jobChanged { id job { state } } }');
  const bids = listen<Told>(
    client,
    `subscription { bidChanged(where: { prover: { id: { equals: "${bob}" } } }) { bid { prover { id } } } }`,
  );
  const totals = listen<Told>(other, 'subscription { totalsChanged { jobs settledSlices } }');
  const events = await subscribe<Told>(
    service.indexer.url,
    'subscription { settlementChanged(where: { proofCount: { gte: 1 } }) { settlement { proofCount } } }',
  );
  // Sums come at once: then everybody is heard.
  const before = (await totals.next()).value as Told;
  const first = jobs.next();
  const firstBid = bids.next();
  // Nothing is waited for on the way to a subscription: once this is answered, both that were asked for before are there.
  const done = await listen<object>(client, '{ status { state } }').next();
  expect(done.value).toMatchObject({ status: {} });

  const jobId = await market.post();
  const posted = (await first).value as Told;
  expect(posted.jobChanged.id).toBe(jobId);
  await told(totals, ({ totalsChanged }) => totalsChanged!.jobs === before.totalsChanged!.jobs + 1);
  await market.claim(jobId);
  await market.commitTrace(jobId);
  await told(jobs, ({ jobChanged }) => jobChanged.job?.state === 'TRACED');
  // Alice's is not asked for.
  await market.bid(jobId, 'alice', [1]);
  await market.bid(jobId, 'bob', [0]);
  expect(((await firstBid).value as Told).bidChanged.bid).toEqual({ prover: { id: bob } });
  await market.settle([{ jobId, slice: 2, prover: 'alice' }]);
  expect((await events.next()).settlementChanged.settlement).toEqual({ proofCount: 1 });
  await told(totals, ({ totalsChanged }) => totalsChanged!.settledSlices === 1);

  await anvil.reorganise((await anvil.provider.getBlockNumber()) - block);
  await anvil.mine(1);
  const { jobChanged } = await told(jobs, (data) => data.jobChanged.job === null);
  expect(jobChanged.id).toBe(jobId);
  await told(totals, ({ totalsChanged }) => totalsChanged!.settledSlices === 0);
  events.close();
  client.terminate();
  other.terminate();
});

test('a socket is held to its limits, each with a code', async () => {
  const open = (): WebSocket => new WebSocket(address(), 'graphql-transport-ws');
  const saying = (socket: WebSocket, text: string): Promise<number> => {
    socket.once('open', () => socket.send(text));
    return closing(socket);
  };
  expect(
    await saying(open(), '{"type":"subscribe","id":"1","payload":{"query":"{ status { state } }"}}'),
  ).toBe(4401);
  expect(await saying(open(), 'nonsense')).toBe(4400);
  expect(await saying(open(), 'x'.repeat(100_001))).toBe(1009);
  // Of no protocol.
  expect(await closing(new WebSocket(address()))).toBe(4406);

  const client = connect();
  const three = Array.from({ length: 3 }, () =>
    listen<object>(client, 'subscription { totalsChanged { jobs } }'),
  );
  await Promise.all(three.map((one) => one.next()));
  await expect(listen(client, '{ status { state } }').next()).rejects.toMatchObject([
    { extensions: { code: 'GRAPHQL_TOO_MANY_SUBSCRIPTIONS' } },
  ]);
  // Room again once one is over.
  await three[0].return!();
  await until(async () =>
    listen<object>(client, '{ status { state } }')
      .next()
      .then(
        ({ value }) => value !== undefined,
        () => false,
      ),
  );

  const more = [connect(), connect()];
  await Promise.all(more.map((one) => listen(one, '{ status { state } }').next()));
  const held = more.map((one) => listen<object>(one, 'subscription { totalsChanged { jobs } }'));
  await Promise.all(held.map((one) => one.next()));
  const refused = open();
  const status = await new Promise<number | undefined>((resolve) => {
    refused.on('error', () => undefined);
    refused.once('unexpected-response', (_, response) => resolve(response.statusCode));
  });
  expect(status).toBe(503);
  for (const one of [client, ...more]) one.terminate();
});

test('what is refused over HTTP is refused over a socket, by the same code', async () => {
  const client = connect();
  const refusalOf = (query: string): Promise<string> =>
    listen(client, query)
      .next()
      .then(
        () => 'none',
        (reason: unknown) => (Array.isArray(reason) ? JSON.stringify(reason) : String(reason)),
      );
  // The sockets of the test before are let go in a moment.
  await until(async () => (await refusalOf('{ status { state } }')) === 'none');
  const deep = `${'job { slices { '.repeat(8)}id${' } }'.repeat(8)}`;
  expect(await refusalOf(`{ proofs { nodes { ${deep} } } }`)).toContain('GRAPHQL_TOO_DEEP');
  expect(await refusalOf(`{ ${'status { state } '.repeat(1000)} }`)).toContain('GRAPHQL_TOO_LONG');
  expect(await refusalOf('{ nothing }')).toContain('GRAPHQL_VALIDATION_FAILED');
  const many = '{ dueCount: { gt: 1 } } '.repeat(60);
  expect(await refusalOf(`subscription { jobChanged(where: { OR: [${many}] }) { id } }`)).toContain(
    'GRAPHQL_TOO_MANY_CONDITIONS',
  );
  client.terminate();
});

test('sockets do not keep a server from closing', async () => {
  const own = await startService(anvil, market.deployment, undefined);
  await own.caughtUp();
  const client = createClient({
    url: `${own.indexer.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const totals = listen<object>(client, 'subscription { totalsChanged { jobs } }');
  await totals.next();
  const ended = totals.next().then(
    () => 'ended',
    () => 'ended',
  );
  await own.close();
  expect(await ended).toBe('ended');
});

test('as many are open over HTTP as may be, and one that ends makes room', async () => {
  const { url } = service.indexer;
  const ask = async () => {
    const leaving = new AbortController();
    const query = encodeURIComponent('subscription { totalsChanged { jobs } }');
    const response = await fetch(`${url}/graphql?query=${query}`, {
      headers: { accept: 'text/event-stream' },
      signal: leaving.signal,
    });
    return { response, leave: () => leaving.abort() };
  };
  const open: Awaited<ReturnType<typeof ask>>[] = [];
  // Those of the tests before may still be leaving.
  await until(async () => {
    const one = await ask();
    if (one.response.status === 200) open.push(one);
    return open.length === 2;
  });
  const { response } = await ask();
  expect([response.status, await response.text()]).toEqual([
    503,
    expect.stringContaining('"code":"GRAPHQL_TOO_MANY_STREAMS"'),
  ]);
  // Queries are none of them.
  expect(await service.query('{ totals { jobs } }')).not.toEqual({});
  open[0].leave();
  await until(async () => {
    const one = await ask();
    one.leave();
    return one.response.status === 200;
  });
  open[1].leave();
});
