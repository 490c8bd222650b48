const WEI_PER_NATIVE = 10n ** 18n;

/**
 * What gas costs in the market's asset, rounded up.
 * @param wei gas × gas price
 * @param assetPerNative worth of one native coin (10^18 wei), in 10^-18 of the asset
 */
export function gasInAsset(wei: bigint, assetPerNative: bigint): bigint {
  return (wei * assetPerNative + WEI_PER_NATIVE - 1n) / WEI_PER_NATIVE;
}
