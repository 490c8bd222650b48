import { parseUnits } from 'ethers';
import { PolicyError } from './errors.ts';

/** Decimals of every token that a price is likely to be in; only ratios matter here. */
const DECIMALS = 18;

/**
 * An amount in units of the asset, as a whole number of its smallest parts.
 * @throws PolicyError POLICY_AMOUNT
 */
export function parseMoney(text: string): bigint {
  if (/^\d{1,30}(\.\d{1,18})?$/.test(text)) return parseUnits(text, DECIMALS);
  throw new PolicyError('POLICY_AMOUNT', `expected an amount such as 12.5, got ${text.slice(0, 80)}`);
}
