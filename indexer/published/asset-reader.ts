import { connect } from '../../protocol/chain/provider.ts';
import { openAsset } from '../../protocol/contracts/asset.ts';
import type { Deployment } from '../../protocol/contracts/deployment.ts';
import { LEDGER_DECIMALS } from '../../protocol/contracts/ledger-units.ts';
import { openContracts } from '../../protocol/contracts/market.ts';
import type { Log } from '../../protocol/log.ts';

/** What amounts are to people. The ledger counts in 10^-18 of the asset, whatever decimals the token has. */
export interface AssetName {
  readonly symbol: string;
  readonly decimals: number;
}

const GIVE_UP_MS = 3000;
const LONGEST_SYMBOL = 32;

/** Asks the chain what the market's asset is called, once, when somebody wants to know; again after it was away. */
export class AssetReader {
  readonly #ask: () => Promise<AssetName>;
  #asked: Promise<AssetName | undefined> | undefined;

  constructor(rpc: string, deployment: Deployment, log: Log, signal: AbortSignal) {
    this.#ask = async () => {
      const patience = GIVE_UP_MS;
      const provider = await connect({ rpc, log, connectTimeout: patience, patience, signal });
      try {
        const { symbol } = await openAsset(openContracts(deployment, provider));
        return { symbol: symbol.slice(0, LONGEST_SYMBOL), decimals: LEDGER_DECIMALS };
      } finally {
        provider.destroy();
      }
    };
  }

  /** Undefined while the chain is away, and of an asset that has no name. */
  read(): Promise<AssetName | undefined> {
    this.#asked ??= this.#ask().catch(() => {
      this.#asked = undefined;
      return undefined;
    });
    return this.#asked;
  }
}
