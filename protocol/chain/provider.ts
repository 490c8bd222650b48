import { FetchRequest, JsonRpcProvider, Network, toQuantity } from 'ethers';
import pRetry from 'p-retry';
import type { Log } from '../log.ts';
import { ChainError } from './errors.ts';

export interface ProviderOptions {
  readonly rpc: string;
  readonly log: Log;
  /** Milliseconds between looks at the head. Default 1,000. */
  readonly pollingInterval?: number;
  /** Give up the first contact after so many milliseconds in which nobody took a connection. Default 60,000. */
  readonly connectTimeout?: number;
  readonly signal?: AbortSignal;
}

/** Milliseconds after which one RPC request counts as lost. */
const REQUEST_TIMEOUT = 30_000;

/**
 * A provider of one chain. Its id is asked once, here, with patience; from then on a lost connection is an
 * error of the request that met it (`isOutage`), never a noisy loop inside ethers.
 * @throws ChainError CHAIN_UNREACHABLE
 */
export async function connect(options: ProviderOptions): Promise<JsonRpcProvider> {
  const { rpc, log, pollingInterval = 1000, connectTimeout = 60_000, signal } = options;
  const request = new FetchRequest(rpc);
  request.timeout = REQUEST_TIMEOUT;
  let alive = performance.now();
  const chainId = await pRetry(() => askChainId(rpc), {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 250,
    maxTimeout: 2000,
    shouldRetry: ({ error }) => {
      // It takes connections and is too busy to answer: a sign of life.
      if (error.name === 'TimeoutError') alive = performance.now();
      return performance.now() - alive < connectTimeout;
    },
    signal,
    onFailedAttempt: ({ error, attemptNumber }) => {
      if (attemptNumber % 5 === 1)
        log.warn({ rpc: new URL(rpc).host, reason: error.message }, 'waiting for the chain');
    },
  }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new ChainError(
      'CHAIN_UNREACHABLE',
      `no chain answers at ${new URL(rpc).host}: ${(cause as Error).message}`,
      {
        cause,
        retryable: true,
        hint: 'Check the address, and that the chain runs.',
      },
    );
  });
  const network = Network.from(chainId);
  return new JsonRpcProvider(request, network, { staticNetwork: network, pollingInterval, cacheTimeout: -1 });
}

async function askChainId(rpc: string): Promise<bigint> {
  const response = await fetch(rpc, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT),
  });
  const { result } = (await response.json()) as { result?: string };
  if (typeof result !== 'string')
    throw new ChainError('CHAIN_UNREACHABLE', `${new URL(rpc).host} names no chain id`);
  return BigInt(toQuantity(result));
}

const OUTAGE_CODES = new Set([
  'NETWORK_ERROR',
  'SERVER_ERROR',
  'TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'UND_ERR_SOCKET',
]);

/** True when the request never got a proper answer: the chain is away, not of another opinion. */
export function isOutage(error: unknown): boolean {
  for (let part: unknown = error, depth = 0; part instanceof Error && depth < 5; part = part.cause, depth++) {
    const { code } = part as { code?: unknown };
    if (typeof code === 'string' && OUTAGE_CODES.has(code)) return true;
    if (part instanceof ChainError && part.code === 'CHAIN_UNREACHABLE') return true;
  }
  return false;
}

/**
 * Repeats a read until the chain answers, logging the wait; anything but an outage is thrown at once.
 * @throws what `read` throws, or the signal's reason
 */
export async function patiently<T>(log: Log, read: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  let away: number | undefined;
  const answer = await pRetry(read, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 500,
    maxTimeout: 5000,
    signal,
    shouldRetry: ({ error }) => isOutage(error),
    onFailedAttempt: ({ error, attemptNumber }) => {
      if (!isOutage(error)) return;
      away ??= Date.now();
      if (attemptNumber % 5 === 1) log.warn({ reason: error.message }, 'chain does not answer, waiting');
    },
  });
  if (away !== undefined) log.info({ awaySeconds: (Date.now() - away) / 1000 }, 'chain answers again');
  return answer;
}
