import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHttpServer } from '../http-server.ts';
import { listen } from '../listen.ts';
import type { Log } from '../log.ts';
import { allowOrigins } from './cross-origin.ts';
import { limitConnections, type ConnectionLimits } from './connections.ts';
import { digestOfCid } from './digest.ts';
import type { FolderStore } from './folder-store.ts';
import type { Gate } from './gate.ts';
import { pace } from './pace.ts';
import { receive } from './receive.ts';
import { send } from './send.ts';
import { readSignature, SIGNATURE_HEADER, unauthorised, type SignedRequest } from './signed-request.ts';
import { DEFAULT_MAX_BYTES, StoreError } from './store.ts';

export interface ServeOptions {
  readonly store: FolderStore;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly log: Log;
  /** When set, `PUT` needs it as a bearer token. */
  readonly token?: string;
  /** Largest artifact taken. Default {@link DEFAULT_MAX_BYTES}. */
  readonly maxBytes?: number;
  /** Who may put and fetch what, by signature. Without it everybody may put and fetch everything. */
  readonly gate?: Gate;
  /** Default: 512, of one address 64. */
  readonly connections?: ConnectionLimits;
  /** Origins whose pages may ask, `*` for any. Default: none. */
  readonly allowOrigins?: readonly string[];
  /** A body that comes or goes more slowly is given up. Default 1,024. */
  readonly leastBytesPerSecond?: number;
}

const STATUS: Readonly<Record<string, number>> = {
  STORE_NOT_FOUND: 404,
  STORE_TOO_LARGE: 413,
  STORE_TOO_SLOW: 408,
  STORE_UNAUTHORISED: 401,
  STORE_FORBIDDEN: 403,
  STORE_QUOTA: 403,
  STORE_WRONG_BYTES: 422,
  STORE_BAD_ADDRESS: 400,
  STORE_CHAIN_AWAY: 503,
  STORE_FULL: 507,
};

const CONNECTIONS: ConnectionLimits = { total: 512, perAddress: 64 };
const LEAST_BYTES_PER_SECOND = 1024;
/** Milliseconds without a byte in either direction after which a connection is given up. */
const IDLE_MS = 60_000;
/** What is taken of a refused upload, and for how long, so that its client hears why. */
const DRAIN_BYTES = 2 ** 26;
const DRAIN_MS = 5000;
/** Milliseconds in which the head of a request has to be there. */
const HEAD_MS = 20_000;

/**
 * Serves a folder of artifacts: `GET | HEAD | PUT /artifacts/{cid}` and `GET /health`. What is put under an
 * address must have it, so nobody can replace an artifact. Bodies go from and to the disk in pieces.
 * @throws StoreError STORE_CANNOT_LISTEN
 */
