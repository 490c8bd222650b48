import type { Log as ChainLog } from 'ethers';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { bitsOf } from '../../protocol/contracts/masks.ts';

/** What an account gained and lost by the market, in 10^-18 of the asset. */
export interface EarningsTotals {
  readonly proofs: number;
  /** Prices of proved slices after the fee, and the raises with them. */
  readonly proving: bigint;
  readonly executions: number;
  readonly executing: bigint;
  /** Tips for settling, and rewards for booking others' defaults. */
  readonly keeping: bigint;
  /** Collateral and bonds that were slashed. */
  readonly slashed: bigint;
}

/** What one event brought or took, and the block that it is in. */
export interface EarningsEntry extends Partial<EarningsTotals> {
  readonly block: number;
}

/** The sum of what some events brought and took. */
export function totalOf(entries: readonly EarningsEntry[]): EarningsTotals {
  return entries.reduce<EarningsTotals>(
    (sum, entry) => ({
      proofs: sum.proofs + (entry.proofs ?? 0),
      proving: sum.proving + (entry.proving ?? 0n),
      executions: sum.executions + (entry.executions ?? 0),
      executing: sum.executing + (entry.executing ?? 0n),
      keeping: sum.keeping + (entry.keeping ?? 0n),
      slashed: sum.slashed + (entry.slashed ?? 0n),
    }),
    { proofs: 0, proving: 0n, executions: 0, executing: 0n, keeping: 0n, slashed: 0n },
  );
}

/** Adds up an account's earnings from the market's events, which may come more than once. */
export class Earnings {
  readonly #market: Contracts['market'];
  readonly #account: string;
  readonly #sender: string;
  readonly #entries = new Map<string, EarningsEntry>();
  /** Of slices that were settled, by job. */
  readonly #settled = new Map<string, { readonly slices: bigint; readonly entry: EarningsEntry }[]>();
  /** Jobs whose trace it brought: how they end says no more whose it was. */
  readonly #traced = new Set<string>();

  /** @param sender the key that acts for the account, which tips and rewards go to. Default: the account's own */
  constructor(market: Contracts['market'], account: string, sender = account) {
    this.#market = market;
    this.#account = account.toLowerCase();
    this.#sender = sender.toLowerCase();
  }

  hear(logs: readonly ChainLog[]): void {
    for (const event of logs) {
      const parsed = this.#market.interface.parseLog(event);
      if (!parsed) continue;
      const found = this.#entryOf(parsed.name, parsed.args);
      const entry = found && { block: event.blockNumber, ...found };
      const { jobId, slices = 0n } = parsed.args.toObject() as { jobId: string; slices?: bigint };
      if (parsed.name === 'SlicesSettled') this.#settle(jobId, slices, entry);
      if (parsed.name === 'SlicesSettled' || !entry) continue;
      if (parsed.name === 'JobFinalized' || parsed.name === 'JobClosed') this.#entries.set(jobId, entry);
      else this.#entries.set(`${event.transactionHash}:${event.index}`, entry);
    }
  }

  totals(): EarningsTotals {
    return totalOf(this.entries());
  }

  entries(): readonly EarningsEntry[] {
    return [...this.#entries.values(), ...[...this.#settled.values()].flat().map(({ entry }) => entry)];
  }

  /** A slice is settled once: what was heard of it before is gone with a reorganisation. */
  #settle(jobId: string, slices: bigint, entry: EarningsEntry | undefined): void {
    const known = this.#settled.get(jobId) ?? [];
    const others = known.filter((one) => (one.slices & slices) === 0n);
    if (entry) this.#settled.set(jobId, [...others, { slices, entry }]);
    else if (known.length > 0) this.#settled.set(jobId, others);
  }

  #entryOf(name: string, args: Readonly<Record<string, unknown>>): Partial<EarningsTotals> | undefined {
    const is = (field: string, whom: string): boolean => String(args[field]).toLowerCase() === whom;
    const mine = (field: string): boolean => is(field, this.#account);
    const sent = (field: string): boolean => is(field, this.#sender);
    const amount = (field: string): bigint => args[field] as bigint;
    switch (name) {
      case 'SlicesSettled': {
        const keeping = sent('settler') ? amount('tip') : 0n;
        if (!mine('prover')) return keeping > 0n ? { keeping } : undefined;
        const proofs = bitsOf(amount('slices')).length;
        return { proofs, proving: amount('price') - amount('fee') + amount('raise'), keeping };
      }
      case 'JobFinalized':
        return mine('executor') ? { executions: 1, executing: amount('executionPrice') } : undefined;
      case 'TraceCommitted':
        if (mine('executor')) this.#traced.add(String(args['jobId']));
        return undefined;
      case 'JobClosed':
        // Of a cancelled job, whose execution is paid all the same.
        return this.#traced.has(String(args['jobId'])) && amount('executionPrice') > 0n
          ? { executions: 1, executing: amount('executionPrice') }
          : undefined;
      case 'SlicesLapsed': {
        const slashed = mine('holder') ? amount('burned') + amount('raise') + amount('reward') : 0n;
        return { slashed, keeping: sent('caller') ? amount('reward') : 0n };
      }
      case 'ExecutionLapsed': {
        const slashed = mine('executor') ? amount('burned') + amount('reward') : 0n;
        return { slashed, keeping: sent('caller') ? amount('reward') : 0n };
      }
      case 'BondForfeited': {
        const slashed = mine('executor') ? amount('madeWhole') + amount('reward') + amount('burned') : 0n;
        return { slashed, keeping: sent('caller') ? amount('reward') : 0n };
      }
      default:
        return undefined;
    }
  }
}
