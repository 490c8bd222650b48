// Writes docs/costs.md from what is measured: bench/results.json and the snapshots of gas.
//
//   node bin/with-node.js --dev scripts/costs-page.ts
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { SliceproofError } from '../protocol/errors.ts';
import { readRecords, table, type Records } from './bench/record.ts';

const root = path.join(import.meta.dirname, '..');

/** What money is reckoned with; nothing measures these. */
const PRICES = {
  /** Of one core for an hour, in US dollars, as clouds let it. */
  coreHour: 0.05,
  /** Of the chain's coin, in US dollars. */
  coin: 3000,
  /** Gwei a unit of gas. */
  mainnet: 2,
  rollup: 0.01,
} as const;

/** Slices that share a claim, a trace and a settlement. */
const SETTLED = 'settle, one job of five circuits, each slice';
/** Of a job whatever its slices are, by who sends it. */
const ONCE = [
  ['post', 'requester', 'post'],
  [
    'claim the execution with a trace of six tensors',
    'executor',
    'claimExecution with commitTrace, 6 tensors',
  ],
  ['bid on all slices', 'prover', '64 slices, bits: bid'],
  ['finalize', 'anyone', 'finalize'],
] as const;
const EACH = [
  ['settle alone', 'settler', 'settle, one slice alone'],
  ['settle, five of one job', 'settler', SETTLED],
  ['settle, fifty of ten jobs', 'settler', 'settle, ten jobs of five circuits, each slice'],
] as const;

/** Signed bids, by those who bring them. */
const BROUGHT = [
  ['bring a signed bid, alone', 'aggregator', 'bidSigned, one slice'],
  ['bring signed bids of eight provers, a bid', 'aggregator', 'bidSigned, 8 provers on a slice each, each'],
] as const;

type Gas = Readonly<Record<string, number>>;

/** The text of docs/costs.md. */
export async function costsPage(): Promise<string> {
  const records = await readRecords(path.join(root, 'bench', 'results.json'));
  const gas = { ...snapshot('gas'), ...snapshot('gas-life') };
  const { date, machine } = recordOf(records, 'networks');
  return `# What it costs

Written by \`scripts/costs-page.ts\` from measurements: times of \`npm run bench\` ([bench/README.md](../bench/README.md) says how), gas of the tests'
snapshots. Constraints, keys and gas are exact; seconds are CPU seconds of one core of ${machine.cpu} (${date}). Money is reckoned with $${PRICES.coreHour} an hour of
one core, $${PRICES.coin.toLocaleString('en-US')} a coin, ${PRICES.mainnet} gwei a unit of gas on a mainnet and ${PRICES.rollup} on a rollup, whose fee for data comes on top: put your own in.

## Networks

One inference, every slice proved. Slices are proved apart, so many machines share the time; each needs the memory of one slice. A key
is made once for a model. _Planned_: what \`model plan\` says, nothing was proved.

${networks(records)}

## A slice by its size

A 3×3 convolution with ReLU, warm proofs, one thread.

${sizes(records)}

## Gas

${gasTable(gas)}

Bringing the output to the chain is ${shown(gasOf(gas, 'commitTrace, 1 words revealed') - gasOf(gas, 'commitTrace, 6 tensors'))} more for one word (31 values of 8 bits), about ${shown((gasOf(gas, 'commitTrace, 64 words revealed') - gasOf(gas, 'commitTrace, 1 words revealed')) / 63)} for each further one.
A contract of one's own ([contract.md](contract.md)) checks four slices of one inference, two of which with lookups, for ${shown(snapshot('gas-desk')['verify, 4 of four slices, two of which with lookups'])}.

## One slice, by who pays

Gas of a job of one slice with signed bids, alone and among others' bids and proofs; and where its prover sends its bid, among others' proofs.

${payers(gas)}

## A whole job

Post, claim with trace, a bid and finalize once, a settlement for each slice, with neighbours as above, and the proofs' CPU.
Provers and settlers get theirs back in prices and tips, so that this is about what a requester pays where many compete.

${jobs(records, gas)}
${onMarket(records)}`;
}

/** What a whole network came to on a market, once that was measured: `npm run bench -- market-resnet`. */
function onMarket(records: Records): string {
  const record = records['market-resnet'];
  if (record === undefined) return '';
  const { date, rows } = record;
  const figure = (part: string, name: string): string | number =>
    rows.find((row) => row[0] === part && row[1] === name)?.[2] ??
    unmeasured(`bench/results.json has no "${name}" of ${part}`);
  const of = (part: string, name: string): string => {
    const value = figure(part, name);
    return typeof value === 'number' ? value.toLocaleString('en-US') : value;
  };
  const gas = Number(figure('chain', 'gas without deposits'));
  return `
**A real run** of \`npm run bench -- market-resnet\` on ${date}: a whole ResNet-18 on 32×32 colour, ${of('model', 'parameters')} parameters and ${of('model', 'multiply-adds')} multiply-adds, is
${of('model', 'slices')} slices of ${of('model', 'constraints')} constraints together, built in ${of('build', 'CPU s')} CPU seconds with ${of('build', 'peak MiB')} MiB. Three nodes proved all of them, in ${of('chain', 'transactions without deposits')} transactions of ${of('chain', 'gas without deposits')} gas
(${of('chain', 'of it a slice')} a slice; ${money(gas).join(' on a mainnet, ')} on a rollup), and its receipt was computed again in ${of('receipt', 'made and rechecked, CPU s')} CPU seconds
([all figures](../bench/README.md#resnet-18-on-a-market)).
`;
}

