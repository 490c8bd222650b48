import { expect, it } from 'vitest';
import { COLUMNS, measureNetwork } from '../../../scripts/bench/networks/plans.ts';

/** `SLICEPROOF_DEEP=1` takes LeNet-5 too, half a minute of the processor. */
const NETWORKS = [
  'XGBoost, 100 trees of depth 6',
  ...(process.env.SLICEPROOF_DEEP ? ['LeNet-5, 28×28 grey, by Keras'] : []),
];

it.each(NETWORKS)(
  '%s goes the whole way: planned, compared, and some of its slices proved',
  async (network) => {
    const row = await measureNetwork(network, { most: 1, rounds: 1 });
    const of = (column: (typeof COLUMNS)[number]): number | string => row[COLUMNS.indexOf(column)];
    expect(row).toHaveLength(COLUMNS.length);
    expect(of('provable %')).toBe(100);
    expect(of('circuits')).toBe(of('slices'));
    expect(of('error %')).toBeLessThan(5);
    expect(of('slices proved')).toBe(1);
    for (const column of ['estimated CPU s', 'measured CPU s', 'measured MiB', 'keys MiB'] as const) {
      expect(of(column), column).toBeGreaterThan(0);
    }
  },
);
