/** Order of BN254's groups: scalars and public signals are below it. */
export const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
/** Order of BN254's base field: coordinates are below it. */
export const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/** The representative of a value modulo r in 0..r-1. */
export function mod(value: bigint, modulus: bigint = R): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = mod(base), left = exponent; left > 0n; left >>= 1n, square = mod(square * square)) {
    if (left & 1n) result = mod(result * square);
  }
  return result;
}

export function inverse(value: bigint): bigint {
  return power(value, R - 2n);
}

/** Numbers that look random and are the same in every run. */
export function stream(seed: bigint): () => bigint {
  let state = mod(seed * 6364136223846793005n + 1442695040888963407n);
  return () => (state = mod(power(state + 7n, 5n) + 0x9e3779b97f4a7c15f39cc0605cedc834n));
}
