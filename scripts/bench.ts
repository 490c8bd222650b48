// npm run bench
import path from 'node:path';
import { Command } from '@commander-js/extra-typings';
import type { Benchmark } from './bench/benchmark.ts';
import { circom } from './bench/circom.ts';
import { compile } from './bench/compile.ts';
import { crowd } from './bench/crowd.ts';
import { indexer, indexerMillion } from './bench/indexer.ts';
import { lenet } from './bench/lenet.ts';
import { marketResnet } from './bench/market-resnet.ts';
import { networks } from './bench/networks/networks.ts';
import { largePlans, plans } from './bench/networks/plans.ts';
import { lookups } from './bench/lookups.ts';
import { operators } from './bench/operators.ts';
import { products } from './bench/products.ts';
import { proving } from './bench/proving.ts';
import { openResults } from './bench/record.ts';
import { setup } from './bench/setup.ts';
import { threads } from './bench/threads.ts';
import { tiles } from './bench/tiles.ts';
import { weights } from './bench/weights.ts';
import { workers } from './bench/workers.ts';

const BENCHMARKS: readonly Benchmark[] = [
  proving,
  threads,
  circom,
  lenet,
  networks,
  plans,
  largePlans,
  operators,
  lookups,
  products,
  setup,
  compile,
  tiles,
  weights,
  workers,
  indexer,
  indexerMillion,
  crowd,
  marketResnet,
];

const known = BENCHMARKS.map(({ name }) => name);
const names = new Command('npm run bench --')
  .description(
    'Measures, and records what came out in bench/results.json and bench/README.md with date and machine.',
  )
  .argument('[names...]', `of ${known.join(', ')}; all without any`)
  .addHelpText('after', '\nExample:\n  $ npm run bench -- proving setup')
  .action((given, _, command) => {
    const unknown = given.filter((name) => !known.includes(name));
    if (unknown.length === 0) return;
    command.error(`there is no benchmark ${unknown.join(', ')}; there are ${known.join(', ')}`);
  })
  .parse().args;

const results = await openResults(path.join(import.meta.dirname, '..', 'bench'));
for (const benchmark of BENCHMARKS) {
  if (names.length > 0 && !names.includes(benchmark.name)) continue;
  console.log(`== ${benchmark.title}`);
  const result = await benchmark.run((line) => console.log(line));
  console.table(
    result.rows.map((row) => Object.fromEntries(result.columns.map((column, index) => [column, row[index]]))),
  );
  await results.add(benchmark, result, new Date());
}
console.log('recorded in bench/results.json and bench/README.md');
