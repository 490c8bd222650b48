import { BadInputError } from '../errors.ts';

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

/** The most that an account of the ledger holds, a uint96. */
const LARGEST = 2n ** 96n - 1n;

/**
 * `12.5` of the asset as the ledger counts it.
 * @throws BadInputError AMOUNT_MALFORMED for text that is no amount, none above what the ledger holds and none below 0
 */
export function parseAmount(text: string, symbol = 'the asset'): bigint {
  const trimmed = text.trim();
  const amount = /^\d{1,40}(\.\d{1,18})?$/.test(trimmed) ? amountOfText(trimmed) : undefined;
  if (amount !== undefined && amount <= LARGEST) return amount;
  throw new BadInputError(
    'AMOUNT_MALFORMED',
    `expected an amount of ${symbol}, 0 or more, at most ${LARGEST / WHOLE} and with at most ${LEDGER_DECIMALS} places, as 12.5, got ${JSON.stringify(text.slice(0, 80))}`,
  );
}
