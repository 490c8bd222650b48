import { expect, test } from 'vitest';
import type { JobStatus } from '../../../client/jobs/job-status.ts';
import type { MarketRun } from '../../../scripts/bench/market/run.ts';
import { marketTable } from '../../../scripts/bench/market/table.ts';

const used = (cpuSeconds: number) => ({ cpuSeconds, peakRssBytes: 3 * 2 ** 20 });
const sent = (mined: number, gas: number) => ({ mined, inVain: 0, gas, gasInVain: 0 });

/** Three slices: two proved by Ada, one by Cora. */
const RUN: MarketRun = {
  built: {
    ...{ parameters: 7, multiplyAdds: 8, constraints: [10, 30, 20], keyBytes: 2 ** 21, usage: used(5) },
    ...{ input: [1], quantised: [4, 2], dequantised: [2, 1], float: [2.5, 1] },
  },
  published: { modelId: '0x1', bytes: 2 ** 22, gas: 900, usage: undefined },
  status: {
    executionPrice: 5n,
    settledCount: 3,
    slices: [1n, 2n, 4n].map((price, slice) => ({ slice, price })),
  } as unknown as JobStatus,
  abandoned: 0,
  life: {
    seconds: new Map([['TraceCommitted', 12]]),
    firstSettled: 34,
    sent: new Map([
      ['depositWithPermit', sent(3, 300)],
      ['depositWithPermit + post', sent(1, 200)],
      ['settle', sent(1, 400)],
    ]),
    paid: { proofs: 7n, tips: 2n, fees: 1n },
  },
  result: {
    jobId: '0x2',
    outputs: [{ name: 'y', shape: [2], integers: [4, 2], values: [2, 1] }],
    top: { index: 0 },
  },
  verified: {
    ...{ fullyProved: true, rechecked: true, rebuildable: true, inputOpened: true },
    ...{ receiptBytes: 2048, usage: used(6), checkCpuSeconds: 0.5 },
  },
  proofs: (['ada', 'cora', 'ada'] as const).map((node, slice) => ({
    ...{ node, slice, jobId: '0x2', cpuSeconds: 2 + slice, proveSeconds: 9, peakRssBytes: 1 },
  })),
  usage: new Map([
    ['ada', { ready: used(10), end: used(17) }],
    ['store', { ready: undefined, end: used(3) }],
  ]),
  format: (amount) => String(amount),
};

function figuresOf(run: MarketRun): Readonly<Record<string, string | number>> {
  const { rows } = marketTable(run, { network: 'a network', blockSeconds: 2 });
  return Object.fromEntries(rows.map(([part, figure, value]) => [`${part}: ${figure}`, value]));
}

test('what a network came to on a market is told a figure a row, of every part once', () => {
  const { rows } = marketTable(RUN, { network: 'a network', blockSeconds: 2 });
  const figures = figuresOf(RUN);
  expect(Object.keys(figures)).toHaveLength(rows.length);
  expect(figures).toMatchObject({
    'model: slices': 3,
    'model: constraints': 60,
    'build: keys MiB': 2,
    'publish: CPU s': '',
    'job: trace after s': 12,
    'job: first slice settled after s': 34,
    'node ada: CPU s from then on': 7,
    'node ada: proofs': 2,
    'node ada: earned with them': '5',
    'node ada: CPU s of its proofs': 6,
    'node bell: proofs': 0,
    'store: CPU s': 3,
    // What nodes deposit is for all their jobs.
    'chain: gas without deposits': 600,
    'chain: of it a slice': 200,
    'output: that of the quantised model': 'yes',
    'output: mean error against the float model': 0.25,
  });
});

test('an output that is not the quantised model’s is said to be another', () => {
  const run = { ...RUN, built: { ...RUN.built, quantised: [4, 3] } };
  expect(figuresOf(run)).toMatchObject({ 'output: that of the quantised model': 'no' });
});
