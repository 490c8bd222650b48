import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHttpServer, isHangUp } from '../../../protocol/http-server.ts';
import { SliceproofError } from '../../../protocol/errors.ts';
import { listen } from '../../../protocol/listen.ts';
import type { Log } from '../../../protocol/log.ts';
import {
  BIDS_PATH,
  bidSubmissionSchema,
  handedBid,
  MAX_BID_BYTES,
  type HandedBid,
  type SignedBid,
} from '../../../protocol/bid-submission.ts';
import {
  MAX_SUBMISSION_BYTES,
  PROOFS_PATH,
  proofSubmissionSchema,
  type ProofSubmission,
  type SubmissionAnswer,
} from '../../../protocol/proof-submission.ts';
import { AggregatorError } from '../../errors.ts';
import type { AggregatorMetrics } from '../metrics.ts';
import { readBody } from './body.ts';

/** What the server asks of the aggregator behind it. */
export interface Served {
  /** Takes a proof; how many wait before it. */
  submit(submission: ProofSubmission): Promise<number>;
  /** Takes a signed bid; how many wait before it. */
  submitBid(bid: HandedBid): Promise<number>;
  /** The signed bids of a job that wait, the cheapest first. */
  bidsOf(jobId: string): Promise<readonly SignedBid[]>;
  /** What became of the proofs of a slice, as JSON. */
  proofsOf(jobId: string, slice: number): Promise<unknown>;
  /** The latest settlements, as JSON. */
  settlements(limit: number): Promise<unknown>;
  health(): Promise<{ readonly ok: boolean } & Readonly<Record<string, unknown>>>;
}

export interface ServeOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Submissions of one network address at once. */
  readonly maxPerAddress: number;
  readonly log: Log;
  readonly metrics: AggregatorMetrics;
  /** Milliseconds. */
  readonly clock: () => number;
}

/** HTTP status by code; what isn't here is a bug of ours. */
const STATUS: Readonly<Record<string, number>> = {
  SUBMISSION_MALFORMED: 400,
  SUBMISSION_TOO_LARGE: 413,
  JOB_UNKNOWN: 404,
  TRACE_UNKNOWN: 404,
  SLICE_UNKNOWN: 404,
  SLICE_EXTERNAL: 422,
  SLICE_NOT_PAYABLE: 409,
  PROOF_INVALID: 422,
  KEY_UNUSABLE: 422,
  PROVER_DROPPED: 403,
  BIDS_NOT_TAKEN: 403,
  BID_NOT_SIGNED: 422,
  BID_REFUSED: 409,
  BID_ADMISSION: 422,
  BID_UNPROFITABLE: 422,
  BID_CREDIT_USED: 403,
  BID_BUDGET_SPENT: 503,
  PROVER_BUSY: 429,
  ADDRESS_BUSY: 429,
  AGGREGATOR_BUSY: 503,
  AGGREGATOR_NO_COINS: 503,
  CHAIN_AWAY: 503,
  NOT_FOUND: 404,
  METHOD: 405,
};

const MOST_SETTLEMENTS = 1000;

/** A server that listens, and serves as soon as there is an aggregator behind it. */
export interface OpenServer {
  readonly url: string;
  /** What the start is at, for who asks meanwhile. */
  starts(doing: string): void;
  serve(served: Served): void;
  /** Requests under way are answered; idle connections end. */
  close(): Promise<void>;
}

/**
 * Takes the port before anything that takes its time; until `serve`, `/health` answers 503 with what is being done, and a
 * proof is to come again later.
 *
 * `POST /proofs`, `GET /proofs/{job}/{slice}`, `POST /bids`, `GET /bids/{job}`, `GET /settlements`, `GET /health`,
 * `GET /metrics`. A proof or a bid that is refused is answered with a code and whether trying again may help
 * (protocol/proof-submission.ts, protocol/bid-submission.ts).
 * @throws AggregatorError AGGREGATOR_CANNOT_LISTEN
 */
