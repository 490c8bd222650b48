import type { JsonRpcProvider } from 'ethers';
import { connect } from '../protocol/chain/provider.ts';
import type { SendingAccount } from '../protocol/chain/account.ts';
import { openAsset, type Asset } from '../protocol/contracts/asset.ts';
import type { Deployment } from '../protocol/contracts/deployment.ts';
import { expectChain, expectDeployed, openContracts, type Contracts } from '../protocol/contracts/market.ts';
import type { Log } from '../protocol/log.ts';
import { identityOf } from '../protocol/store/identity.ts';
import { PatientStore } from '../protocol/store/patient-store.ts';
import type { StoreIdentity } from '../protocol/store/signed-request.ts';
import type { ArtifactStore } from '../protocol/store/store.ts';
import { ClientError } from './errors.ts';

/** What a client needs wherever it runs. */
export interface ReachOptions {
  /** JSON-RPC address of the chain. */
  readonly rpc: string;
  /** Calls a second to each address at most. Default: what it bears. */
  readonly rpcRate?: number | undefined;
  /** GraphQL address of an indexer, asked for recent prices. Default: the chain is asked. */
  readonly indexer?: string | undefined;
  /** Milliseconds after which an RPC that nobody answers at is given up at first contact. Default 60,000; later ones wait so long always. */
  readonly connectTimeout?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What differs between a program and a page: where contracts are read from, who sends, where artifacts are. */
export interface ClientParts {
  readonly deployment: Deployment;
  readonly log: Log;
  /** Undefined: it only reads. */
  readonly openSender: (chain: {
    readonly provider: JsonRpcProvider;
    readonly chainId: bigint;
  }) => Promise<SendingAccount | undefined>;
  readonly openStore: (identity: StoreIdentity | undefined) => ArtifactStore;
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
 * A client of its parts, in Node and in a browser.
 * @throws ChainError CHAIN_UNREACHABLE; ConfigError CHAIN_MISMATCH, DEPLOYMENT_ELSEWHERE
 */
export async function reachMarket(options: ReachOptions, parts: ClientParts): Promise<Client> {
  const { rpc, rpcRate, signal, connectTimeout = PATIENCE_MS } = options;
  const { deployment, log } = parts;
  const provider = await connect({ rpc, rpcRate, log, connectTimeout, patience: PATIENCE_MS, signal });
  const { chainId } = provider._network;
  expectChain(deployment, chainId);
  await expectDeployed(deployment, provider);
  const contracts = openContracts(deployment, provider);
  const sender = await parts.openSender({ provider, chainId });
  return {
    provider,
    contracts,
    asset: await openAsset(contracts),
    store: new PatientStore(parts.openStore(sender && identityOf(sender.wallet)), log),
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
