import type { Interface, Log as ChainLog } from 'ethers';
import { numberOf } from './rank.ts';

/** Seconds after its last that an account is still reckoned with. */
const REMEMBERED_SECONDS = 86_400;

/** Accounts that raced lately, as the chain tells it to all alike. */
export class Rivals {
  readonly #seen = new Map<string, { readonly number: number; at: number }>();

  /** @param at chain time, seconds */
  saw(account: string, at: number): void {
    const name = account.toLowerCase();
    const known = this.#seen.get(name);
    if (known === undefined) this.#seen.set(name, { number: numberOf(name), at });
    else if (at > known.at) known.at = at;
  }

  /** Whether others know of an account. */
  knows(account: string): boolean {
    return this.#seen.has(account.toLowerCase());
  }

  /** All but these, as numbers. */
  others(now: number, ...but: readonly string[]): number[] {
    const names = new Set(but.map((name) => name.toLowerCase()));
    const numbers: number[] = [];
    for (const [name, { number, at }] of this.#seen) {
      if (at + REMEMBERED_SECONDS < now) this.#seen.delete(name);
      else if (!names.has(name)) numbers.push(number);
    }
    return numbers;
  }
}

/** Whoever had a bid or a claim taken lately. */
export interface MarketRivals {
  readonly bidders: Rivals;
  readonly executors: Rivals;
}

/** Hears of rivals from the market's events, in any order and any number of times. */
export class RivalsHeard implements MarketRivals {
  readonly bidders = new Rivals();
  readonly executors = new Rivals();
  readonly #market: Interface;
  readonly #kinds: ReadonlyMap<string, Rivals>;

  constructor(market: Interface) {
    this.#market = market;
    const topicOf = (name: string): string => market.getEvent(name)?.topicHash ?? name;
    this.#kinds = new Map([
      [topicOf('BidPlaced'), this.bidders],
      [topicOf('ExecutionClaimed'), this.executors],
    ]);
  }

  hear(logs: readonly ChainLog[]): void {
    for (const log of logs) {
      const rivals = this.#kinds.get(log.topics[0] ?? '');
      const args = rivals && this.#market.parseLog(log)?.args.toObject();
      if (!args) continue;
      // An event has no time but that of what begins with it, which is near: nobody needs to be asked for the block's.
      const { prover, executor, windowEnd, claimEnd } = args as Readonly<Record<string, unknown>>;
      rivals.saw(String(prover ?? executor), Number(windowEnd ?? claimEnd));
    }
  }
}