export async function serveStore(options: ServeOptions): Promise<{ url: string; close(): Promise<void> }> {
  const { log, connections = CONNECTIONS } = options;
  const server = createHttpServer(
    { headersTimeout: HEAD_MS, connectionsCheckingInterval: HEAD_MS / 4 },
    (request, response) => {
      answer(options, request, response).catch((error: unknown) => {
        fail(log, request, response, error);
        if (!request.complete) drain(request);
      });
    },
  );
  // A large artifact may take its time, as long as something comes.
  server.requestTimeout = 0;
  server.setTimeout(IDLE_MS);
  limitConnections(server, connections, (address) => log.debug({ address }, 'too many connections'));
  const url = await listen(server, {
    ...options,
    service: 'store',
    setting: 'port',
    failure: (message, details) => new StoreError('STORE_CANNOT_LISTEN', message, details),
  });
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  options: ServeOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (allowOrigins(options.allowOrigins ?? [], request, response)) return;
  // Not parsed as an address: a path may be anything that a client sends.
  const pathname = (request.url ?? '/').split(/[?#]/, 1)[0];
  if (pathname === '/health') return end(response, 200, { ok: true });
  const cid = /^\/artifacts\/([a-z0-9]{1,128})$/.exec(pathname)?.[1];
  if (cid === undefined)
    return end(response, 404, { code: 'NOT_FOUND', message: 'expected /artifacts/{cid}' });
  const sha256 = addressOf(cid);
  switch (request.method) {
    case 'PUT':
      await put(options, request, sha256);
      return end(response, 201, { cid, sha256 });
    case 'GET':
    case 'HEAD':
      await expectReader(options, request, sha256);
      return send(request, response, {
        ...options,
        sha256,
        private: options.gate?.book.find(sha256)?.visibility === 'private',
        leastBytesPerSecond: options.leastBytesPerSecond ?? LEAST_BYTES_PER_SECOND,
      });
    default:
      return end(response, 405, {
        code: 'METHOD',
        message: `expected GET, HEAD or PUT, got ${request.method}`,
      });
  }
}

function addressOf(cid: string): string {
  try {
    return digestOfCid(cid);
  } catch (cause) {
    throw new StoreError('STORE_BAD_ADDRESS', `expected a CIDv1 of raw bytes with sha-256, got ${cid}`, {
      cause,
    });
  }
}

async function put(options: ServeOptions, request: IncomingMessage, sha256: string): Promise<void> {
  const { store, token, gate, log, maxBytes = DEFAULT_MAX_BYTES } = options;
  const { leastBytesPerSecond = LEAST_BYTES_PER_SECOND } = options;
  if (token !== undefined && !sameSecret(request.headers.authorization ?? '', `Bearer ${token}`)) {
    throw unauthorised('expected the store’s bearer token');
  }
  const signed = gate && signatureOf(gate, request, 'PUT', sha256);
  if (gate && !signed) {
    throw unauthorised('expected an upload signed by an account', {
      hint: 'Name the key that acts: private-key, private-key-file or private-key-env.',
    });
  }
  if (signed && signed.bytes > maxBytes) {
    throw new StoreError(
      'STORE_TOO_LARGE',
      `expected at most ${maxBytes} bytes, ${signed.bytes} are announced`,
    );
  }
  const stranger = gate && signed ? (await gate.admitUpload(signed)).stranger : false;
  const account = signed?.account.toLowerCase() ?? '';
  // Bytes that are here already take no more room.
  const more = signed && gate && !gate.book.find(sha256) ? signed.bytes : 0;
  const release = gate?.book.reserve(account, more, stranger);
  const watch = pace(leastBytesPerSecond);
  try {
    const bytes = await receive(request, {
      store,
      sha256,
      maxBytes: signed ? signed.bytes : maxBytes,
      signal: watch.signal,
      onPiece: (piece) => watch.count(piece),
    });
    release?.();
    if (gate && signed) {
      const at = Math.floor(Date.now() / 1000);
      await gate.book.put(sha256, { account, bytes, visibility: signed.visibility, at });
      await gate.arrived(sha256);
    }
    log.debug({ sha256, bytes, account }, 'artifact kept');
  } catch (error) {
    throw watch.signal.aborted ? watch.signal.reason : error;
  } finally {
    watch.end();
    release?.();
  }
}

async function expectReader({ gate }: ServeOptions, request: IncomingMessage, sha256: string): Promise<void> {
  if (gate?.book.find(sha256)?.visibility !== 'private') return;
  const signed = signatureOf(gate, request, 'GET', sha256);
  if (!signed)
    throw unauthorised(`${sha256} is for those with a stake in its job: expected a signed request`);
  await gate.admitRead(signed);
}

function signatureOf(
  gate: Gate,
  request: IncomingMessage,
  method: SignedRequest['method'],
  sha256: string,
): SignedRequest | undefined {
  const header = request.headers[SIGNATURE_HEADER];
  if (typeof header !== 'string') return undefined;
  const now = Math.floor(Date.now() / 1000);
  return readSignature(header, { method, sha256 }, { now, isOwn: (store) => gate.isOwn(store) });
}

function sameSecret(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function fail(log: Log, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const known = error instanceof StoreError;
  const status = (known && STATUS[error.code]) || 500;
  // Who hung up has no ear for an answer, and broke nothing here.
  if (request.destroyed && !request.complete && !known) return void response.destroy();
  if (status >= 500) log.error({ error: String(error) }, 'store request failed');
  if (response.headersSent) return void response.destroy();
  end(
    response,
    status,
    known ? error.toJSON() : { code: 'INTERNAL', message: 'the store failed; see its log' },
  );
}

/**
 * A client that still sends hears the answer only if some more of what it sends is taken; then the connection is closed,
 * with what is left.
 */
function drain(request: IncomingMessage): void {
  let left = DRAIN_BYTES;
  const close = (): void => void request.socket.destroy();
  const late = setTimeout(close, DRAIN_MS);
  late.unref();
  request.on('data', (piece: Buffer) => {
    left -= piece.length;
    if (left < 0) close();
  });
  request.once('close', () => clearTimeout(late));
  request.on('error', () => undefined);
}

function end(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
