import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { readFromPostgres } from '../../protocol/database/readings.ts';
import { rounded, type Benchmark, type BenchmarkResult } from './benchmark.ts';
import { makeDatabase } from './database.ts';
import { BenchError } from './errors.ts';
import { DatabaseUse } from './indexer/database-use.ts';
import { History } from './indexer/history.ts';
import { planOf, type Plan } from './indexer/plans.ts';
import { indexByPonder, type Indexed } from './indexer/ponder.ts';
import { startMeasuredIndexer, type MeasuredIndexer } from './indexer/process.ts';
import { queriesOf, type Named, type Query } from './indexer/queries.ts';
import { serveHistory } from './indexer/rpc.ts';

const SLICES = 50_000;
const MILLION = 1_000_000;
const REQUESTS = 20;
/** A statement that looks at every row of a larger table fails the bench. */
const MOST_SCANNED = 10_000;
const BENCH = path.resolve(import.meta.dirname, '..', '..', 'bench');

/** A large market indexed from the start by a process with its settings as they are, and asked; Ponder indexes the same. */
export const indexer: Benchmark = {
  name: 'indexer',
  title: 'The indexer on a large market',
  run: (log) => inPlace((place) => measure({ ...place, slices: SLICES, plans: 'indexer-plans.txt' }, log)),
};

/** The same with twenty times as many slices, and without Ponder, which would take an hour. */
export const indexerMillion: Benchmark = {
  name: 'indexer-million',
  title: 'The indexer on a million slices',
  run: (log) =>
    inPlace((place) => measure({ ...place, slices: MILLION, plans: 'indexer-million-plans.txt' }, log)),
};

interface Place {
  readonly url: string;
  readonly folder: string;
}

interface Market extends Place {
  readonly slices: number;
  /** The file of bench/ for how the database answers each query. */
  readonly plans: string;
}

