import { request as send } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpServer } from '../../protocol/http-server.ts';
import { listen } from '../../protocol/listen.ts';
import { ConfigError } from '../../protocol/errors.ts';

/** What can be wrong with a way over the network. */
export type Fault =
  | 'reset'
  | 'slow'
  /** Half of an answer, and then the end of the connection, or nothing. */
  | 'cut'
  | 'stall'
  | 'busy'
  | 'html'
  | 'empty'
  | 'garbage'
  | 'null'
  | 'limited'
  | 'internal'
  | 'lagging'
  /** What was answered to the same question before. */
  | 'stale'
  | 'range'
  | 'broken'
  | 'full'
  | 'bytes';

/** A way to a service, with faults of its own. */
export interface FaultyWay {
  readonly url: string;
  /** Requests that came. */
  readonly requests: () => number;
  /** Where it leads now: a service that was started again may be elsewhere. */
  lead(target: string): void;
  /** From now on this is wrong with a share of all requests; undefined: nothing. */
  fail(fault: Fault | undefined): void;
  close(): void;
}

const SLOW_MS = 3000;
/** Blocks that `eth_getLogs` gets at once while the range is limited: fewer than follow a service's time away. */
const RANGE_BLOCKS = 10;

/** @param draw 0 ≤ x < 1: whether a request is met by the fault */
export async function openWay(draw: () => number, share: number): Promise<FaultyWay> {
  let target: URL | undefined;
  let fault: Fault | undefined;
  let requests = 0;
  const past = new Past();
  const server = createHttpServer({}, (request, response) => {
    requests += 1;
    const met = fault !== undefined && draw() < share ? fault : undefined;
    pass(request, response, { target, fault: met, past }).catch(() => response.destroy());
  });
  const url = await listen(server, {
    host: '127.0.0.1',
    port: 0,
    service: 'store',
    setting: 'port',
    failure: (message) => new ConfigError('CHAOS_PROXY', message),
  });
  return {
    url,
    requests: () => requests,
    lead: (to) => void (target = new URL(to)),
    fail: (next) => void (fault = next),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  {
    target,
    fault,
    past,
  }: { readonly target: URL | undefined; readonly fault: Fault | undefined; readonly past: Past },
): Promise<void> {
  if (target === undefined || fault === 'reset') return void request.socket.destroy();
  const body = await buffer(request);
  if (fault === 'slow') await sleep(SLOW_MS);
  const instead = answerOf(fault, request.method, body, past);
  if (instead) {
    response.writeHead(instead.status, { 'content-type': instead.type ?? 'application/json' });
    return void response.end(instead.text);
  }
  const { method, url, headers } = request;
  const { hostname, port } = target;
  const onward = send({
    hostname,
    port,
    method,
    path: url,
    headers: { ...headers, 'content-length': body.length },
  });
  // It was read whole, and goes on whole.
  onward.removeHeader('transfer-encoding');
  onward.on('error', () => response.destroy());
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (fault === 'bytes')
      return void answer.resume().on('end', () => response.end('not what was asked for'));
    answer.on('error', () => response.destroy());
    if (fault === 'cut' || fault === 'stall') {
      return void buffer(answer).then((whole) => {
        response.write(whole.subarray(0, Math.floor(whole.length / 2)));
        if (fault === 'cut') setImmediate(() => response.destroy());
      });
    }
    if (fault === undefined) answer.on('data', past.listen(body));
    answer.pipe(response);
  });
  onward.end(body);
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
}

function answerOf(
  fault: Fault | undefined,
  method: string | undefined,
  body: Buffer,
  past: Past,
): Answer | undefined {
  switch (fault) {
    case 'stale':
      return past.answerTo(body);
    case 'busy':
      return { status: 429, text: '{"error":"rate limited"}' };
    case 'html':
      return { status: 200, text: '<html>We are down for maintenance</html>', type: 'text/html' };
    case 'empty':
      return { status: 200, text: '' };
    case 'garbage':
      return { status: 200, text: '{"jsonrpc":"2.0","id":1,"resu' };
    case 'broken':
      return { status: 500, text: 'Internal error', type: 'text/plain' };
    case 'full':
      // What is there can still be had.
      return method === 'PUT'
        ? { status: 507, text: '{"code":"STORE_FULL","message":"no space left on device"}' }
        : undefined;
    case 'lagging':
      return { status: 200, text: answers(body, { error: { code: -32000, message: 'header not found' } }) };
    case 'range':
      return asksTooMuch(body)
        ? {
            status: 200,
            text: answers(body, {
              error: { code: -32602, message: `block range is too large, at most ${RANGE_BLOCKS}` },
            }),
          }
        : undefined;
    case 'null':
      return { status: 200, text: answers(body, { result: null }) };
    case 'limited':
      return {
        status: 200,
        text: answers(body, { error: { code: -32005, message: 'request rate limited' } }),
      };
    case 'internal':
      return { status: 200, text: answers(body, { error: { code: -32603, message: 'Internal error' } }) };
  }
}

/** Questions whose answers are kept. */
const REMEMBERED = 200;

/** What was answered to which JSON-RPC question, as a machine knows it that has stopped to follow the chain. */
class Past {
  readonly #results = new Map<string, unknown>();

  /** Hears the answer to a request, if it comes in one piece. */
  listen(body: Buffer): (piece: Buffer) => void {
    return (piece) => {
      const [key, answer] = [keyOf(body), jsonOf(piece)];
      if (key === undefined || answer?.result === undefined || answer.result === null) return;
      if (this.#results.size < REMEMBERED || this.#results.has(key)) this.#results.set(key, answer.result);
    };
  }

  answerTo(body: Buffer): Answer | undefined {
    const result = this.#results.get(keyOf(body) ?? '');
    return result === undefined ? undefined : { status: 200, text: answers(body, { result }) };
  }
}

/** Undefined for what isn't one question. */
function keyOf(body: Buffer): string | undefined {
  const { method, params } = jsonOf(body) ?? {};
  // What was sent once is answered alike by any machine.
  return typeof method === 'string' && method !== 'eth_sendRawTransaction'
    ? JSON.stringify([method, params])
    : undefined;
}

function jsonOf(
  bytes: Buffer,
): { readonly method?: unknown; readonly params?: unknown; readonly result?: unknown } | undefined {
  try {
    return JSON.parse(bytes.toString()) as object;
  } catch {
    return undefined;
  }
}

interface Asked {
  readonly id: unknown;
  readonly method?: string;
  readonly params?: unknown;
}

function askedOf(body: Buffer): readonly Asked[] {
  const asked = JSON.parse(body.toString()) as Asked | readonly Asked[];
  return 'id' in asked ? [asked] : asked;
}

/** Whether one of a body's requests wants logs of more blocks than there are at once. */
function asksTooMuch(body: Buffer): boolean {
  return askedOf(body).some(({ method, params }) => {
    if (method !== 'eth_getLogs') return false;
    const [{ fromBlock, toBlock }] = params as readonly [{ fromBlock?: string; toBlock?: string }];
    // A block by its hash is one; an end that isn't named is the head.
    if (fromBlock === undefined) return false;
    return Number(toBlock) - Number(fromBlock) >= RANGE_BLOCKS;
  });
}

/** The same answer to every request of a body, one or many. */
function answers(body: Buffer, answer: object): string {
  const all = askedOf(body).map(({ id }): object => ({ jsonrpc: '2.0', id, ...answer }));
  return JSON.stringify(body.toString().trimStart().startsWith('[') ? all : all[0]);
}
