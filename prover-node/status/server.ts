import type { ServerResponse } from 'node:http';
import { createHttpServer } from '../../protocol/http-server.ts';
import { listen } from '../../protocol/listen.ts';
import { NodeError } from '../errors.ts';
import type { ProofShelf } from '../prove/proofs.ts';
import type { NodeMetrics } from './metrics.ts';
import type { StatusReport } from './report.ts';

export interface StatusOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly metrics: NodeMetrics;
  readonly shelf: ProofShelf;
  /** Who the node is, what it asks, and why it leaves what it leaves. */
  readonly report: () => Promise<StatusReport>;
}

export interface StatusServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `GET /status` (what the node asks, does and leaves, as JSON), `GET /metrics` (Prometheus), `GET /proofs` (what each
 * proof took, as JSON), `GET /health` (200, or 503 with the reasons while the node can't do its work). Says nothing that isn't public; listens on this machine unless told otherwise.
 * @throws NodeError NODE_CANNOT_LISTEN
 */
export async function serveStatus(options: StatusOptions): Promise<StatusServer> {
  const { host, metrics, shelf, report } = options;
  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    switch (path) {
      case '/metrics':
        response.writeHead(200, { 'content-type': metrics.registry.contentType });
        response.end(await metrics.registry.metrics());
        return;
      case '/status':
        return sendJson(response, 200, await report());
      case '/proofs': {
        const { name, account } = await report();
        return sendJson(response, 200, { name, account, proofs: proofRows(shelf) });
      }
      case '/health': {
        const { doing, health, notes, underWay } = await report();
        const ok = health.length === 0;
        return sendJson(response, ok ? 200 : 503, { ok, doing, reasons: health, notes, underWay });
      }
      default:
        return sendJson(response, 404, { code: 'NOT_FOUND' });
    }
  };
  const server = createHttpServer({}, (request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    if (request.method !== 'GET') return sendJson(response, 405, { code: 'METHOD' });
    answer(path, response).catch(() => response.destroy());
  });
  const url = await listen(server, {
    host,
    port: options.port,
    service: 'node',
    setting: 'status-port',
    failure: (message, details) => new NodeError('NODE_CANNOT_LISTEN', message, details),
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
  /** Before the fee, in 10^-18 of the asset; null unless paid. */
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
