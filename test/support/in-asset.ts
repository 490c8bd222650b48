import { formatUnits } from 'ethers';

/** An amount of the ledger, in 10^-18 of the asset, as settings say it. */
export function inAsset(amount: bigint): string {
  return formatUnits(amount, 18);
}
