/**
 * What a claim of an execution reserves: the larger of 200% of the execution's highest price and the job's escrow. As
 * `claimExecution` of the market reckons it; amounts in 10^-18 of the asset.
 */
export function executionBond(maxPrice: bigint, escrow: bigint): bigint {
  const twice = 2n * maxPrice;
  return twice > escrow ? twice : escrow;
}
