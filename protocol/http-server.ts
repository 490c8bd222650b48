import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';

/**
 * Longer than a proxy keeps a connection that is idle (a minute), or a client that asks again and again: if the server is the
 * one that lets go, a request may be on its way by then and is lost. Node's own 5 s are less than a busy machine can take
 * between two looks at its sockets.
 */
const KEEP_ALIVE_MS = 75_000;

/** A server of HTTP, as all services have it; not listening yet. */
export function createHttpServer(options: ServerOptions, listener: RequestListener): Server {
  return createServer({ keepAliveTimeout: KEEP_ALIVE_MS, ...options }, listener);
}

/** Node's error where whoever sent a request hung up before all of it came: no fault of the server's, and nobody is there to be told. */
export function isHangUp(error: unknown): boolean {
  return (
    error instanceof Error && error.message === 'aborted' && 'code' in error && error.code === 'ECONNRESET'
  );
}
