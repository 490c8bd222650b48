import type { JsonRpcProvider } from 'ethers';
import { AggregatorError } from '../../errors.ts';

/** Gas of a settlement: its first proof, and each further. */
const FIRST_GAS = 330_000n;
const FURTHER_GAS = 90_000n;

/** A base fee doubles within six full blocks. */
const RISE = 2n;

/** Milliseconds that what was read is used for. */
const MEMORY = 30_000;

export interface CoinsOptions {
  readonly provider: JsonRpcProvider;
  /** The account that settles. */
  readonly settler: string;
  /** Wei a unit of gas that settlements may come to offer; undefined: twice the price of now. */
  readonly maxGasPrice: bigint | undefined;
  /** Milliseconds. */
  readonly clock: () => number;
}

/** Whether the settler's coins are enough for what it takes on: a node that hands a proof in relies on it until its margin. */
export class Coins {
  readonly #options: CoinsOptions;
  #gas: { readonly affordable: bigint | undefined; readonly at: number } | undefined;

  constructor(options: CoinsOptions) {
    this.#options = options;
  }

  /**
   * @param proofs that are to be settled, the new one counted
   * @throws AggregatorError AGGREGATOR_NO_COINS (retryable)
   */
  async expectEnough(proofs: number): Promise<void> {
    const needed = FIRST_GAS + FURTHER_GAS * BigInt(Math.max(0, proofs - 1));
    const affordable = await this.#affordable();
    if (affordable === undefined || affordable >= needed) return;
    throw new AggregatorError(
      'AGGREGATOR_NO_COINS',
      `settling ${proofs} proofs takes about ${needed} gas, ${this.#options.settler} has coins for ${affordable}`,
      { retryable: true, hint: 'Settle it by yourself, or try another aggregator.' },
    );
  }

  /** Gas that can be paid for; undefined where it costs nothing. */
  async #affordable(): Promise<bigint | undefined> {
    const { provider, settler, maxGasPrice, clock } = this.#options;
    if (this.#gas && Math.abs(clock() - this.#gas.at) < MEMORY) return this.#gas.affordable;
    const [coins, price] = await Promise.all([
      provider.getBalance(settler),
      maxGasPrice ?? this.#priceAtMost(),
    ]);
    const affordable = price === 0n ? undefined : coins / price;
    this.#gas = { affordable, at: clock() };
    return affordable;
  }

  async #priceAtMost(): Promise<bigint> {
    return RISE * BigInt((await this.#options.provider.send('eth_gasPrice', [])) as string);
  }
}
