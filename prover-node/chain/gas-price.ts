import type { JsonRpcProvider } from 'ethers';
import type { Head } from '../../protocol/chain/head.ts';

/** Seconds of the chain for which what is paid above the base fee is taken to stay as it is. */
const TIP_SECONDS = 300;
/** The same of a gas price without a base fee. */
const PRICE_SECONDS = 30;

/** What gas costs: the base fee comes with each head, what has to be paid above it is asked for now and then. */
export class GasPrice {
  readonly #provider: JsonRpcProvider;
  #tip = 0n;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(provider: JsonRpcProvider) {
    this.#provider = provider;
  }

  /** Wei per unit of gas. @throws what the provider throws when it is away */
  async at({ timestamp, baseFee = 0n }: Pick<Head, 'timestamp' | 'baseFee'>): Promise<bigint> {
    if (timestamp >= this.#askedAt + (baseFee > 0n ? TIP_SECONDS : PRICE_SECONDS)) {
      const price = BigInt((await this.#provider.send('eth_gasPrice', [])) as string);
      this.#tip = price > baseFee ? price - baseFee : 0n;
      this.#askedAt = timestamp;
    }
    return baseFee + this.#tip;
  }
}
