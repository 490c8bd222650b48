import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { cpuSecondsOf, peakRssBytesOf } from '../../../groth16/prove/process-usage.ts';
import { ISliceMarket__factory } from '../../../protocol/contracts/generated/factories/interfaces/ISliceMarket__factory.ts';
import { ownEnvironment } from '../../child-environment.ts';
import { makeDatabase } from '../database.ts';
import { BenchError } from '../errors.ts';
import { DatabaseUse } from './database-use.ts';
import { TREASURY, type History } from './history.ts';
import { WEIGHTS } from './job.ts';

const root = path.resolve(import.meta.dirname, '..', '..', '..');
/** Out of what is committed and of what is installed for everything else. */
const folder = path.join(root, '.sliceproof', 'bench', 'ponder');
const PACKAGES = ['ponder@0.16.10', 'viem@2.57.20', 'hono@4.13.19', 'typescript@5.9.3'];

/** What it took Ponder to index the history. */
export interface Indexed {
  /** Logs that its handlers were given. */
  readonly events: number;
  readonly cpuSeconds: number | undefined;
  readonly databaseSeconds: number | undefined;
  readonly peakBytes: number | undefined;
  /** What both indexes can be compared by. */
  readonly totals: Readonly<Record<string, string>>;
}

/** Has the same history indexed by Ponder, into tables like ours. @returns why not, where it can't be had */
export async function indexByPonder(history: History, rpc: string): Promise<Indexed | string> {
  const refused = await install();
  if (refused !== undefined) return refused;
  const { chainId, block, addresses } = history.deployment;
  const market = {
    ...{ chainId, block, address: addresses.market, treasury: TREASURY },
    weights: WEIGHTS,
    abi: ISliceMarket__factory.abi,
  };
  await cp(path.join(import.meta.dirname, 'ponder'), folder, { recursive: true });
  await writeFile(path.join(folder, 'market.json'), JSON.stringify(market));
  const database = await makeDatabase('ponder');
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return await measure(database.url, rpc, client);
  } finally {
    await client.end();
    await database.drop();
  }
}

async function install(): Promise<string | undefined> {
  await mkdir(folder, { recursive: true });
  await writeFile(
    path.join(folder, 'package.json'),
    JSON.stringify({ name: 'ponder-beside-it', private: true, type: 'module' }),
  );
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', ...PACKAGES];
  const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  return status === 0 ? undefined : `npm did not install it: ${stderr.trim().split('\n').at(-1)}`;
}

async function measure(url: string, rpc: string, client: pg.Client): Promise<Indexed> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [
      path.join(folder, 'node_modules', 'ponder', 'dist', 'esm', 'bin', 'ponder.js'),
      ...['start', '--schema', 'bench', '--hostname', '127.0.0.1', '--port', String(port)],
    ],
    {
      cwd: folder,
      env: {
        ...ownEnvironment(root, process.env),
        ...{ DATABASE_URL: url, BENCH_RPC: rpc },
        ...{ PONDER_TELEMETRY_DISABLED: 'true', PONDER_LOG_LEVEL: 'warn' },
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said.push(chunk.toString());
      if (said.length > 20) said.shift();
    });
  }
  const ended = once(child, 'exit');
  try {
    const used = new DatabaseUse(client);
    for (;;) {
      if (child.exitCode !== null) throw new BenchError('BENCH_PROCESS', `Ponder ended: ${said.join('')}`);
      await used.look();
      const ready = await fetch(`http://127.0.0.1:${port}/ready`).then(
        ({ status }) => status === 200,
        () => false,
      );
      if (ready) break;
      await sleep(500);
    }
    const [cpuSeconds, peak] = [cpuSecondsOf(child.pid!), peakRssBytesOf(child.pid!)];
    const { rows } = await client.query<Record<string, string>>(
      `SELECT jobs::text, "jobs_finalized"::text AS "jobsFinalized", bids::text, "settled_slices"::text AS "settledSlices",
         balances::text, reserved::text, escrows::text, paid::text, fees::text, deposited::text FROM bench.totals`,
    );
    const [{ events }] = (
      await client.query<{ events: number }>('SELECT count(*)::int AS events FROM ponder_sync.logs')
    ).rows;
    return {
      events,
      cpuSeconds,
      databaseSeconds: used.seconds,
      peakBytes: peak || undefined,
      totals: rows[0],
    };
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
