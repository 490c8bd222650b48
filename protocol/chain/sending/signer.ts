import {
  AbstractSigner,
  resolveProperties,
  type ContractTransaction,
  type JsonRpcProvider,
  type TransactionRequest,
  type TransactionResponse,
  type TypedDataDomain,
  type TypedDataField,
} from 'ethers';
import { ChainError } from '../errors.ts';
import type { Sender } from './sender.ts';

/** A signer for ethers' contracts and factories that sends by a {@link Sender}: what it answers with is mined. */
export class SendingSigner extends AbstractSigner<JsonRpcProvider> {
  readonly #sender: Sender;
  readonly #what: string;

  /** @param what for the log, and in errors */
  constructor(sender: Sender, provider: JsonRpcProvider, what: string) {
    super(provider);
    this.#sender = sender;
    this.#what = what;
  }

  override getAddress(): Promise<string> {
    return Promise.resolve(this.#sender.address);
  }

  override connect(): SendingSigner {
    return this;
  }

  override async sendTransaction(request: TransactionRequest): Promise<TransactionResponse> {
    const call = await resolveProperties(request);
    const { hash } = await this.#sender.send(this.#what, () => Promise.resolve(call as ContractTransaction));
    const sent = await this.provider.getTransaction(hash);
    if (sent) return sent;
    throw new ChainError('CHAIN_UNREACHABLE', `transaction ${hash} was mined and is not there`, {
      retryable: true,
    });
  }

  override signTransaction(request: TransactionRequest): Promise<string> {
    return this.#sender.wallet.signTransaction(request);
  }

  override signMessage(message: string | Uint8Array): Promise<string> {
    return this.#sender.wallet.signMessage(message);
  }

  override signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string> {
    return this.#sender.wallet.signTypedData(domain, types, value);
  }
}
