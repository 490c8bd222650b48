/** `sliceproof/browser`: the client as a web page uses it, acting by the page's wallet. The same verbs as in a program. */
import { openWalletSender, type GivenSigner } from '../protocol/chain/wallet-sender.ts';
import { deploymentSchema, type Deployment } from '../protocol/contracts/deployment.ts';
import { contractInterfaces as interfaces } from '../protocol/contracts/market.ts';
import { ConfigError } from '../protocol/errors.ts';
import type { Log } from '../protocol/log.ts';
import { HttpStore } from '../protocol/store/http-store.ts';
import { StoreChain } from '../protocol/store/store-chain.ts';
import { reachMarket, type Client, type ReachOptions } from './client.ts';

export interface BrowserClientOptions extends ReachOptions {
  /** Where the contracts are: what a deployment's file holds, parsed. */
  readonly deployment: Deployment;
  /** Addresses of artifact stores that let the page read (`allow-origins`); the first is written to. */
  readonly store: readonly string[];
  /** The page's wallet (`window.ethereum`), or an ethers signer. Without it the client only reads. */
  readonly signer?: GivenSigner;
  readonly log?: Log;
}

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * @throws ChainError CHAIN_UNREACHABLE; ConfigError STORE_NO_URL, CHAIN_MISMATCH
 */
export async function openClient(options: BrowserClientOptions): Promise<Client> {
  const { signer, store, log = silent } = options;
  const other = store.find((place) => !/^https?:\/\//.test(place));
  if (other !== undefined)
    throw new ConfigError('STORE_NO_URL', `expected http(s):// in a browser, got ${other}`);
  return reachMarket(options, {
    deployment: deploymentSchema.parse(options.deployment),
    log,
    openSender: async ({ provider, chainId }) =>
      signer && openWalletSender({ signer, provider, chainId, interfaces }),
    openStore: (identity) =>
      new StoreChain(store.map((url) => new HttpStore(url, { identity, wholeBodies: true }))),
  });
}

export * from './verbs.ts';
