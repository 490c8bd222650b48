import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileBeside } from '../protocol/beside.ts';
import { connect } from '../protocol/chain/provider.ts';
import { expectChain } from '../protocol/contracts/market.ts';
import type { Deployment } from '../protocol/contracts/deployment.ts';
import type { DatabaseLock } from '../protocol/database/advisory-lock.ts';
import { openDatabase, type Database } from '../protocol/database/open.ts';
import { SliceproofError } from '../protocol/errors.ts';
import type { Log } from '../protocol/log.ts';
import { openStore } from '../protocol/store/open.ts';
import { openAll, type Opened } from '../protocol/opened.ts';
import { openPrisma, type PrismaClient } from './database/client.ts';
import { isMigrated, migrate } from './database/migrate.ts';
import { IndexerError } from './errors.ts';
import type { IndexStatus } from './graphql/builder.ts';
import { createSchema } from './graphql/schema.ts';
import { ChangeFeed } from './graphql/change-feed.ts';
import { readExplorer } from './explorer-files.ts';
import { openHttp, serveHttp } from './http.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createDecoder, emittersOf } from './projection/events.ts';
import { AssetReader } from './published/asset-reader.ts';
import { Published } from './published/published.ts';
import type { IndexerSettings } from './settings.ts';
import { ChainReader } from './sync/chain-reader.ts';
import { MarketStore } from './sync/market-store.ts';
import { Synchroniser } from './sync/synchroniser.ts';

export interface RunningIndexer {
  readonly url: string;
  readonly status: () => IndexStatus;
  /** Rejects with what ended the indexer; resolves when it was closed. */
  readonly ended: Promise<void>;
  /** Lets the transaction under way finish, ends subscriptions, closes the database. */
  close(): Promise<void>;
}

/** Connections for queries at most. */
const READING_CONNECTIONS = 8;
/** Seconds after which a writer that says nothing counts as gone. */
const SILENT_SECONDS = 60n;

/** How often a server that only reads tries to become the writer. */
const STANDBY_MS = 2000;

/**
 * Follows the chain into the database and serves it. Of many on one PostgreSQL one writes; the others serve, and
 * one of them takes over when the writer is gone.
 * @throws DatabaseError, IndexerError
 */
export async function startIndexer(
  settings: IndexerSettings,
  deployment: Deployment,
  log: Log,
): Promise<RunningIndexer> {
  return openAll((opened) => assemble(settings, deployment, log, opened));
}

async function assemble(
  settings: IndexerSettings,
  deployment: Deployment,
  log: Log,
  opened: Opened,
): Promise<RunningIndexer> {
  const stop = new AbortController();
  const { role } = settings;
  if (role !== 'both' && (settings.databaseUrl ?? '') === '') {
    throw new IndexerError(
      'INDEXER_ROLE_NEEDS_SERVER',
      `A ${role} shares its database with other processes.`,
      {
        hint: 'Name a PostgreSQL with --database-url, or leave --role out.',
      },
    );
  }
  const http = await openHttp(settings.host, settings.port);
  opened.defer(() => http.close());
  log.info('opening the database');
  const database = await openDatabase({
    url: settings.databaseUrl,
    folder: settings.dataDir,
    remade: log,
  });
  opened.defer(() => database.close());
  log.info({ database: database.where }, 'bringing its tables up to date');
  if (role === 'reader') await migratedByOthers(database, log, stop.signal);
  else await migrateAlone(database, log, stop.signal);
  const prisma = openPrisma(database);
  opened.defer(() => prisma.$disconnect());
  const feed = await ChangeFeed.open(database);
  // Subscriptions hold their connections, so the feed ends before the server, and the server before the database.
  opened.defer(() => http.close());
  opened.defer(() => feed.close());
  const metrics = createMetrics();
  const writing: Writing = { role: 'starting', synchroniser: undefined, others: undefined };
  const status = (): IndexStatus => {
    const { synchroniser, others, role: now } = writing;
    if (synchroniser !== undefined) {
      const { state, head, cursor } = synchroniser.status;
      return { state, head, cursor };
    }
    return { state: now, head: others?.head, cursor: others?.cursor };
  };
  const asset = new AssetReader(settings.rpc, deployment, log, stop.signal);
  const published = new Published(settings.store.length === 0 ? undefined : openStore(settings.store));
  const { maxDepth, maxTokens, maxAliases, maxCost, maxRows, maxSeconds } = settings;
  const readings = database.readings({
    statementMilliseconds: maxSeconds * 1000,
    connections: READING_CONNECTIONS,
  });
  opened.defer(() => readings.close());
  const sockets = serveHttp(http, {
    schema: createSchema(),
    schemaText: await readFile(fileBeside(import.meta.url, './schema.graphql'), 'utf8'),
    serves: role !== 'writer',
    readings,
    context: { prisma, feed, status, deployment, asset, published },
    explorer: await readExplorer(),
    limits: {
      depth: maxDepth,
      tokens: maxTokens,
      aliases: maxAliases,
      cost: maxCost,
      rows: maxRows,
      milliseconds: maxSeconds * 1000,
      sockets: settings.maxSockets,
      streams: settings.maxStreams,
      subscriptions: settings.maxSubscriptions,
    },
    metrics,
    log,
  });
  opened.defer(async () => sockets?.close());
  log.info({ url: http.url, database: database.where, market: deployment.addresses.market }, 'indexer ready');
  const parts = { settings, deployment, database, prisma, metrics, log, signal: stop.signal, writing };
  const ended = role === 'reader' ? watch(parts) : write(parts);
  return {
    url: http.url,
    status,
    ended,
    async close() {
      stop.abort();
      await ended.catch(() => undefined);
      await opened.close();
    },
  };
}

