/** Places of the market's ledger: it counts in 10^-18 of its asset, whatever decimals the asset has. */
export const LEDGER_DECIMALS = 18;

/** What one smallest unit of an asset of so many decimals counts in the ledger. The market takes no asset of more than 18. */
export function ledgerScale(decimals: number): bigint {
  return 10n ** BigInt(LEDGER_DECIMALS - decimals);
}

/** Settings are read before ethers is loaded, which has the like of these two. */
const WHOLE = 10n ** BigInt(LEDGER_DECIMALS);

/** `12.5` as the ledger counts it. @param text decimal digits, at most {@link LEDGER_DECIMALS} after the point */
export function amountOfText(text: string): bigint {
  const [whole, fraction = ''] = text.split('.');
  return BigInt(whole) * WHOLE + BigInt(fraction.padEnd(LEDGER_DECIMALS, '0'));
}

/** What the ledger counts as people write it: `12.5`, without zeros at the end. */
export function textOfAmount(amount: bigint): string {
  const fraction = String(amount % WHOLE)
    .padStart(LEDGER_DECIMALS, '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(amount / WHOLE) : `${amount / WHOLE}.${fraction}`;
}
