/** How many cases of a property are tried: so many, times SLICEPROOF_FUZZ, which may be a part of one. At least 1. */
export function fuzzed(cases: number): number {
  return Math.ceil(cases * Number(process.env['SLICEPROOF_FUZZ'] ?? 1));
}
