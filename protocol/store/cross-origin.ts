import type { IncomingMessage, ServerResponse } from 'node:http';
import { SIGNATURE_HEADER } from './signed-request.ts';

/** Seconds that a browser may remember what it was allowed. */
const REMEMBERED = 7200;

/**
 * Lets pages of some origins ask a store (CORS). Nothing that a browser adds by itself says who asks: accounts sign, in a header
 * of their own, and no cookie or login counts. So credentials are never allowed, and any origin may be without giving it more than
 * any program has; a store on a private network is what a page of elsewhere shouldn't reach.
 * @param allowed origins (`https://example.org`), or `*` for any
 * @returns whether that was the whole answer: a browser asked beforehand what it may send
 */
export function allowOrigins(
  allowed: readonly string[],
  { method, headers }: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { origin } = headers;
  if (origin === undefined || allowed.length === 0) return false;
  const any = allowed.includes('*');
  if (!any) response.setHeader('vary', 'origin');
  if (!any && !allowed.includes(origin)) return false;
  response.setHeader('access-control-allow-origin', any ? '*' : origin);
  if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false;
  response.setHeader('access-control-allow-methods', 'GET, HEAD, PUT');
  response.setHeader('access-control-allow-headers', `authorization, content-type, ${SIGNATURE_HEADER}`);
  response.setHeader('access-control-max-age', REMEMBERED);
  response.writeHead(204).end();
  return true;
}
