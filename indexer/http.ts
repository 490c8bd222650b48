import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { useAPQ } from '@graphql-yoga/plugin-apq';
import { createHttpServer, isHangUp } from '../protocol/http-server.ts';
import { listen } from '../protocol/listen.ts';
import type { Log } from '../protocol/log.ts';
import { IndexerError } from './errors.ts';
import type { Explorer } from './explorer-files.ts';
import type { Readings } from '../protocol/database/readings.ts';
import type { GraphqlContext } from './graphql/builder.ts';
import { isGraphiql, readGraphiql, type Graphiql } from './graphiql-files.ts';
import { answerPlugin } from './graphql/answers.ts';
import { limitPlugins, type Limits } from './graphql/limits.ts';
import { hashOfQuery, PersistedQueries } from './graphql/persisted-queries.ts';
import { SCALARS_PAGE } from './graphql/scalars.ts';
import { scalarsPage } from './graphql/scalars-page.ts';
import { readingPlugins } from './graphql/reading-plugins.ts';
import { streamLimit } from './graphql/stream-limit.ts';
import { serveSockets, type SocketLimits, type Sockets } from './graphql-sockets.ts';
import type { Metrics } from './metrics.ts';
import { lawsOf, type Law } from './projection/laws.ts';
import type { Served } from './projection/rows.ts';

