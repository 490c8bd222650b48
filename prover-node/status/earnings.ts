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

interface Entry extends Partial<Omit<EarningsTotals, 'proofs' | 'executions'>> {
  readonly proofs?: number;
  readonly executions?: number;
}

/** Adds up an account's earnings from the market's events, which may come more than once. */
export class Earnings {
  readonly #market: Contracts['market'];
  readonly #account: string;
  readonly #entries = new Map<string, Entry>();
  /** Of slices that were settled, by job. */
  readonly #settled = new Map<string, { readonly slices: bigint; readonly entry: Entry }[]>();

  constructor(market: Contracts['market'], account: string) {
    this.#market = market;
    this.#account = account.toLowerCase();
  }

  hear(logs: readonly ChainLog[]): void {
    for (const event of logs) {
      const parsed = this.#market.interface.parseLog(event);
      if (!parsed) continue;
      const entry = this.#entryOf(parsed.name, parsed.args);
      const { jobId, slices = 0n } = parsed.args.toObject() as { jobId: string; slices?: bigint };
      if (parsed.name === 'SlicesSettled') this.#settle(jobId, slices, entry);
      if (parsed.name === 'SlicesSettled' || !entry) continue;
      if (parsed.name === 'JobFinalized') this.#entries.set(jobId, entry);
      else this.#entries.set(`${event.transactionHash}:${event.index}`, entry);
    }
  }

  totals(): EarningsTotals {
    const zero: EarningsTotals = {
      proofs: 0,
      proving: 0n,
      executions: 0,
      executing: 0n,
      keeping: 0n,
      slashed: 0n,
    };
    const settled = [...this.#settled.values()].flat().map(({ entry }) => entry);
    return [...this.#entries.values(), ...settled].reduce<EarningsTotals>(
      (sum, entry) => ({
        proofs: sum.proofs + (entry.proofs ?? 0),
        proving: sum.proving + (entry.proving ?? 0n),
        executions: sum.executions + (entry.executions ?? 0),
        executing: sum.executing + (entry.executing ?? 0n),
        keeping: sum.keeping + (entry.keeping ?? 0n),
        slashed: sum.slashed + (entry.slashed ?? 0n),
      }),
      zero,
    );
  }

  /** A slice is settled once: what was heard of it before is gone with a reorganisation. */
  #settle(jobId: string, slices: bigint, entry: Entry | undefined): void {
    const known = this.#settled.get(jobId) ?? [];
    const others = known.filter((one) => (one.slices & slices) === 0n);
    if (entry) this.#settled.set(jobId, [...others, { slices, entry }]);
    else if (known.length > 0) this.#settled.set(jobId, others);
  }

  #entryOf(name: string, args: Readonly<Record<string, unknown>>): Entry | undefined {
    const mine = (field: string): boolean => String(args[field]).toLowerCase() === this.#account;
    const amount = (field: string): bigint => args[field] as bigint;
    switch (name) {
      case 'SlicesSettled': {
        const keeping = mine('settler') ? amount('tip') : 0n;
        if (!mine('prover')) return keeping > 0n ? { keeping } : undefined;
        const proofs = bitsOf(amount('slices')).length;
        return { proofs, proving: amount('price') - amount('fee') + amount('raise'), keeping };
      }
      case 'JobFinalized':
        return mine('executor') ? { executions: 1, executing: amount('executionPrice') } : undefined;
      case 'JobClosed':
        // Names no executor; a cancelled execution that is paid all the same shows in the ledger.
        return undefined;
      case 'SlicesLapsed': {
        const slashed = mine('holder') ? amount('burned') + amount('raise') + amount('reward') : 0n;
        return { slashed, keeping: mine('caller') ? amount('reward') : 0n };
      }
      case 'ExecutionLapsed': {
        const slashed = mine('executor') ? amount('burned') + amount('reward') : 0n;
        return { slashed, keeping: mine('caller') ? amount('reward') : 0n };
      }
      case 'BondForfeited': {
        const slashed = mine('executor') ? amount('madeWhole') + amount('reward') + amount('burned') : 0n;
        return { slashed, keeping: mine('caller') ? amount('reward') : 0n };
      }
      default:
        return undefined;
    }
  }
}
