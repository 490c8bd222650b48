/** Places of the market's ledger: it counts in 10^-18 of its asset, whatever decimals the asset has. */
export const LEDGER_DECIMALS = 18;

/** What one smallest unit of an asset of so many decimals counts in the ledger. The market takes no asset of more than 18. */
export function ledgerScale(decimals: number): bigint {
  return 10n ** BigInt(LEDGER_DECIMALS - decimals);
}
