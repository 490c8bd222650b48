import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { codeOf } from '../support/doc-blocks.ts';
import { openMarket } from './support/market.ts';
import { playEverything } from './support/scenario.ts';
import { startService, type TestService } from './support/service.ts';

/** Requests to each surface; SLICEPROOF_FUZZ=50 makes it 10,000. */
const numRuns = Math.ceil(200 * Number(process.env.SLICEPROOF_FUZZ ?? 1));

let anvil: Anvil;
let service: TestService;
let port: number;
/** What the server logs as its own fault. */
const faults: unknown[] = [];
beforeAll(async () => {
  anvil = await startAnvil();
  const market = await openMarket(anvil);
  await playEverything(anvil, market);
  const ignore = (): void => undefined;
  const log = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (fault: unknown) => void faults.push(fault),
  };
  service = await startService(anvil, market.deployment, undefined, {}, log);
  await service.caughtUp();
  port = Number(new URL(service.indexer.url).port);
});
afterAll(async () => {
  await service.close();
  await anvil.stop();
});

/** Told at once, so that whoever asks for it needn't wait for a change. */
const LIVE = 'subscription { totalsChanged { jobs } }';
const examples = codeOf('docs/graphql.md', 'graphql').filter(
  (example) => !example.startsWith('subscription'),
);

const odd = fc.constantFrom(
  ...['{', '}', '(', ')', '[', ']', '"', '"""', '$', '@', '!', ':', '...', '#', '\0', '\ud800', '\u{10ffff}'],
  ...[
    '-1',
    '99999999999999999999',
    '1e999',
    'null',
    'true',
    '""',
    '0x',
    'fragment f on Job { ...f }',
    '...f',
  ],
  ...['first: 2147483648', 'where: {}', 'where: { NOT: {} }', 'after: "AA"', '@skip(if: true)', '__proto__'],
);
const damage = fc.record({
  at: fc.nat(5000),
  drop: fc.nat(8),
  put: fc.oneof(odd, fc.string({ unit: 'binary', maxLength: 4 }), fc.constant('')),
});
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function damaged([text, damages]: readonly [string, readonly Damage[]]): string {
  return damages.reduce((whole, { at, drop, put }) => {
    const place = at % (whole.length + 1);
    return whole.slice(0, place) + put + whole.slice(place + drop);
  }, text);
}

const damagedOf = (...texts: readonly string[]) =>
  fc.tuple(fc.constantFrom(...texts), fc.array(damage, { minLength: 1, maxLength: 4 })).map(damaged);
const query = fc.oneof(damagedOf(...examples), damagedOf(LIVE), fc.string({ unit: 'binary', maxLength: 60 }));
const payload = fc.oneof(
  fc.record(
    {
      query: fc.oneof({ weight: 6, arbitrary: query }, { weight: 1, arbitrary: fc.jsonValue() }),
      variables: fc.oneof(
        fc.jsonValue(),
        fc.dictionary(fc.constantFrom('id', 'first', '__proto__'), fc.jsonValue()),
      ),
      operationName: fc.oneof(fc.constant(null), fc.jsonValue()),
      extensions: fc.oneof(
        fc.jsonValue(),
        fc.record({
          persistedQuery: fc.oneof(
            fc.jsonValue(),
            fc.record({ version: fc.nat(2), sha256Hash: fc.jsonValue() }),
          ),
        }),
      ),
    },
    { requiredKeys: ['query'] },
  ),
  fc.jsonValue(),
);
const body = fc.oneof(
  { weight: 6, arbitrary: payload.map((one) => JSON.stringify(one)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 50 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        payload.map((one) => JSON.stringify(one)),
        fc.array(damage, { maxLength: 3 }),
      )
      .map(damaged),
  },
);
const method = fc.constantFrom(
  'GET',
  'POST',
  'HEAD',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'get',
  'X',
  '',
);
const header = fc.oneof(
  fc.constantFrom(
    ...[
      'content-type: application/json',
      'content-type: application/graphql',
      'content-type: text/plain',
      'content-type: ;;',
    ],
    ...['content-type: multipart/form-data; boundary=a', 'content-type: application/x-www-form-urlencoded'],
    ...[
      'accept: text/event-stream',
      'accept: multipart/mixed',
      'accept: application/graphql-response+json',
      'accept: */*;q=2',
    ],
    ...[
      'accept-encoding: gzip, br;q=x',
      'if-none-match: W/"',
      'if-none-match: *',
      'range: bytes=9-1',
      'expect: 100-continue',
    ],
    ...[
      'transfer-encoding: chunked',
      'content-length: -1',
      'content-length: 1',
      'upgrade: websocket',
      'origin: null',
      'cookie: a',
    ],
  ),
  fc.string({ maxLength: 20 }),
);
const headers = fc.array(header, { maxLength: 4 });

/** Sends bytes as they are, and takes what comes until the server has said all, or, of a stream, something. */
async function send(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8');
  socket.on('error', () => undefined);
  socket.on('data', (text: string) => {
    answer += text;
    if (/^event: |^--/m.test(answer) && /event-stream|multipart/.test(answer)) socket.destroy();
  });
  socket.end(bytes);
  await once(socket, 'close');
  return answer;
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: string;
}

async function expectNoFault({ method: verb, path, headers: lines, body: text }: Sent): Promise<void> {
  const length = lines.some((line) => /^(content-length|transfer-encoding)/.test(line))
    ? []
    : [`content-length: ${Buffer.byteLength(text)}`];
  const head = [`${verb} ${path} HTTP/1.1`, 'host: 127.0.0.1', 'connection: close', ...lines, ...length];
  const answer = await send(`${head.join('\r\n')}\r\n\r\n${text}`);
  expect(answer).not.toMatch(/^HTTP\/1\.1 500|INTERNAL/);
  expect(faults).toEqual([]);
}

