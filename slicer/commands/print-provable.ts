import { provableShare } from '../plan/cost/multiply-adds.ts';

interface Slice {
  readonly provable: boolean;
  readonly multiplyAdds?: number;
  readonly operators: readonly string[];
}

/** `73.20 % of all multiply-adds; LSTM, TopK are only executed, in 2 of 5 slices`. */
export function provableText(slices: readonly Slice[]): string {
  const share = `${(100 * provableShare(slices)).toFixed(2)} % of all multiply-adds`;
  const executed = slices.filter(({ provable }) => !provable);
  if (executed.length === 0) return share;
  const operators = [...new Set(executed.flatMap((slice) => slice.operators))].join(', ');
  return `${share}; ${operators}: only executed, in ${executed.length} of ${slices.length} slices`;
}
