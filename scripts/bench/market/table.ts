import { NODE_NAMES } from '../../demo/services.ts';
import { rounded, type BenchmarkResult } from '../benchmark.ts';
import { together } from '../mined.ts';
import type { MarketRun, MarketToRun } from './run.ts';
import { cpuOf, peakOf } from './usage.ts';

type Row = readonly [part: string, figure: string, value: string | number];

/** All that a run told, a figure a row. */
export function marketTable(
  run: MarketRun,
  { network, blockSeconds }: Pick<MarketToRun, 'network' | 'blockSeconds'>,
): BenchmarkResult {
  return {
    about:
      `${network}, with random weights of one seed in 8 bits, built with keys of development, published, and asked about one input on a market of three nodes ` +
      `(\`node start\`, of which one also executes), a store and an aggregator, each a process of one machine, on a chain with blocks of ${blockSeconds} s. All slices are due, and proved. ` +
      'Times are seconds of the chain since the post, on a machine that may be busy; CPU seconds are those of a process and all that it started, memory is that of the largest one. ' +
      'The output is compared with that of the quantised model evaluated in one piece, and with ONNX Runtime’s of the float model.',
    columns: ['part', 'figure', 'value'],
    rows: [...modelRows(run), ...jobRows(run), ...processRows(run), ...chainRows(run), ...answerRows(run)],
  };
}

const mebibytes = (bytes: number): number => rounded(bytes / 2 ** 20, 1);

function modelRows({ built, published }: MarketRun): readonly Row[] {
  const { constraints, usage } = built;
  return [
    ['model', 'parameters', built.parameters],
    ['model', 'multiply-adds', built.multiplyAdds],
    ['model', 'slices', constraints.length],
    ['model', 'constraints', constraints.reduce((sum, count) => sum + count, 0)],
    ['model', 'constraints of the largest slice', Math.max(...constraints)],
    ['build', 'CPU s', cpuOf(usage)],
    ['build', 'peak MiB', peakOf(usage)],
    ['build', 'keys MiB', mebibytes(built.keyBytes)],
    ['publish', 'CPU s', cpuOf(published.usage)],
    ['publish', 'peak MiB', peakOf(published.usage)],
    ['publish', 'MiB to the store', mebibytes(published.bytes)],
    ['publish', 'gas', published.gas],
  ];
}

function jobRows({ life, abandoned, status, format }: MarketRun): readonly Row[] {
  const { seconds, firstSettled, paid } = life;
  const at = (event: string): number | string => seconds.get(event) ?? '';
  return [
    ['job', 'claimed after s', at('ExecutionClaimed')],
    ['job', 'trace after s', at('TraceCommitted')],
    ['job', 'last bid after s', at('BidPlaced')],
    ['job', 'first slice settled after s', firstSettled],
    ['job', 'last slice settled after s', at('SlicesSettled')],
    ['job', 'finalized after s', at('JobFinalized')],
    ['job', 'slices settled', status.settledCount],
    ['job', 'posted again', abandoned],
    ['job', 'paid for the execution', format(status.executionPrice, 6)],
    ['job', 'paid for proofs', format(paid.proofs, 6)],
    ['job', 'of it the market’s fee', format(paid.fees, 6)],
    ['job', 'paid in tips for settling', format(paid.tips, 6)],
  ];
}

function processRows({ usage, proofs, status, format }: MarketRun): readonly Row[] {
  const services = [...usage].filter(([name]) => !NODE_NAMES.some((node) => node === name));
  const nodes = NODE_NAMES.flatMap((name): readonly Row[] => {
    const { ready, end } = usage.get(name) ?? {};
    const own = proofs.filter((proof) => proof.node === name);
    const slices = new Set(own.map(({ slice }) => slice));
    const earned = status.slices
      .filter(({ slice }) => slices.has(slice))
      .reduce((sum, { price }) => sum + price, 0n);
    const part = `node ${name}`;
    return [
      [part, 'CPU s until it was ready', cpuOf(ready)],
      [part, 'CPU s from then on', cpuOf(end, ready)],
      [part, 'peak MiB', peakOf(end)],
      [part, 'proofs', own.length],
      [part, 'earned with them', format(earned, 6)],
      [
        part,
        'CPU s of its proofs',
        rounded(
          own.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
          1,
        ),
      ],
    ];
  });
  return [
    ...nodes,
    ...services.flatMap(([name, { end }]): readonly Row[] => [
      [name, 'CPU s', cpuOf(end)],
      [name, 'peak MiB', peakOf(end)],
    ]),
  ];
}

function chainRows({ life: { sent }, status }: MarketRun): readonly Row[] {
  const ofJob = [...sent].filter(([kind]) => !/^deposit\w*$/.test(kind));
  const all = together(ofJob.map(([, one]) => one));
  return [
    ...[...sent].flatMap(([kind, one]): readonly Row[] => [
      [kind, 'transactions', one.mined],
      [kind, 'of them in vain', one.inVain],
      [kind, 'gas', one.gas],
    ]),
    ['chain', 'transactions without deposits', all.mined],
    ['chain', 'gas without deposits', all.gas],
    ['chain', 'of it a slice', Math.round(all.gas / status.settledCount)],
  ];
}

function answerRows({ built, result, verified }: MarketRun): readonly Row[] {
  const [{ integers, values }] = result.outputs;
  const errors = values.map((value, i) => Math.abs(value - built.float[i]));
  const isSame =
    integers.length === built.quantised.length && integers.every((q, i) => q === built.quantised[i]);
  const yes = (is: boolean): string => (is ? 'yes' : 'no');
  return [
    ['output', 'values', integers.length],
    ['output', 'that of the quantised model', yes(isSame)],
    ['output', 'the float model’s answer', yes(largest(values) === largest(built.float))],
    [
      'output',
      'mean error against the float model',
      rounded(errors.reduce((sum, error) => sum + error, 0) / errors.length, 4),
    ],
    ['output', 'largest error against the float model', rounded(Math.max(...errors), 4)],
    [
      'output',
      'the float model’s values range over',
      rounded(Math.max(...built.float) - Math.min(...built.float), 4),
    ],
    ['receipt', 'every slice proved', yes(verified.fullyProved)],
    ['receipt', 'every slice computed again, with the same result', yes(verified.rechecked)],
    ['receipt', 'made and rechecked, CPU s', cpuOf(verified.usage)],
    ['receipt', 'made and rechecked, peak MiB', peakOf(verified.usage)],
    ['receipt', 'checked against the chain alone, CPU s', rounded(verified.checkCpuSeconds, 2)],
    ['receipt', 'KiB', rounded(verified.receiptBytes / 1024, 1)],
  ];
}

const largest = (values: readonly number[]): number => values.indexOf(Math.max(...values));
