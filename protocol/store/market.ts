import { setTimeout as sleep } from 'node:timers/promises';
import { headsOf } from '../chain/heads.ts';
import { connect } from '../chain/provider.ts';
import { readDeployment } from '../contracts/read-deployment.ts';
import { expectChain, openContracts } from '../contracts/market.ts';
import { ConfigError } from '../errors.ts';
import type { Log } from '../log.ts';
import { Anchors } from './anchors.ts';
import type { FolderStore } from './folder-store.ts';
import { Stakes } from './stakes.ts';

/** Milliseconds between tries to find the market. */
const AGAIN_MS = 1000;

export interface MarketOptions {
  readonly store: FolderStore;
  readonly rpc: string;
  readonly rpcRate: number | undefined;
  /** File that says where the contracts are; it may come later. */
  readonly deployment: string;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Milliseconds between looks at the chain. Default: with its blocks. */
  readonly pollingInterval: number | undefined;
}

/** What the store knows of the market. */
export interface Market {
  readonly anchors: Anchors;
  readonly stakes: Stakes;
  /** Seconds of the chain's latest block. */
  now(): Promise<number>;
}

/**
 * Looks for the market until it is there, and follows it from then on; a store serves what is public without one.
 * @returns the market, when it has been found
 */
export function followMarket(options: MarketOptions): () => Market | undefined {
  let market: Market | undefined;
  const work = async (): Promise<void> => {
    const { store, log, signal, pollingInterval } = options;
    const deployment = await readDeployment(options.deployment);
    const connectTimeout = Number.POSITIVE_INFINITY;
    const provider = await connect({
      rpc: options.rpc,
      rpcRate: options.rpcRate,
      log,
      pollingInterval,
      connectTimeout,
      signal,
    });
    try {
      expectChain(deployment, provider._network.chainId);
      const contracts = openContracts(deployment, provider);
      const anchors = new Anchors({ store, provider, contracts, log, signal });
      const now = async (): Promise<number> => (await headsOf(provider).now()).timestamp;
      market = { anchors, stakes: new Stakes(contracts), now };
      log.info({ market: deployment.addresses.market }, 'following the market');
      await anchors.follow();
    } finally {
      market = undefined;
      provider.destroy();
    }
  };
  void (async () => {
    const { log, signal } = options;
    let said: string | undefined;
    while (!signal.aborted) {
      await work().catch((error: unknown) => {
        const reason = error instanceof ConfigError ? error.code : (error as Error).message;
        if (!signal.aborted && reason !== said) log.warn({ reason }, 'no market to follow yet');
        said = reason;
      });
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  })();
  return () => market;
}
