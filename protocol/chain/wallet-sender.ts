import {
  BrowserProvider,
  isError,
  type ContractTransaction,
  type Eip1193Provider,
  type Interface,
  type JsonRpcProvider,
  type Signer,
  type TransactionReceipt,
  type TransactionResponse,
} from 'ethers';
import PQueue from 'p-queue';
import { ConfigError } from '../errors.ts';
import type { SendingAccount, TextSigner } from './account.ts';
import { ChainError } from './errors.ts';
import { nameRevert } from './revert.ts';

/** Whoever signs and sends by itself: an ethers signer, or a wallet as EIP-1193 knows it (`window.ethereum`). */
export type GivenSigner = Signer | Eip1193Provider;

export interface WalletSenderOptions {
  readonly signer: GivenSigner;
  /** The chain as we read it. */
  readonly provider: JsonRpcProvider;
  readonly chainId: bigint;
  /** ABIs whose custom errors are named in failures. */
  readonly interfaces: readonly Interface[];
}

/**
 * Sends by a signer that isn't ours, one transaction after the other. Each is simulated first; fees, nonces and whether a
 * transaction is replaced are the signer's to decide.
 * @throws ConfigError CHAIN_MISMATCH when the signer is on another chain
 */
export async function openWalletSender(options: WalletSenderOptions): Promise<SendingAccount> {
  const { provider, chainId, interfaces } = options;
  const signer = await signerOf(options.signer, provider);
  const own = (await signer.provider?.getNetwork())?.chainId;
  if (own !== undefined && own !== chainId) {
    throw new ConfigError(
      'CHAIN_MISMATCH',
      `the deployment is on chain ${chainId}, the signer on chain ${own}`,
      {
        hint: 'Switch the wallet to the chain of the market.',
      },
    );
  }
  const address = await signer.getAddress();
  const queue = new PQueue({ concurrency: 1 });
  const wallet: TextSigner = {
    address,
    signMessage: (message) => refusable('a message', () => signer.signMessage(message)),
    signTypedData: (domain, types, value) =>
      refusable('typed data', () => signer.signTypedData(domain, types, value)),
  };
  const sendNow = async (
    what: string,
    build: () => Promise<ContractTransaction>,
  ): Promise<TransactionReceipt> => {
    try {
      const call = { ...(await build()), from: address };
      const estimate = await provider.estimateGas(call);
      // A fifth above the estimate: prices ramp and windows close between simulation and block.
      const gasLimit = (estimate * 6n) / 5n;
      return await mined(what, await refusable(what, () => signer.sendTransaction({ ...call, gasLimit })));
    } catch (error) {
      throw nameRevert(error, interfaces);
    }
  };
  return { address, wallet, send: (what, build) => queue.add(() => sendNow(what, build)) };
}

async function signerOf(given: GivenSigner, provider: JsonRpcProvider): Promise<Signer> {
  if ('request' in given) {
    return refusable('to be connected', () => new BrowserProvider(given).getSigner());
  }
  return given.provider === null ? given.connect(provider) : given;
}

/** @throws ChainError WALLET_REFUSED when whoever holds the wallet says no */
async function refusable<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (!isError(cause, 'ACTION_REJECTED')) throw cause;
    throw new ChainError('WALLET_REFUSED', `the wallet was asked for ${what} and refused`, { cause });
  }
}

async function mined(what: string, sent: TransactionResponse): Promise<TransactionReceipt> {
  try {
    const receipt = await sent.wait();
    if (receipt) return receipt;
  } catch (error) {
    // With higher fees it is the same work.
    if (!isError(error, 'TRANSACTION_REPLACED')) throw error;
    if (!error.cancelled) return error.receipt;
  }
  throw new ChainError('CHAIN_NOT_MINED', `transaction ${sent.hash} (${what}) was cancelled in the wallet`);
}
