import type { JsonRpcProvider } from 'ethers';
import { ChainError } from '../errors.ts';
import type { GasMarket } from './fees.ts';

/** The chain's head, as far as it matters for sending. */
export interface Head extends GasMarket {
  readonly block: number;
  /** The block's gas limit. */
  readonly gasLimit: bigint;
}

/** Milliseconds that a suggested tip is used for. */
const TIP_MS = 60_000;

/** Where an RPC suggests nothing: 1 gwei. */
const USUAL_TIP = 1_000_000_000n;

/** Asks what gas costs now: a block each time, the tip once a minute. */
export class GasReader {
  readonly #provider: JsonRpcProvider;
  #tip: { readonly tip: bigint; readonly at: number } | undefined;

  constructor(provider: JsonRpcProvider) {
    this.#provider = provider;
  }

  /** @throws what the provider throws when it is away; ChainError CHAIN_UNREACHABLE for a head that is none */
  async head(): Promise<Head> {
    const [block, suggested] = await Promise.all([this.#provider.getBlock('latest'), this.#suggested()]);
    if (!block)
      throw new ChainError('CHAIN_UNREACHABLE', 'the chain names no latest block', { retryable: true });
    const baseFee = block.baseFeePerGas ?? undefined;
    const tip = baseFee === undefined ? await this.#price() : suggested;
    return { block: block.number, gasLimit: block.gasLimit, baseFee, tip };
  }

  async #suggested(): Promise<bigint> {
    if (this.#tip && performance.now() - this.#tip.at < TIP_MS) return this.#tip.tip;
    const tip = await this.#provider
      .send('eth_maxPriorityFeePerGas', [])
      // Some know no such method, and say so.
      .then(
        (answer: unknown) => BigInt(answer as string),
        () => USUAL_TIP,
      );
    this.#tip = { tip, at: performance.now() };
    return tip;
  }

  async #price(): Promise<bigint> {
    return BigInt((await this.#provider.send('eth_gasPrice', [])) as string);
  }
}
