import type { JsonRpcProvider } from 'ethers';
import { ChainError } from '../errors.ts';
import { headsOf } from '../heads.ts';
import type { GasMarket } from './fees.ts';

/** The chain's head, as far as it matters for sending. */
export interface Head extends GasMarket {
  /** A block after this one can have left out what is sent now. */
  readonly block: number;
  /** The block's gas limit. */
  readonly gasLimit: bigint;
}

/** Milliseconds that a suggested tip is used for. */
const TIP_MS = 60_000;

/** Where an RPC suggests nothing: 1 gwei. */
const USUAL_TIP = 1_000_000_000n;

/** Asks what gas costs now; the tip once a minute. */
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

  /**
   * The head as whoever follows the chain here saw it at most one look ago, and asks for it where nobody does. It may be a block
   * old: a first offer is twice its base fee, and `block` is the one after it.
   * @throws as `head`
   */
  async recentHead(): Promise<Head> {
    const seen = headsOf(this.#provider).recent;
    if (seen?.gasLimit === undefined || seen.baseFee === undefined) return this.head();
    const { number, gasLimit, baseFee } = seen;
    return { block: number + 1, gasLimit, baseFee, tip: await this.#suggested() };
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
