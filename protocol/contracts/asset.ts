import { Contract, formatUnits } from 'ethers';
import { LEDGER_DECIMALS, ledgerScale, parseAmount } from './ledger-units.ts';
import type { Contracts } from './market.ts';

const ABI = [
  'function symbol() view returns (string)',
  'function decimals() view returns (uint8)',
  'function balanceOf(address) view returns (uint256)',
];

/**
 * The market's ERC-20: what amounts mean to people. Amounts are what the ledger counts in, 10^-18 of the asset, whatever decimals
 * the token has; only what moves the token itself is in its own smallest unit.
 */
export interface Asset {
  readonly symbol: string;
  /** Of the token. */
  readonly decimals: number;
  /** What one smallest unit of the token counts in the ledger. */
  readonly scale: bigint;
  /** What an account's wallet holds, as the ledger counts. */
  balanceOf(account: string): Promise<bigint>;
  /** `12.5 TST`; with `places`, rounded down to so many decimal places for people. */
  format(amount: bigint, places?: number): string;
  /** @throws BadInputError AMOUNT_MALFORMED for text that is no amount, none above what the ledger holds and none below 0 */
  parse(text: string): bigint;
}

export async function openAsset({ market, deployment }: Contracts): Promise<Asset> {
  const token = new Contract(deployment.addresses.asset, ABI, market.runner);
  const [symbol, decimals] = (await Promise.all([token.symbol(), token.decimals()])) as [string, bigint];
  const scale = ledgerScale(Number(decimals));
  return {
    symbol,
    decimals: Number(decimals),
    scale,
    balanceOf: async (account) => ((await token.balanceOf(account)) as bigint) * scale,
    format: (amount, shown = LEDGER_DECIMALS) => {
      const unit = 10n ** BigInt(Math.max(0, LEDGER_DECIMALS - shown));
      return `${formatUnits(amount - (amount % unit), LEDGER_DECIMALS).replace(/\.0$/, '')} ${symbol}`;
    },
    parse: (text) => parseAmount(text, symbol),
  };
}
