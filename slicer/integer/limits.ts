/** What a program may hold at most; a slice of a model within the market's limits is far below. */
export const PROGRAM_LIMITS = {
  bytes: 2 ** 28,
  tensors: 16_384,
  nodes: 16_384,
  rank: 8,
  tensorValues: 2 ** 24,
  rangeBits: 32,
} as const;
