import { createHash } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const zip = promisify(gzip);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ico': 'image/x-icon',
};

/** A page runs what came with it and asks nobody else, as its policy says. */
export function safeHeaders(policy: readonly string[]): OutgoingHttpHeaders {
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
}

/** A file in memory, as it is served. */
export interface StaticFile {
  readonly bytes: Buffer;
  readonly zipped: Buffer;
  readonly headers: OutgoingHttpHeaders;
  readonly tag: string;
}

/**
 * @param name its ending says what it is
 * @param forever whether the name changes with the content
 */
export async function staticFile(
  name: string,
  bytes: Buffer,
  safe: OutgoingHttpHeaders,
  forever: boolean,
): Promise<StaticFile> {
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  const headers = {
    ...safe,
    'content-type': TYPES[path.extname(name)] ?? 'application/octet-stream',
    'cache-control': forever ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
    etag: tag,
  };
  return { bytes, zipped: await zip(bytes, { level: 9 }), headers, tag };
}

/** Answers GET and HEAD: with the file, zipped for who takes it, or that it is what the asker has. */
export function serveFile(file: StaticFile, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
  } else if (request.headers['if-none-match'] === file.tag) {
    response.writeHead(304, file.headers).end();
  } else {
    const zips = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
    const body = zips ? file.zipped : file.bytes;
    response.writeHead(200, {
      ...file.headers,
      'content-length': body.length,
      ...(zips ? { 'content-encoding': 'gzip' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }
}