/** It lives, and answers as before. */
async function expectAlive(): Promise<void> {
  expect(await service.query('{ jobs { totalCount } }')).toEqual({ jobs: { totalCount: 8 } });
  expect((await fetch(`${service.indexer.url}/health`)).status).toBe(200);
}

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

test('GraphQL over HTTP', async () => {
  const post = fc.record({
    method: fc.constant('POST'),
    path: fc.constantFrom(
      '/graphql',
      '/graphql?query={jobs{totalCount}}',
      '/graphql?',
      '/graphql?variables=%',
    ),
    headers: fc.oneof(fc.constant(['content-type: application/json']), headers),
    body,
  });
  const get = fc.record({
    method: fc.oneof(fc.constant('GET'), method),
    path: fc.oneof(
      query.map((text) => `/graphql?query=${encoded(text)}`),
      fc
        .tuple(query, fc.jsonValue())
        .map(
          ([text, value]) => `/graphql?query=${encoded(text)}&variables=${encoded(JSON.stringify(value))}`,
        ),
      fc.string({ maxLength: 30 }).map((text) => `/graphql?${text}`),
    ),
    headers,
    body: fc.constant(''),
  });
  await fc.assert(fc.asyncProperty(fc.oneof(post, get), expectNoFault), { numRuns });
  await expectAlive();
});

test('a body whose sender hung up is no fault of the server', async () => {
  const types = ['application/json', 'application/graphql', 'text/plain', 'multipart/form-data; boundary=a'];
  for (const type of [...types, 'application/x-www-form-urlencoded']) {
    const request = { method: 'POST', path: '/graphql', body: '{', headers: [`content-type: ${type}`] };
    await expectNoFault({ ...request, headers: [...request.headers, 'content-length: 2'] });
  }
});

test('subscriptions as server-sent events', async () => {
  const asked = fc.oneof(damagedOf(LIVE), query);
  const stream = fc.record({
    method: fc.constantFrom('GET', 'POST'),
    path: asked.map((text) => `/graphql?query=${encoded(text)}`),
    headers: headers.map((more) => ['accept: text/event-stream', 'content-type: application/json', ...more]),
    body: fc.oneof(
      asked.map((text) => JSON.stringify({ query: text })),
      body,
    ),
  });
  await fc.assert(fc.asyncProperty(stream, expectNoFault), { numRuns });
  await expectAlive();
});

test('pages and files', async () => {
  const path = fc.oneof(
    damagedOf(
      '/',
      '/jobs',
      `/jobs/0x${'ab'.repeat(32)}`,
      '/assets/index.js',
      '/graphiql/index.js',
      '/search?q=a',
    ),
    fc.constantFrom(
      '//',
      '/%',
      '/%00',
      '/..%2f..%2fetc/passwd',
      '/../../etc/passwd',
      '*',
      '',
      `/${'a'.repeat(9000)}`,
    ),
    fc.string({ unit: 'binary', maxLength: 40 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.record({ method, path, headers, body: fc.constantFrom('', 'a') }), expectNoFault),
    { numRuns },
  );
  await expectAlive();
});

test('health, metrics, the schema', async () => {
  const path = fc.oneof(
    fc.constantFrom('/health', '/metrics', '/schema.graphql', '/scalars', '/health?%', '/metrics?name[]=\0'),
    damagedOf('/health', '/metrics'),
  );
  await fc.assert(fc.asyncProperty(fc.record({ method, path, headers, body }), expectNoFault), { numRuns });
  await expectAlive();
});

test('WebSockets', async () => {
  const type = fc.constantFrom('connection_init', 'subscribe', 'complete', 'ping', 'pong', 'next', 'x');
  const message = fc.oneof(
    fc
      .record(
        { type, id: fc.oneof(fc.string({ maxLength: 5 }), fc.jsonValue()), payload },
        { requiredKeys: ['type'] },
      )
      .map((one) => JSON.stringify(one)),
    fc
      .record({ id: fc.constantFrom('a', 'b'), query: fc.oneof(damagedOf(LIVE), query) })
      .map(({ id, query: text }) => JSON.stringify({ type: 'subscribe', id, payload: { query: text } })),
    body,
    fc.string({ unit: 'binary', maxLength: 30 }),
  );
  const talk = fc.record({
    protocol: fc.constantFrom('graphql-transport-ws', 'graphql-transport-ws', 'graphql-ws', 'x'),
    begins: fc.boolean(),
    messages: fc.array(message, { maxLength: 6 }),
    binary: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(talk, async ({ protocol, begins, messages, binary }) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, protocol);
      const told: string[] = [];
      socket.on('message', (data: Buffer) => told.push(data.toString()));
      socket.on('error', () => undefined);
      const closed = new Promise<number>((resolve) => socket.once('close', resolve));
      const opened = await Promise.race([
        once(socket, 'open').then(
          () => true,
          () => false,
        ),
        closed.then(() => false),
      ]);
      if (opened) {
        if (begins) socket.send('{"type":"connection_init"}');
        for (const one of messages) socket.send(one, { binary });
        // What comes before the answer to a ping is what the messages made at once.
        socket.once('pong', () => socket.terminate());
        socket.ping();
      }
      // 4500 and 1011 say that the server has failed.
      expect([4500, 1011]).not.toContain(await closed);
      expect(told.join('\n')).not.toMatch(/INTERNAL/);
      expect(faults).toEqual([]);
    }),
    { numRuns },
  );
  await expectAlive();
});