async function inPlace(run: (place: Place) => Promise<BenchmarkResult>): Promise<BenchmarkResult> {
  const database = await makeDatabase('bench');
  const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-bench-'));
  try {
    return await run({ url: database.url, folder });
  } finally {
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  { url, folder, slices, plans }: Market,
  log: (line: string) => void,
): Promise<BenchmarkResult> {
  const history = new History(slices);
  const deployment = path.join(folder, 'deployment.json');
  await writeFile(deployment, JSON.stringify(history.deployment));
  const rpc = await serveHistory(history);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let running: MeasuredIndexer | undefined;
  try {
    log(`${history.slices} slices, ${history.head} blocks`);
    running = await startMeasuredIndexer([
      '--rpc',
      rpc.url,
      '--deployment',
      deployment,
      '--database-url',
      url,
    ]);
    const began = performance.now();
    const used = new DatabaseUse(client);
    await running.reached(history.head, () => used.look());
    const seconds = (performance.now() - began) / 1000;
    const [node, peak] = [running.cpuSeconds(), running.peakBytes()];
    const { rows } = await client.query<{ events: number }>('SELECT count(*)::int AS events FROM "Event"');
    const [{ events }] = rows;
    log(`indexed ${events} events in ${seconds.toFixed(0)} s`);
    const ours = { events, cpuSeconds: node, databaseSeconds: used.seconds, peakBytes: peak };
    await client.query('VACUUM ANALYZE');
    const queries = await queriesOf(await named(client));
    const asked = await ask(queries, url, running.url, log);
    await writeFile(
      path.join(BENCH, plans),
      asked.map(({ query, plan }) => `# ${query.name}\n${plan?.text ?? 'not explained'}\n`).join('\n'),
    );
    expectNoScans(asked);
    if (slices === SLICES) log('Ponder');
    const ponder = slices === SLICES ? await indexByPonder(history, rpc.url) : 'it would take an hour.';
    if (typeof ponder !== 'string') await expectSame(client, ponder);
    return {
      about:
        `A market of ${history.slices} slices (${events} events in ${history.head} blocks), made up as the contracts' events are, with blooms and roots of receipts, served by a fake RPC in a process of its own and ` +
        `indexed into a PostgreSQL beside it by \`sliceproof indexer start\` with its settings as they are. CPU of the database is that of its connections. Queries: those of docs/graphql.md and ${asked.length - documentedOf(asked)} others, ${REQUESTS} requests each over HTTP, p95; time in the database is what \`EXPLAIN ANALYZE\` says of its statements, whose plans are in bench/${plans}. ${aboutPonder(ponder)}`,
      columns: ['what', 'statements', 'in the database ms', 'p95 ms'],
      rows: [
        ...rowsOf('', ours),
        ...(typeof ponder === 'string' ? [] : rowsOf('Ponder: ', ponder)),
        ...asked.map(({ query, plan, p95 }) => [
          query.name,
          plan?.statements ?? '',
          plan === undefined ? '' : rounded(plan.milliseconds, 2),
          rounded(p95, 1),
        ]),
      ],
    };
  } finally {
    await running?.stop();
    await client.end();
    rpc.close();
  }
}

/** What it took to index, as rows of the table. */
function rowsOf(
  whose: string,
  { events, cpuSeconds, databaseSeconds, peakBytes }: Omit<Indexed, 'totals'>,
): (string | number)[][] {
  const row = (what: string, value: number | undefined, digits: number): (string | number)[] => [
    `${whose}${what}`,
    '',
    '',
    value === undefined || Number.isNaN(value) ? 'not known' : rounded(value, digits),
  ];
  const [node = Number.NaN, database = Number.NaN] = [cpuSeconds, databaseSeconds];
  return [
    row('events a CPU second of node', events / node, 0),
    row('events a CPU second of node and database', events / (node + database), 0),
    row('CPU seconds of node', cpuSeconds, 1),
    row('CPU seconds of the database', databaseSeconds, 1),
    row('peak MiB of node', peakBytes && peakBytes / 2 ** 20, 0),
  ];
}

function aboutPonder(ponder: Indexed | string): string {
  if (typeof ponder === 'string') return `Ponder was not run: ${ponder}`;
  return (
    `Ponder 0.16.10 indexed the same from the same RPC with its settings as they are, receipts included, into tables of its own that hold what ours do but for time series, changed by scripts/bench/indexer/ponder; ` +
    `both found the same sums. It takes receipts and blooms as they come, where ours are compared with the roots in the headers.`
  );
}

/** @throws BenchError `BENCH_DIFFERENT` unless both found the same */
async function expectSame(client: pg.Client, { totals }: Indexed): Promise<void> {
  const { rows } = await client.query<Record<string, unknown>>(
    `SELECT ${Object.keys(totals)
      .map((column) => `"${column}"::text`)
      .join(', ')} FROM "Totals"`,
  );
  if (isDeepStrictEqual({ ...rows[0] }, { ...totals })) return;
  const both = `${JSON.stringify(rows[0])} and ${JSON.stringify(totals)}`;
  throw new BenchError('BENCH_DIFFERENT', `The index and Ponder's differ: ${both}`);
}

async function named(client: pg.Client): Promise<Named> {
  const { rows } = await client.query<Named>(
    `SELECT j.id AS "jobId", j."requester", j."modelId", j."timestamp"::int AS "timestamp", j."blockNumber",
       (SELECT p.id FROM "Prover" p ORDER BY p."settledSlices" DESC LIMIT 1) AS "prover",
       (SELECT s.id FROM "Settlement" s ORDER BY s."sequence" DESC LIMIT 1) AS "settlement",
       (SELECT s."sequence"::text FROM "Slice" s WHERE s."jobId" = j.id LIMIT 1) AS "sequence"
     FROM "Job" j ORDER BY j."sequence" OFFSET (SELECT count(*) / 2 FROM "Job") LIMIT 1`,
  );
  return rows[0];
}

interface Asked {
  readonly query: Query;
  /** Undefined where more than rows is read for it. */
  readonly plan: Plan | undefined;
  readonly p95: number;
}

async function ask(
  queries: readonly Query[],
  url: string,
  indexerUrl: string,
  log: (line: string) => void,
): Promise<readonly Asked[]> {
  const readings = readFromPostgres(url, { statementMilliseconds: 600_000, connections: 4 });
  const asked: Asked[] = [];
  try {
    for (const query of queries) {
      log(query.name);
      const times: number[] = [];
      for (let i = 0; i < REQUESTS; i++) times.push(await timeOf(indexerUrl, query));
      const plan = await planOf(query, readings);
      asked.push({ query, plan, p95: times.toSorted((a, b) => a - b)[Math.ceil(0.95 * REQUESTS) - 1] });
    }
  } finally {
    await readings.close();
  }
  return asked;
}

async function timeOf(url: string, { name, text }: Query): Promise<number> {
  const began = performance.now();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: text }),
  });
  const answer = await response.text();
  const took = performance.now() - began;
  if (answer.includes('"errors"')) throw new BenchError('BENCH_REFUSED', `${name}: ${answer.slice(0, 500)}`);
  return took;
}

function documentedOf(asked: readonly Asked[]): number {
  return asked.filter(({ query }) => query.name.startsWith('docs: ')).length;
}

/** @throws BenchError `BENCH_SEQUENTIAL_SCAN` */
function expectNoScans(asked: readonly Asked[]): void {
  const scans = asked.flatMap(({ query, plan }) =>
    (plan?.scans ?? [])
      .filter(({ rows }) => rows > MOST_SCANNED)
      .map(({ table, rows }) => `${query.name} looks at all ${rows} rows of ${table}`),
  );
  if (scans.length === 0) return;
  throw new BenchError('BENCH_SEQUENTIAL_SCAN', scans.join('\n'), {
    hint: 'The plans are in bench/indexer-plans.txt: an index is missing, or the statement cannot use one.',
  });
}
