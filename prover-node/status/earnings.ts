import type { Log as ChainLog, LogDescription } from 'ethers';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { bitsOf } from '../../protocol/contracts/masks.ts';

/** What an account gained and lost by the market, in the asset's smallest unit. */
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

  constructor(market: Contracts['market'], account: string) {
    this.#market = market;
    this.#account = account.toLowerCase();
  }

  hear(logs: readonly ChainLog[]): void {
    for (const event of logs) {
      const parsed = this.#market.interface.parseLog(event);
      const entry = parsed && this.#entryOf(parsed.name, parsed.args);
      if (entry) this.#entries.set(keyOf(event, parsed), entry);
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
    return [...this.#entries.values()].reduce<EarningsTotals>(
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

/** What happens once: in another transaction it is the same, after a reorganisation. */
const ONCE: ReadonlySet<string> = new Set(['SlicesSettled', 'JobFinalized']);

function keyOf(event: ChainLog, { name, args }: LogDescription): string {
  if (!ONCE.has(name)) return `${event.transactionHash}:${event.index}`;
  const { jobId, slices = 0n } = args.toObject() as { jobId: string; slices?: bigint };
  return `${name}:${jobId}:${slices}`;
}