interface Writing {
  /** While there is no synchroniser: the chain or the database is not there, or another process writes; of a reader, the writer's. */
  role: string;
  synchroniser: Synchroniser | undefined;
  /** What another process said that writes. */
  others: { readonly head: number | undefined; readonly cursor: number } | undefined;
}

interface Parts {
  readonly settings: IndexerSettings;
  readonly deployment: Deployment;
  readonly database: Database;
  readonly prisma: PrismaClient;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly writing: Writing;
}

/** Writes while it holds the lock; waits for it, and for the chain, as long as it takes. */
async function write(parts: Parts): Promise<void> {
  const { settings, deployment, database, log, signal } = parts;
  while (!signal.aborted) {
    const lock = await claim(parts);
    if (lock === undefined) return;
    parts.writing.role = 'starting';
    const until = AbortSignal.any([signal, lock.lost]);
    try {
      const provider = await connect({
        rpc: settings.rpc,
        rpcRate: settings.rpcRate,
        log,
        pollingInterval: settings.pollMilliseconds,
        connectTimeout: Infinity,
        // Then the synchroniser waits by itself, and says so.
        patience: 2000,
        signal: until,
      });
      try {
        expectChain(deployment, (await provider.getNetwork()).chainId);
        parts.writing.synchroniser = new Synchroniser({
          chain: new ChainReader(provider, emittersOf(deployment)),
          store: new MarketStore(database, parts.prisma, deployment),
          decode: createDecoder(deployment),
          metrics: parts.metrics,
          log,
          signal: until,
          finality: settings.finality,
          maxRange: settings.maxRange,
        });
        await parts.writing.synchroniser.run();
      } finally {
        provider.destroy();
      }
    } catch (error) {
      if (!until.aborted) throw error;
    } finally {
      parts.writing.synchroniser = undefined;
      await lock.release();
    }
    if (!signal.aborted) log.warn({ database: database.where }, 'no longer the writer');
  }
}

/** Waits for the lock, and for a database that is away. Undefined when the signal came first. */
async function claim(parts: Parts): Promise<DatabaseLock | undefined> {
  const { database, log, signal, writing } = parts;
  let said = '';
  const say = (message: string, fields: object): void => {
    if (said !== message) log.info({ database: database.where, ...fields }, message);
    said = message;
  };
  while (!signal.aborted) {
    try {
      const lock = await database.tryLock('indexer');
      if (lock !== undefined) return lock;
      await hear(parts);
      writing.role = 'standby';
      say('another indexer writes, serving only', {});
    } catch (error) {
      if (error instanceof SliceproofError && !error.retryable) throw error;
      writing.role = 'waiting';
      say('waiting for the database', { err: error });
    }
    await sleep(STANDBY_MS, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

/** What the writer left in the database of where it is. */
async function hear({ prisma, writing }: Parts): Promise<string | undefined> {
  const said = await prisma.sync.findFirst();
  if (said === null) return undefined;
  writing.others = { head: said.head ?? undefined, cursor: said.number };
  const silent = BigInt(Math.floor(Date.now() / 1000)) - said.seenAt > SILENT_SECONDS;
  return silent ? 'behind' : said.state;
}

/** Follows what the writer says until the signal aborts. */
async function watch(parts: Parts): Promise<void> {
  const { database, log, signal, writing } = parts;
  while (!signal.aborted) {
    try {
      writing.role = (await hear(parts)) ?? 'starting';
    } catch (error) {
      const named = await database.nameFailure(error);
      if (writing.role !== 'waiting') log.warn({ err: named }, 'waiting for the database');
      writing.role = 'waiting';
    }
    await sleep(STANDBY_MS / 2, undefined, { signal }).catch(() => undefined);
  }
}

/** A reader makes no tables. */
async function migratedByOthers(database: Database, log: Log, signal: AbortSignal): Promise<void> {
  let said = false;
  while (!(await isMigrated(database))) {
    if (!said) log.info({ database: database.where }, 'waiting for a writer to bring the tables up to date');
    said = true;
    await sleep(500, undefined, { signal });
  }
}

/** One at a time: two processes that both find no tables would both make them. */
async function migrateAlone(database: Database, log: Log, signal: AbortSignal): Promise<void> {
  for (;;) {
    const lock = await database.tryLock('indexer migration');
    if (lock === undefined) {
      await sleep(200, undefined, { signal });
      continue;
    }
    try {
      const applied = await migrate(database);
      if (applied.length > 0) log.info({ applied }, 'tables brought up to date');
      return;
    } finally {
      await lock.release();
    }
  }
}
