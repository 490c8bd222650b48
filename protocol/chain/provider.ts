import type { JsonRpcProvider } from 'ethers';
import pRetry from 'p-retry';
import type { Log } from '../log.ts';
import { keepAddressSecret } from '../secrets.ts';
import { headsOf } from './heads.ts';
import { isOutage } from './outage.ts';
import { Endpoint } from './transport/endpoint.ts';
import { Chain, PatientProvider } from './transport/patient-provider.ts';

export { isOutage };

/** For commands that a person waits for: an address where nobody is is said soon, a chain that answered is waited for. */
export const WHILE_SOMEBODY_WAITS = { connectTimeout: 8_000, patience: 60_000 } as const;

export interface ProviderOptions {
  /** One address, or several with commas between, the preferred first. All have to serve the same chain. */
  readonly rpc: string;
  /** Calls a second to each address at most. Default: what it bears. */
  readonly rpcRate?: number | undefined;
  readonly log: Log;
  /** Milliseconds between looks at the head. Default: with the chain's blocks. */
  readonly pollingInterval?: number | undefined;
  /** Give up the first contact after so many milliseconds in which nobody answered. Default 60,000. */
  readonly connectTimeout?: number;
  /** The same for each later request. Default: as for the first contact. */
  readonly patience?: number;
  /** Ends all waiting: requests under way fail with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * A provider of one chain over any number of addresses. What passes (a lost answer, a limit of requests, a machine that
 * lags) is waited out and tried elsewhere, in every request; what the chain says about the request is handed on.
 * @throws ChainError CHAIN_UNREACHABLE
 */
export async function connect(options: ProviderOptions): Promise<JsonRpcProvider> {
  const { rpc, rpcRate, log, pollingInterval, connectTimeout = 60_000, signal } = options;
  const { patience = connectTimeout } = options;
  const stop = new AbortController();
  const until = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const addresses = rpc.split(',').map((url) => url.trim());
  for (const address of addresses) keepAddressSecret(address);
  const endpoints = addresses.map((address) => new Endpoint(address, rpcRate));
  const chain = new Chain({ endpoints, log, patience, signal: until });
  const { chainId } = await chain.identity(connectTimeout);
  const provider = new PatientProvider(chain, chainId, pollingInterval ?? 1000, () => stop.abort());
  if (pollingInterval !== undefined) headsOf(provider).lookEvery(pollingInterval / 1000);
  return provider;
}

/** The answers of whoever answered last can't be whole: others are asked for a while, where there are any. */
export function askElsewhere(provider: JsonRpcProvider): void {
  if (provider instanceof PatientProvider) provider.askElsewhere();
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
      if (attemptNumber % 5 === 1) log.warn({ reason: error.message }, 'waiting for the chain');
    },
  });
  if (away !== undefined) log.info({ awaySeconds: (Date.now() - away) / 1000 }, 'chain answers again');
  return answer;
}
