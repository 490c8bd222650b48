import { isError, type JsonRpcProvider } from 'ethers';
import { headsOf } from '../../../protocol/chain/heads.ts';
import { nameRevert, revertName } from '../../../protocol/chain/revert.ts';
import type { HandedBid } from '../../../protocol/bid-submission.ts';
import { contractInterfaces, type Contracts } from '../../../protocol/contracts/market.ts';
import type { BidRefusal } from '../../../protocol/contracts/states.ts';

/** Asks the market what signed bids would do now, which costs nobody gas. */
export class MarketBids {
  readonly #contracts: Contracts;
  readonly #provider: JsonRpcProvider;
  readonly #from: string;

  /** @param from the account that would bring them */
  constructor(contracts: Contracts, provider: JsonRpcProvider, from: string) {
    this.#contracts = contracts;
    this.#provider = provider;
    this.#from = from;
  }

  /** The slices that each would take if they were brought now, one after the other in one transaction. */
  async taken(bids: readonly HandedBid[]): Promise<readonly bigint[]> {
    if (bids.length === 0) return [];
    try {
      return await this.#contracts.market.bidSigned.staticCall([...bids], { from: this.#from });
    } catch (error) {
      if (!isError(error, 'CALL_EXCEPTION')) throw error;
      // Not all at once: too much for one call, or one of them spoils it.
      if (bids.length === 1) return [0n];
      const middle = Math.ceil(bids.length / 2);
      return [...(await this.taken(bids.slice(0, middle))), ...(await this.taken(bids.slice(middle)))];
    }
  }

  /** Why the market takes nothing by a bid; as it stands, something else may be true by the next block. */
  async whyNothing({ prover, signer, ...bid }: HandedBid): Promise<BidRefusal> {
    const { market } = this.#contracts;
    if (bid.validUntil < BigInt((await headsOf(this.#provider).now()).timestamp)) return 'outdated';
    if (await market.isNonceUsed(signer, bid.nonce)) return 'nonce-used';
    try {
      // The same without a signature, as if its signer sent it.
      const { jobId, traceHash, slices, unitPrice } = bid;
      const taken = await market.bid.staticCall(prover, jobId, traceHash, slices, unitPrice, {
        from: signer,
      });
      // A signed bid has to have the collateral of all that it names free.
      return taken === 0n ? 'nothing-to-take' : 'too-little-free';
    } catch (error) {
      if (!isError(error, 'CALL_EXCEPTION')) throw error;
      const name = revertName(nameRevert(error, contractInterfaces));
      return (name !== undefined && REFUSALS[name]) || 'nothing-to-take';
    }
  }
}

/** What the market says of a bid that is sent, in the words for one that is brought. */
const REFUSALS: Readonly<Record<string, BidRefusal>> = {
  InsufficientBalance: 'too-little-free',
  OperatorReservesTooMuch: 'too-little-free',
  OperatorStakesTooMuch: 'too-little-free',
  NotOperator: 'not-operator',
  NotAdmitted: 'not-admitted',
};
