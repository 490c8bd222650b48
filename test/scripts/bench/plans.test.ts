import { expect, it } from 'vitest';
import { COLUMNS, measureNetwork } from '../../../scripts/bench/networks/plans.ts';

it.each(['LeNet-5, 28×28 grey, by Keras', 'XGBoost, 100 trees of depth 6'])(
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
