import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { JsonRpcProvider } from 'ethers';
import { migrate } from '../../../indexer/database/migrate.ts';
import { openPrisma, type PrismaClient } from '../../../indexer/database/client.ts';
import { createMetrics, type Metrics } from '../../../indexer/metrics.ts';
import { createDecoder, emittersOf } from '../../../indexer/projection/events.ts';
import { TABLES } from '../../../indexer/projection/rows.ts';
import { ChainReader } from '../../../indexer/sync/chain-reader.ts';
import { MarketStore } from '../../../indexer/sync/market-store.ts';
import { Synchroniser } from '../../../indexer/sync/synchroniser.ts';
import { headsOf } from '../../../protocol/chain/heads.ts';
import type { Deployment } from '../../../protocol/contracts/deployment.ts';
import { openDatabase, type Database } from '../../../protocol/database/open.ts';
import { createLog } from '../../../protocol/log.ts';
import { createTestDatabase, postgresUrl } from '../../protocol/database/postgres.ts';
import { until } from '../../support/until.ts';
import { copyTables } from './tables.ts';

const server = await postgresUrl();

/** PGlite always; PostgreSQL where one answers. */
export const backends = [
  { backend: 'PGlite', server: undefined, skip: false },
  { backend: 'PostgreSQL', server, skip: server === undefined },
] as const;

/** A database of its own, with its tables. */
export interface TestIndex {
  readonly database: Database;
  readonly prisma: PrismaClient;
  close(): Promise<void>;
}

/** @param folder of the embedded database, to be kept; without it one of its own, removed when it is closed */
export async function openIndex(postgres: string | undefined, folder?: string): Promise<TestIndex> {
  const own = folder ?? (await mkdtemp(path.join(tmpdir(), 'sliceproof-index-')));
  const made = postgres === undefined ? undefined : await createTestDatabase(postgres);
  if (made === undefined) await copyTables(own);
  const database = await openDatabase({ url: made?.url, folder: own });
  await migrate(database);
  const prisma = openPrisma(database);
  return {
    database,
    prisma,
    async close() {
      await prisma.$disconnect();
      await database.close();
      await made?.drop();
      if (folder === undefined) await rm(own, { recursive: true, force: true });
    },
  };
}

/**
 * Indexes of one file's tests. To make a database and its tables costs more than most of what is done with it: one that a test
 * is done with is emptied, every table but the record of migrations, and given to the next. Whether tables are made right is
 * asked elsewhere (database tests, and every process that starts on an empty folder).
 */
export function indexPool(): {
  open(postgres: string | undefined): Promise<TestIndex>;
  /** For `afterAll`. */
  close(): Promise<void>;
} {
  const all: { readonly postgres: string | undefined; readonly index: TestIndex; used: boolean }[] = [];
  return {
    async open(postgres) {
      const kept = all.find((one) => one.postgres === postgres && !one.used);
      const one = kept ?? { postgres, index: await openIndex(postgres), used: true };
      if (kept === undefined) all.push(one);
      else await empty(one.index.database);
      one.used = true;
      return {
        ...one.index,
        close: () => {
          one.used = false;
          return Promise.resolve();
        },
      };
    },
    async close() {
      for (const { index } of all) await index.close();
    },
  };
}

async function empty(database: Database): Promise<void> {
  const tables = await database.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'",
  );
  await database.query(`TRUNCATE ${tables.map(({ name }) => `"${name}"`).join(', ')} RESTART IDENTITY`);
}

export interface Following {
  readonly metrics: Metrics;
  readonly synchroniser: Synchroniser;
  /** Resolves once the index is at the chain's head as it is now. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/** Follows the chain in the background. */
export function follow(
  { database, prisma }: TestIndex,
  provider: JsonRpcProvider,
  deployment: Deployment,
  settings: { readonly finality?: number; readonly maxRange?: number } = {},
): Following {
  const stop = new AbortController();
  const metrics = createMetrics();
  const store = new MarketStore(database, prisma, deployment);
  headsOf(provider).lookEvery(0.02);
  const synchroniser = new Synchroniser({
    chain: new ChainReader(provider, emittersOf(deployment)),
    store,
    decode: createDecoder(deployment),
    metrics,
    log: createLog('indexer', process.env.LOG ?? 'silent'),
    signal: stop.signal,
    finality: settings.finality ?? 64,
    maxRange: settings.maxRange ?? 1000,
  });
  const done = synchroniser.run();
  // Seen by whoever waits; until then not an unhandled one.
  done.catch(() => undefined);
  return {
    metrics,
    synchroniser,
    async caughtUp() {
      const head = (await provider.send('eth_getBlockByNumber', ['latest', false])) as { hash: string };
      // What is served: rows that are made again are no part of it before they are.
      const atHead = until(async () => (await store.served())?.hash === head.hash);
      await Promise.race([atHead, done.then(() => atHead)]);
    },
    async stop() {
      stop.abort();
      await done;
    },
  };
}

/** Everything that is derived, and the events: what two indexes of one chain agree on. */
export async function contentsOf({ database }: TestIndex): Promise<Record<string, readonly unknown[]>> {
  const tables = await Promise.all(
    TABLES.map(async (table) => {
      const rows = await database.query<{ row: string }>(
        `SELECT to_jsonb(t)::text AS row FROM "${table}" t ORDER BY id`,
      );
      return [table, rows.map(({ row }) => row)] as const;
    }),
  );
  const events = await database.query<{ row: string }>(
    'SELECT to_jsonb(t)::text AS row FROM "Event" t ORDER BY "blockNumber", "logIndex"',
  );
  return { ...Object.fromEntries(tables), Event: events.map(({ row }) => row) };
}
