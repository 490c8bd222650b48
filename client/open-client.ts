import { Sender } from '../protocol/chain/sending/sender.ts';
import { openWalletSender, type GivenSigner } from '../protocol/chain/wallet-sender.ts';
import type { Deployment } from '../protocol/contracts/deployment.ts';
import { contractInterfaces as interfaces } from '../protocol/contracts/market.ts';
import { readDeployment } from '../protocol/contracts/read-deployment.ts';
import { createLog, type Log } from '../protocol/log.ts';
import { openStore } from '../protocol/store/open.ts';
import { reachMarket, type Client, type ReachOptions } from './client.ts';

export interface ClientOptions extends ReachOptions {
  /** Where the contracts are: the deployment itself or the file that holds it. */
  readonly deployment: Deployment | string;
  /** Artifact stores, URLs or folders; the first is written to. */
  readonly store: readonly string[];
  /** Bearer token for writing to the store. */
  readonly storeToken?: string;
  /**
   * Who acts: a key (0x and 64 hexadecimal digits), or an ethers signer or EIP-1193 provider (`window.ethereum`), which
   * signs and sends by itself. Without either the client only reads.
   */
  readonly privateKey?: string | undefined;
  readonly signer?: GivenSigner;
  /** The most that a transaction of the key's ever offers, wei a unit of gas. */
  readonly maxGasPrice?: bigint | undefined;
  readonly log?: Log;
}

/**
 * @throws ChainError CHAIN_UNREACHABLE; ConfigError DEPLOYMENT_UNREADABLE, CHAIN_MISMATCH
 */
export async function openClient(options: ClientOptions): Promise<Client> {
  const { privateKey, signer, maxGasPrice, signal } = options;
  const { log = createLog('client', 'silent') } = options;
  const deployment =
    typeof options.deployment === 'string' ? await readDeployment(options.deployment) : options.deployment;
  return reachMarket(options, {
    deployment,
    log,
    openSender: async ({ provider, chainId }) => {
      if (signer !== undefined) return openWalletSender({ signer, provider, chainId, interfaces });
      if (privateKey === undefined) return undefined;
      return new Sender({ provider, privateKey, interfaces, log, signal, maxGasPrice });
    },
    openStore: (identity) => openStore(options.store, undefined, options.storeToken, identity),
  });
}
