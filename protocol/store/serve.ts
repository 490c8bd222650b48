import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHttpServer } from '../http-server.ts';
import { listen } from '../listen.ts';
import type { Log } from '../log.ts';
import { artifactOf, digestOfCid } from './digest.ts';
import type { FolderStore } from './folder-store.ts';
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
}

const STATUS: Readonly<Record<string, number>> = {
  STORE_NOT_FOUND: 404,
  STORE_TOO_LARGE: 413,
  STORE_UNAUTHORISED: 401,
  STORE_WRONG_BYTES: 422,
  STORE_BAD_ADDRESS: 400,
  STORE_FULL: 507,
};

/** Milliseconds without a byte in either direction after which a connection is given up. */
const IDLE_MS = 60_000;

/**
 * Serves a folder of artifacts: `GET | HEAD | PUT /artifacts/{cid}` and `GET /health`. What is put under an
 * address must have it, so nobody can replace an artifact.
 * @throws StoreError STORE_CANNOT_LISTEN
 */
export async function serveStore(options: ServeOptions): Promise<{ url: string; close(): Promise<void> }> {
  const server = createHttpServer({}, (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      fail(options.log, response, error);
      // What is left of a refused upload is dropped with its connection.
      if (!request.complete) response.once('finish', () => request.destroy());
    });
  });
  // A large artifact may take its time, as long as something comes.
  server.requestTimeout = 0;
  server.setTimeout(IDLE_MS);
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
  const { pathname } = new URL(request.url ?? '/', 'http://store');
  if (pathname === '/health') return end(response, 200, { ok: true });
  const cid = /^\/artifacts\/([a-z0-9]{1,128})$/.exec(pathname)?.[1];
  if (cid === undefined)
    return end(response, 404, { code: 'NOT_FOUND', message: 'expected /artifacts/{cid}' });
  const sha256 = addressOf(cid);
  if (request.method === 'PUT') {
    await receive(options, request, sha256);
    return end(response, 201, { cid, sha256 });
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return end(response, 405, {
      code: 'METHOD',
      message: `expected GET, HEAD or PUT, got ${request.method}`,
    });
  }
  const bytes = await options.store.get(sha256);
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': bytes.length,
    'cache-control': 'public, max-age=31536000, immutable',
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
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

async function receive(options: ServeOptions, request: IncomingMessage, sha256: string): Promise<void> {
  const { store, token, maxBytes = DEFAULT_MAX_BYTES, log } = options;
  if (token !== undefined && !sameSecret(request.headers.authorization ?? '', `Bearer ${token}`)) {
    throw new StoreError('STORE_UNAUTHORISED', 'expected the store’s bearer token');
  }
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxBytes) throw new StoreError('STORE_TOO_LARGE', `expected at most ${maxBytes} bytes`);
    parts.push(part);
  }
  const bytes = Buffer.concat(parts);
  const came = artifactOf(bytes).sha256;
  if (came !== sha256) {
    throw new StoreError('STORE_WRONG_BYTES', `expected bytes with sha-256 ${sha256}, got ${came}`);
  }
  await store.put(bytes);
  log.debug({ sha256, bytes: length }, 'artifact kept');
}

function sameSecret(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function fail(log: Log, response: ServerResponse, error: unknown): void {
  const known = error instanceof StoreError;
  const status = (known && STATUS[error.code]) || 500;
  if (status >= 500) log.error({ error: String(error) }, 'store request failed');
  if (response.headersSent) return void response.destroy();
  end(
    response,
    status,
    known ? error.toJSON() : { code: 'INTERNAL', message: 'the store failed; see its log' },
  );
}

function end(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