export interface HttpOptions {
  readonly schema: GraphQLSchema;
  /** As the package has it: schema.graphql. */
  readonly schemaText: string;
  /** Whether queries are answered. */
  readonly serves: boolean;
  readonly readings: Readings;
  /** What every request can reach; what it reads with is its own. */
  readonly context: Omit<GraphqlContext, 'reads'>;
  readonly limits: Limits &
    Pick<SocketLimits, 'sockets' | 'subscriptions'> & {
      /** Subscriptions that are open over HTTP at a time. */
      readonly streams: number;
    };
  readonly explorer: Explorer;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** A server that listens and has nothing to serve yet. */
export interface OpenServer {
  readonly server: Server;
  readonly url: string;
  /** Lets running requests finish. */
  close(): Promise<void>;
}

/** Bytes of a request's body at most. */
const LARGEST_BODY = 100_000;

/**
 * Takes the port before anything that takes its time; who asks meanwhile is told that the indexer starts.
 * @param port 0 takes a free one
 * @throws IndexerError `INDEXER_CANNOT_LISTEN`
 */
export async function openHttp(host: string, port: number): Promise<OpenServer> {
  const server = createHttpServer({ requestTimeout: 30_000 }, (_, response) =>
    answer(response, 503, { state: 'starting' }),
  );
  const url = await listen(server, {
    host,
    port,
    service: 'indexer',
    setting: 'port',
    failure: (message, details) => new IndexerError('INDEXER_CANNOT_LISTEN', message, details),
  });
  return {
    server,
    url,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

/**
 * Serves the explorer's pages from `/` on, `/graphql` (queries, and subscriptions as server-sent events, or both over WebSockets;
 * GraphiQL in a browser),
 * the schema's text and the page of its scalars, `/health` and `/metrics`.
 * @returns the WebSockets, which hold the server open; undefined where no queries are answered
 */
export function serveHttp({ server }: OpenServer, options: HttpOptions): Sockets | undefined {
  const { schema, schemaText, serves, readings, context, limits, explorer, metrics, log } = options;
  const { status } = context;
  const yoga = createYoga<object, object>({
    schema,
    context: () => ({ ...context }),
    graphqlEndpoint: '/graphql',
    landingPage: false,
    batching: false,
    // Everything here is public and no cookie counts: a page of any origin may ask, with no credentials.
    cors: { origin: '*', credentials: false, methods: ['GET', 'POST'] },
    // The page is ours: see graphiql-files.ts.
    graphiql: false,
    plugins: [
      useAPQ({
        store: new PersistedQueries(),
        hash: hashOfQuery,
        responseConfig: { forceStatusCodeOk: true },
      }),
      ...limitPlugins(limits),
      streamLimit(limits.streams),
      ...readingPlugins(readings, limits.milliseconds),
      answerPlugin(readings),
    ],
    logging: {
      debug: () => undefined,
      info: () => undefined,
      warn: (...parts: unknown[]) => log.warn({ parts }, 'GraphQL warning'),
      // What is not the asker's fault; the asker is told "Unexpected error."
      error: (...parts: unknown[]) => {
        if (!isHangUp(parts[0])) log.error({ err: parts[0] }, 'GraphQL request failed');
      },
    },
  });
  const documents: Readonly<Record<string, readonly [type: string, text: string]>> = {
    '/schema.graphql': ['application/graphql', schemaText],
    [SCALARS_PAGE]: ['text/html', scalarsPage(schema)],
  };
  let graphiql: Promise<Graphiql> | undefined;
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    route(request, response).catch((error: unknown) => {
      log.error({ err: error }, 'request failed');
      if (!response.headersSent)
        answer(response, 500, { code: 'INDEXER_INTERNAL', message: 'Unexpected error.' });
      else response.end();
    });
  });

  return serves ? serveSockets(server, yoga, { ...limits, bytes: LARGEST_BODY }, log) : undefined;

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // As it came: what stands after the question mark is Yoga's, and a path may be no part of any address.
    const [path] = (request.url ?? '/').split(/[?#]/, 1);
    if (serves && isGraphiql(request, path)) {
      if ((await (graphiql ??= readGraphiql())).answer(request, response, path)) return;
    }
    if (path === '/graphql' && serves) {
      const refusal = refuseBody(request);
      if (refusal) answer(response, refusal.status, refusal);
      else await yoga(request, response);
    } else if (path in documents && serves) {
      const [type, text] = documents[path];
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(text);
    } else if (path === '/health') {
      const now = status();
      const laws = await told(readLaws(readings));
      answer(response, now.state === 'starting' ? 503 : 200, { ...now, laws });
    } else if (path === '/metrics') {
      for (const { name, holds } of (await told(readLaws(readings))) ?? []) {
        metrics.laws.set({ name }, holds ? 1 : 0);
      }
      response.setHeader('content-type', metrics.registry.contentType);
      response.end(await metrics.registry.metrics());
    } else if (!explorer.answer(request, response, path)) {
      answer(response, 404, {
        code: 'INDEXER_NO_SUCH_PAGE',
        message: 'Try /, /graphql, /schema.graphql, /health or /metrics.',
      });
    }
  }
}

/** Each of the laws over money, and whether it holds in what is indexed; none before the first event. */
async function readLaws(readings: Readings): Promise<readonly (Omit<Law, 'left' | 'right'> & Figures)[]> {
  const totals = await readings.query<Served<'Totals'>>('SELECT * FROM "Totals"');
  return totals.flatMap(lawsOf).map(({ name, left, right }) => ({
    name,
    left: left.toString(),
    right: right.toString(),
    holds: left === right,
  }));
}

interface Figures {
  readonly left: string;
  readonly right: string;
  readonly holds: boolean;
}

/** Undefined where a database that is away doesn't say. */
async function told<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch(() => undefined);
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Node's parser holds a request to the length it names, so that is where the limit is. */
function refuseBody({ method, headers }: IncomingMessage): Refusal | undefined {
  if (method !== 'POST') return undefined;
  const length = Number(headers['content-length']);
  if (!Number.isInteger(length)) {
    return { status: 411, code: 'GRAPHQL_LENGTH_MISSING', message: 'A request names its content-length.' };
  }
  if (length <= LARGEST_BODY) return undefined;
  const message = `A request has at most ${LARGEST_BODY} bytes, this one has ${length}.`;
  return { status: 413, code: 'GRAPHQL_TOO_LONG', message };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