export async function openServer(options: ServeOptions): Promise<OpenServer> {
  const { host, port, log, metrics, clock } = options;
  let behind: Served | undefined;
  let doing = 'starting';
  const perAddress = new Map<string, number>();
  const server = createHttpServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    answer(request, response).catch((error: unknown) => refuse(request, response, error));
  });

  const served = (): Served => {
    if (behind !== undefined) return behind;
    throw new AggregatorError('AGGREGATOR_BUSY', `the aggregator starts: ${doing}`, { retryable: true });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [pathname, query] = (request.url ?? '/').split('?');
    if (pathname === PROOFS_PATH) {
      if (request.method !== 'POST') throw new AggregatorError('METHOD', `expected POST at ${PROOFS_PATH}`);
      return takeProof(request, response);
    }
    if (pathname === BIDS_PATH) {
      if (request.method !== 'POST') throw new AggregatorError('METHOD', `expected POST at ${BIDS_PATH}`);
      return takeBid(request, response);
    }
    if (request.method !== 'GET') throw new AggregatorError('METHOD', `expected GET at ${pathname}`);
    const ofSlice = /^\/proofs\/(0x[0-9a-f]{64})\/(\d{1,3})$/.exec(pathname);
    if (ofSlice !== null) {
      return sendJson(response, 200, await served().proofsOf(ofSlice[1], Number(ofSlice[2])));
    }
    const ofJob = /^\/bids\/(0x[0-9a-f]{64})$/.exec(pathname);
    if (ofJob !== null) return sendJson(response, 200, await served().bidsOf(ofJob[1]));
    switch (pathname) {
      case '/settlements': {
        const limit = Number(new URLSearchParams(query).get('limit') ?? 100);
        const most = Number.isInteger(limit) && limit > 0 ? Math.min(limit, MOST_SETTLEMENTS) : 100;
        return sendJson(response, 200, await served().settlements(most));
      }
      case '/health': {
        const health = (await behind?.health()) ?? { ok: false, doing };
        return sendJson(response, health.ok ? 200 : 503, health);
      }
      case '/metrics': {
        const text = await metrics.registry.metrics();
        response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text);
        return;
      }
      default:
        throw new AggregatorError('NOT_FOUND', `nothing is at ${pathname.slice(0, 200)}`);
    }
  };

  const takeProof = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = clock();
    const position = await oneOfAddress(request, async () =>
      served().submit(await readBody(request, proofSubmissionSchema, MAX_SUBMISSION_BYTES)),
    );
    metrics.submissions.inc({ answer: 'accepted' });
    metrics.admitSeconds.observe((clock() - started) / 1000);
    sendJson(response, 202, { accepted: true, position } satisfies SubmissionAnswer);
  };

  const takeBid = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const position = await oneOfAddress(request, async () =>
      served().submitBid(handedBid(await readBody(request, bidSubmissionSchema, MAX_BID_BYTES))),
    );
    metrics.bidSubmissions.inc({ answer: 'accepted' });
    sendJson(response, 202, { accepted: true, position } satisfies SubmissionAnswer);
  };

  /** Of one network address so many are taken at once. */
  const oneOfAddress = async (request: IncomingMessage, take: () => Promise<number>): Promise<number> => {
    const address = request.socket.remoteAddress ?? '';
    const running = perAddress.get(address) ?? 0;
    if (running >= options.maxPerAddress) {
      throw new AggregatorError('ADDRESS_BUSY', `${running} submissions from ${address} are being checked`, {
        retryable: true,
      });
    }
    perAddress.set(address, running + 1);
    try {
      return await take();
    } finally {
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    }
  };

  const refuse = (request: IncomingMessage, response: ServerResponse, error: unknown): void => {
    if (isHangUp(error)) return void response.destroy();
    const known = error instanceof SliceproofError && error.code in STATUS;
    const status = known ? STATUS[error.code] : 500;
    if (request.method === 'POST') {
      const submissions = request.url === BIDS_PATH ? metrics.bidSubmissions : metrics.submissions;
      submissions.inc({ answer: known ? error.code : 'INTERNAL' });
    }
    if (known) log.debug({ code: error.code, reason: error.message }, 'request refused');
    else log.error({ err: error }, 'request failed');
    // What is left of a refused upload goes with its connection.
    if (!request.complete) response.once('finish', () => request.destroy());
    if (response.headersSent) return void response.destroy();
    const body: SubmissionAnswer = known
      ? {
          accepted: false,
          code: error.code,
          message: error.message.slice(0, 2000),
          retryable: error.retryable,
        }
      : {
          accepted: false,
          code: 'INTERNAL',
          message: 'the aggregator failed; see its log',
          retryable: true,
        };
    sendJson(response, status, body);
  };

  const url = await listen(server, {
    host,
    port,
    service: 'aggregator',
    setting: 'port',
    failure: (message, details) => new AggregatorError('AGGREGATOR_CANNOT_LISTEN', message, details),
  });
  return {
    url,
    starts(what) {
      doing = what;
    },
    serve(served) {
      behind = served;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