function networks(records: Records): string {
  const rows = rowsOf(records, 'networks').map((row) => {
    const seconds = number(row, 'proofs CPU s');
    const planned = row.how === 'planned';
    return [
      `${row.network}${planned ? ' (_planned_)' : ''}`,
      shown(number(row, 'parameters')),
      String(row.slices),
      shown(number(row, 'constraints')),
      planned ? '–' : `${row['keys CPU s']}`,
      planned ? '–' : `${row['keys MiB']}`,
      String(seconds),
      String(row['peak MiB']),
      dollars((seconds / 3600) * PRICES.coreHour),
    ];
  });
  return table(
    [
      'network',
      'parameters',
      'slices',
      'constraints',
      'build, CPU s',
      'keys, MiB',
      'proofs, CPU s',
      'peak MiB',
      'machine',
    ],
    rows,
  );
}

function sizes(records: Records): string {
  const keys = new Map(rowsOf(records, 'setup').map((row) => [row.domain, row]));
  const rows = rowsOf(records, 'proving')
    .filter(({ backend }) => backend === 'native-js')
    .map((row) => {
      const key = keys.get(row.domain);
      return [
        shown(number(row, 'constraints')),
        row['CPU s'],
        row['peak MiB'],
        key?.['key MiB'] ?? '–',
        key?.['CPU s'] ?? '–',
      ];
    });
  return table(['constraints', 'proof, CPU s', 'peak MiB', 'key, MiB', 'key made, CPU s'], rows);
}

function gasTable(gas: Gas): string {
  const line = (what: string, who: string, name: string): readonly string[] => {
    const units = gasOf(gas, name);
    return [what, who, shown(units), ...money(units)];
  };
  return table(
    ['what', 'sent by', 'gas', 'mainnet', 'rollup'],
    [
      ...ONCE.map(([what, who, name]) => line(`${what}, a job`, who, name)),
      ...BROUGHT.map(([what, who, name]) => line(what, who, name)),
      ...EACH.map(([what, who, name]) => line(`${what}, a slice`, who, name)),
    ],
  );
}

function payers(gas: Gas): string {
  const [post, execution, bid, finalize] = ONCE.map(([, , name]) => gasOf(gas, name));
  const [alone, among] = BROUGHT.map(([, , name]) => gasOf(gas, name));
  const [single, , many] = EACH.map(([, , name]) => gasOf(gas, name));
  const executor = execution + finalize;
  const columns = [
    [post, executor, 0, alone + single],
    [post, executor, 0, among + many],
    [post, executor, bid, many],
  ];
  const sums = columns.map((column) => column.reduce((sum, one) => sum + one, 0));
  const rows = ['requester', 'executor', 'prover', 'aggregator'].map((who, i) => [
    who,
    ...columns.map((column) => shown(column[i])),
  ]);
  return table(
    ['pays', 'alone', 'among others', 'without signed bids, among others'],
    [...rows, ['in all', ...sums.map(shown)]],
  );
}

function jobs(records: Records, gas: Gas): string {
  const once = ONCE.reduce((sum, [, , name]) => sum + gasOf(gas, name), 0);
  const each = gasOf(gas, SETTLED);
  const rows = rowsOf(records, 'networks').map((row) => {
    const units = once + each * number(row, 'slices');
    const machine = (number(row, 'proofs CPU s') / 3600) * PRICES.coreHour;
    return [
      String(row.network),
      String(row.slices),
      shown(units),
      ...[PRICES.mainnet, PRICES.rollup].map((price) => dollars(costOf(units, price) + machine)),
    ];
  });
  return table(['network', 'slices', 'gas', 'mainnet', 'rollup'], rows);
}

function snapshot(name: string): Gas {
  const file = path.join(root, 'snapshots', `${name}.json`);
  return z.record(z.string(), z.number()).parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** @throws SliceproofError COSTS_UNMEASURED */
function gasOf(gas: Gas, name: string): number {
  return gas[name] ?? unmeasured(`the snapshots of gas have no "${name}"`);
}

function recordOf(records: Records, name: string): Records[string] {
  return records[name] ?? unmeasured(`bench/results.json has no ${name}: run npm run bench -- ${name}`);
}

/** The rows of a benchmark, by its columns. */
function rowsOf(records: Records, name: string): readonly Readonly<Record<string, string | number>>[] {
  const { columns, rows } = recordOf(records, name);
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
}

function number(row: Readonly<Record<string, string | number>>, column: string): number {
  const value = row[column];
  return typeof value === 'number' ? value : unmeasured(`bench/results.json has no number in ${column}`);
}

function unmeasured(message: string): never {
  throw new SliceproofError('COSTS_UNMEASURED', message);
}

function costOf(gas: number, gwei: number): number {
  return gas * gwei * 1e-9 * PRICES.coin;
}

const money = (gas: number): readonly string[] =>
  [PRICES.mainnet, PRICES.rollup].map((price) => dollars(costOf(gas, price)));

const shown = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Two digits that count. */
function dollars(amount: number): string {
  const digits = amount >= 1 ? 2 : Math.max(2, 1 - Math.floor(Math.log10(amount)));
  return `$${amount.toFixed(digits)}`;
}

/** Where it is written. */
export const COSTS_FILE = path.join(root, 'docs', 'costs.md');

if (process.argv[1] === import.meta.filename) writeFileSync(COSTS_FILE, await costsPage());
