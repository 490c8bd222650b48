import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpServer } from '../../protocol/http-server.ts';
import { NodeError } from '../errors.ts';
import type { ProofShelf } from '../prove/proofs.ts';
import type { NodeMetrics } from './metrics.ts';

export interface StatusOptions {
  readonly name: string;
  readonly account: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly metrics: NodeMetrics;
  readonly shelf: ProofShelf;
  /** Whether the node acts on the chain as it is now. */
  readonly healthy: () => boolean;
}

export interface StatusServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `GET /metrics` (Prometheus), `GET /proofs` (what each proof took, as JSON), `GET /health` (200, or 503 while the
 * chain is away). Says nothing that isn't public; listens on this machine unless told otherwise.
 * @throws NodeError NODE_CANNOT_LISTEN
 */
export async function serveStatus(options: StatusOptions): Promise<StatusServer> {
  const { name, account, host, metrics, shelf, healthy } = options;
  const server = createHttpServer({}, (request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    if (request.method !== 'GET') return sendJson(response, 405, { code: 'METHOD' });
    switch (path) {
      case '/metrics':
        void metrics.registry.metrics().then((text) => {
          response.writeHead(200, { 'content-type': metrics.registry.contentType });
          response.end(text);
        });
        return;
      case '/proofs':
        return sendJson(response, 200, { name, account, proofs: proofRows(shelf) });
      case '/health':
        return sendJson(response, healthy() ? 200 : 503, { ok: healthy() });
      default:
        return sendJson(response, 404, { code: 'NOT_FOUND' });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new NodeError('NODE_CANNOT_LISTEN', `could not listen on ${host}:${options.port}: ${cause.message}`, {
          cause,
        }),
      ),
    );
    server.listen(options.port, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A proof as `/proofs` and `node status` show it. */
export interface ProofRow {
  readonly jobId: string;
  readonly slice: number;
  readonly constraints: number;
  readonly proveSeconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  /** `open` until the chain shows what became of it. */
  readonly outcome: 'open' | 'paid' | 'lost';
  /** Before the fee, in the asset's smallest unit; null unless paid. */
  readonly pricePaid: string | null;
}

export function proofRows(shelf: ProofShelf): ProofRow[] {
  return shelf.all().map((record) => ({
    jobId: record.jobId,
    slice: record.slice,
    constraints: record.constraints,
    proveSeconds: record.proveSeconds,
    cpuSeconds: record.cpuSeconds,
    peakRssBytes: record.peakRssBytes,
    outcome: record.outcome?.kind ?? 'open',
    pricePaid: record.outcome?.pricePaid ?? null,
  }));
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
