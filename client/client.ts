import { connect } from '../protocol/chain/provider.ts';
import type { SendingAccount } from '../protocol/chain/account.ts';
import { Sender } from '../protocol/chain/sending/sender.ts';
import { openWalletSender, type GivenSigner } from '../protocol/chain/wallet-sender.ts';
import { openAsset, type Asset } from '../protocol/contracts/asset.ts';
import type { Deployment } from '../protocol/contracts/deployment.ts';
import { readDeployment } from '../protocol/contracts/read-deployment.ts';
import {
  contractInterfaces,
  expectChain,
  openContracts,
  type Contracts,
} from '../protocol/contracts/market.ts';
import { createLog, type Log } from '../protocol/log.ts';
import { identityOf } from '../protocol/store/identity.ts';
import { openStore } from '../protocol/store/open.ts';
import type { ArtifactStore } from '../protocol/store/store.ts';
import type { JsonRpcProvider } from 'ethers';
import { ClientError } from './errors.ts';

export interface ClientOptions {
  /** JSON-RPC address of the chain. */
  readonly rpc: string;
  /** Calls a second to each address at most. Default: what it bears. */
  readonly rpcRate?: number | undefined;
  /** Where the contracts are: the deployment itself or the file that holds it. */
  readonly deployment: Deployment | string;
  /** Artifact stores, URLs or folders; the first is written to. */
  readonly store: readonly string[];
  /** Bearer token for writing to the store. */
  readonly storeToken?: string;
  /** GraphQL address of an indexer, asked for recent prices. Default: the chain is asked. */
  readonly indexer?: string | undefined;
  /**
   * Who acts: a key (0x and 64 hexadecimal digits), or an ethers signer or EIP-1193 provider (`window.ethereum`), which
   * signs and sends by itself. Without either the client only reads.
   */
  readonly privateKey?: string | undefined;
  readonly signer?: GivenSigner;
  /** The most that a transaction of the key's ever offers, wei a unit of gas. */
  readonly maxGasPrice?: bigint | undefined;
  readonly log?: Log;
  /** Milliseconds after which an RPC that nobody answers at is given up at first contact. Default 60,000; later ones wait so long always. */
  readonly connectTimeout?: number;
  readonly signal?: AbortSignal;
}

/** How long a chain that answered before is waited for. */
const PATIENCE_MS = 60_000;

/** The market as a requester reaches it. Every verb of `sliceproof job` is a function that takes one. */
export interface Client {
  readonly provider: JsonRpcProvider;
  readonly contracts: Contracts;
  readonly asset: Asset;
  readonly store: ArtifactStore;
  readonly indexer: string | undefined;
  readonly log: Log;
  /** The acting account. @throws ClientError CLIENT_NO_KEY */
  readonly sender: SendingAccount;
  readonly canSend: boolean;
  close(): void;
}

/**
 * @throws ChainError CHAIN_UNREACHABLE; ConfigError DEPLOYMENT_UNREADABLE, CHAIN_MISMATCH
 */
export async function openClient(options: ClientOptions): Promise<Client> {
  const { rpc, rpcRate, privateKey, signer, maxGasPrice, signal } = options;
  const { log = createLog('client', 'silent') } = options;
  const deployment =
    typeof options.deployment === 'string' ? await readDeployment(options.deployment) : options.deployment;
  const { connectTimeout = PATIENCE_MS } = options;
  const provider = await connect({ rpc, rpcRate, log, connectTimeout, patience: PATIENCE_MS, signal });
  expectChain(deployment, provider._network.chainId);
  const contracts = openContracts(deployment, provider);
  const interfaces = contractInterfaces;
  const { chainId } = provider._network;
  const sender =
    signer !== undefined
      ? await openWalletSender({ signer, provider, chainId, interfaces })
      : privateKey !== undefined
        ? new Sender({ provider, privateKey, interfaces, log, signal, maxGasPrice })
        : undefined;
  return {
    provider,
    contracts,
    asset: await openAsset(contracts),
    store: openStore(options.store, undefined, options.storeToken, sender && identityOf(sender.wallet)),
    indexer: options.indexer,
    log,
    canSend: sender !== undefined,
    get sender() {
      if (sender) return sender;
      throw new ClientError('CLIENT_NO_KEY', 'this needs an account to act as, none was given', {
        hint: 'Give --keystore, set SLICEPROOF_PRIVATE_KEY, or private-key in the table [client] of the configuration file.',
      });
    },
    close: () => provider.destroy(),
  };
}
