/** The bits of a mask, lowest first: sets of slices as the contracts have them. */
export function bitsOf(mask: bigint): number[] {
  const bits: number[] = [];
  for (let bit = 0; mask >> BigInt(bit) > 0n; bit++) if (hasBit(mask, bit)) bits.push(bit);
  return bits;
}

/** Whether a mask has a bit. */
export function hasBit(mask: bigint, bit: number): boolean {
  return ((mask >> BigInt(bit)) & 1n) === 1n;
}

/** The mask with these bits. */
export function maskOf(bits: readonly number[]): bigint {
  return bits.reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n);
}
