import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  GraphQLError,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { CloseCode, handleProtocols, makeServer, MessageType, type SubscribePayload } from 'graphql-ws';
import type { YogaServerInstance } from 'graphql-yoga';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Log } from '../protocol/log.ts';

export interface SocketLimits {
  /** Connections at a time. */
  readonly sockets: number;
  /** Requests that run on one connection at a time. */
  readonly subscriptions: number;
  /** Bytes of a message. */
  readonly bytes: number;
}

export interface Sockets {
  /** Says goodbye to every client, and waits for none. */
  close(): void;
}

/** Until then a client has said `connection_init`. */
const INIT_MS = 5000;
/** A client that doesn't answer a ping before the next one is gone. */
const PING_MS = 15_000;

/** What runs on a connection, by the client's name for it: aborted when the client wants no more of it. */
interface Extra {
  readonly running: Map<string, AbortController>;
}

/** What Yoga does with a request, its plugins included. */
interface Enveloped {
  readonly schema: GraphQLSchema;
  readonly parse: (query: string) => DocumentNode;
  readonly validate: (schema: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[];
  readonly contextFactory: () => Promise<unknown>;
  readonly execute: (args: ExecutionArgs) => Promise<ExecutionResult>;
  readonly subscribe: (
    args: ExecutionArgs,
  ) => Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult>;
}
type Prepared = ExecutionArgs & { readonly rootValue: Pick<Enveloped, 'execute' | 'subscribe'> };

/**
 * Requests over `graphql-transport-ws` at `/graphql`, each as Yoga would have it over HTTP: with the same limits, the same deadline
 * for queries, the same masking of faults.
 */
export function serveSockets(
  server: Server,
  yoga: YogaServerInstance<object, object>,
  limits: SocketLimits,
  log: Log,
): Sockets {
  const protocol = makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: INIT_MS,
    execute: (args) => (args as Prepared).rootValue.execute(args),
    subscribe: (args) => (args as Prepared).rootValue.subscribe(args),
    onSubscribe: async ({ subscriptions, extra: { running } }, id, payload) => {
      if (Object.keys(subscriptions).length > limits.subscriptions) {
        const message = `A connection has at most ${limits.subscriptions} requests at a time.`;
        return [new GraphQLError(message, { extensions: { code: 'GRAPHQL_TOO_MANY_SUBSCRIPTIONS' } })];
      }
      const leaving = new AbortController();
      const prepared = await prepare(yoga, payload, leaving.signal);
      if (!Array.isArray(prepared)) running.set(id, leaving);
      return prepared;
    },
    onComplete: ({ extra: { running } }, id) => {
      running.get(id)?.abort();
      running.delete(id);
    },
    onClose: ({ extra: { running } }) => {
      for (const leaving of running.values()) leaving.abort();
    },
  });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.bytes,
    perMessageDeflate: false,
    handleProtocols,
  });
  sockets.on('connection', (socket) => open(socket, protocol, log));
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy());
    const [path] = (request.url ?? '/').split(/[?#]/, 1);
    if (path !== '/graphql') return refuse(stream, '404 Not Found', 'INDEXER_NO_SUCH_PAGE');
    if (sockets.clients.size >= limits.sockets) {
      return refuse(stream, '503 Service Unavailable', 'GRAPHQL_TOO_MANY_SOCKETS');
    }
    sockets.handleUpgrade(request, stream, head, (socket) => sockets.emit('connection', socket, request));
  });
  return {
    close() {
      server.removeAllListeners('upgrade');
      for (const socket of sockets.clients) {
        socket.close(1001, 'Going away');
        socket.terminate();
      }
      sockets.close();
    },
  };
}

/** What a request is executed with, or why it is not. */
async function prepare(
  yoga: YogaServerInstance<object, object>,
  { query, operationName, variables }: SubscribePayload,
  left: AbortSignal,
): Promise<Prepared | readonly GraphQLError[]> {
  const { schema, parse, validate, execute, subscribe, contextFactory } = yoga.getEnveloped({
    left,
  }) as Enveloped;
  try {
    const document = parse(query);
    const errors = validate(schema, document);
    if (errors.length > 0) return errors;
    return {
      schema,
      document,
      operationName,
      variableValues: variables,
      contextValue: await contextFactory(),
      rootValue: { execute, subscribe },
    };
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

function open(
  socket: WebSocket,
  protocol: ReturnType<typeof makeServer<Record<string, unknown>, Extra>>,
  log: Log,
): void {
  // A message that is too long, or no WebSocket at all: the socket is closed by then, with a code that says so.
  socket.on('error', () => undefined);
  let answers = true;
  const pinging = setInterval(() => {
    if (!answers) return socket.terminate();
    answers = false;
    socket.ping();
  }, PING_MS);
  socket.on('pong', () => {
    answers = true;
  });
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      // Resolves once it is handed on: a subscription goes on as fast as its client takes it.
      send: (text) =>
        new Promise((resolve) => {
          if (socket.readyState === socket.OPEN) socket.send(text, () => resolve());
          else resolve();
        }),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (handle) =>
        socket.on('message', (data: Buffer) => {
          const text = data.toString();
          // The library takes it for a fault of the server's.
          if (isServers(text)) return socket.close(CloseCode.BadRequest, 'Invalid message received');
          handle(text).catch((error: unknown) => {
            log.error({ err: error }, 'GraphQL request failed');
            socket.close(CloseCode.InternalServerError, 'Unexpected error.');
          });
        }),
    },
    { running: new Map() },
  );
  socket.once('close', (code, reason) => {
    clearInterval(pinging);
    closed(code, reason.toString()).catch((error: unknown) =>
      log.error({ err: error }, 'GraphQL socket failed'),
    );
  });
}

/** Whether a message is one that only servers send. */
function isServers(text: string): boolean {
  const types: readonly unknown[] = [MessageType.ConnectionAck, MessageType.Next, MessageType.Error];
  try {
    return types.includes((JSON.parse(text) as { readonly type?: unknown } | null)?.type);
  } catch {
    return false;
  }
}

function refuse(stream: Duplex, status: string, code: string): void {
  const body = `${JSON.stringify({ code, message: status })}\n`;
  stream.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}
