// npm run bench: measures and records in bench/. `npm run bench -- NAME…` runs only those.
import path from 'node:path';
import type { Benchmark } from './bench/benchmark.ts';
import { BenchError } from './bench/errors.ts';
import { compile } from './bench/compile.ts';
import { lenet } from './bench/lenet.ts';
import { networks } from './bench/networks.ts';
import { lookups } from './bench/lookups.ts';
import { operators } from './bench/operators.ts';
import { products } from './bench/products.ts';
import { proving } from './bench/proving.ts';
import { openResults } from './bench/record.ts';
import { setup } from './bench/setup.ts';
import { tiles } from './bench/tiles.ts';

const BENCHMARKS: readonly Benchmark[] = [
  proving,
  lenet,
  networks,
  operators,
  lookups,
  products,
  setup,
  compile,
  tiles,
];

const names = process.argv.slice(2);
const unknown = names.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) {
  throw new BenchError(
    'BENCH_UNKNOWN',
    `there is no benchmark ${unknown.join(', ')}; there are ${BENCHMARKS.map(({ name }) => name).join(', ')}`,
  );
}
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
