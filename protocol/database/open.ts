import { access, mkdir, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { messages, type PGlite } from '@electric-sql/pglite';
import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { fromPglite, type ConstructorOptions as QueueOptions } from 'pg-boss';
import { claimPostgresLock, type DatabaseLock } from './advisory-lock.ts';
import { EmptyCluster, startOnFiles } from './empty-cluster.ts';
import { DatabaseError, diskFull, nameDatabaseFailure } from './errors.ts';
import { setAside } from '../files/kept-json.ts';
import { writeWhole } from '../files/write-whole.ts';
import type { Log } from '../log.ts';
import { listenOnPostgres, type Notification } from './listen.ts';
import { lockFolder } from './folder-lock.ts';
import { PGliteAdapterFactory } from './pglite-adapter.ts';
import { readFromPostgres, type Readings, type ReadingsOptions } from './readings.ts';

/** An open database, embedded or a server: the same SQL, the same Prisma schema, the same queue. */
export interface Database {
  readonly kind: 'pglite' | 'postgres';
  /** For people: the folder, or the server and database without user and password. */
  readonly where: string;
  /** For `new PrismaClient({ adapter })` and the schema engine. */
  readonly adapter: SqlMigrationAwareDriverAdapterFactory;
  /**
   * An adapter whose work is one transaction: done whole, or not at all, whenever this process ends. Its session is closed
   * with it, for work that leaves something behind there (Prisma's schema engine never lets go of its advisory lock).
   */
  asOne<T>(work: (adapter: SqlMigrationAwareDriverAdapterFactory) => Promise<T>): Promise<T>;
  /** For pg-boss; use `openQueue`. */
  readonly queueOptions: Pick<QueueOptions, 'backend' | 'db' | 'connectionString' | 'max'>;
  /** One statement, parameters as `$1`. Failures that have a name are thrown by it. */
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<readonly Row[]>;
  /** For many that read: see {@link Readings}. The embedded database has one session, whose statements can't be ended. */
  readings(options: ReadingsOptions): Readings;
  /**
   * A lock by name across every process that uses this database; undefined when another holds it. Ends with
   * `release`, with this process, or with the connection (then `lost` aborts). In the embedded database the
   * folder's lock has already shut everyone else out.
   */
  tryLock(name: string): Promise<DatabaseLock | undefined>;
  /**
   * Hears what is sent with NOTIFY on a channel, from any process that uses this database, once its transaction
   * has committed.
   * @param channel small letters and _
   * @returns stops listening
   */
  listen(channel: string, notify: (notification: Notification) => void): Promise<() => Promise<void>>;
  /** Gives a failure of whatever was built on this database its name, if it has one: see `nameDatabaseFailure`. */
  nameFailure(error: unknown): Promise<unknown>;
  /** Waits for what is running, then lets go of the folder. Safe to call twice. */
  close(): Promise<void>;
}

export interface OpenDatabaseOptions {
  /** `postgres://user:password@host:port/database`; when absent the embedded database in `folder` is used. */
  readonly url?: string | undefined;
  /** Where the embedded database keeps its files; made when it does not exist. */
  readonly folder: string;
  /**
   * For an embedded database that can be made again from elsewhere: files that it doesn't start from are set aside, with a
   * word in this log, and it begins empty.
   */
  readonly remade?: Log;
  /** Connections to a PostgreSQL server at most. Default: 10. */
  readonly maxConnections?: number;
}

/**
 * Opens the PostgreSQL that `url` names, or else an embedded one (PGlite) in `folder`.
 *
 * A transaction committed to the embedded database survives `kill -9` of this process. PGlite runs without
 * fsync, so it does not promise to survive a power cut; PostgreSQL does.
 *
 * @throws DatabaseError `DATABASE_LOCKED` when a live process has the folder open, `DATABASE_UNREADABLE`,
 * `DATABASE_DISK_FULL`, `DATABASE_UNREACHABLE`, `DATABASE_URL_INVALID`, `DATABASE_OPEN_FAILED`
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { url, folder, remade, maxConnections = 10 } = options;
  return url === undefined || url === ''
    ? openEmbedded(path.resolve(folder), remade)
    : openServer(url, maxConnections);
}

async function openEmbedded(folder: string, remade: Log | undefined): Promise<Database> {
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw await nameEmbeddedFailure(error, folder);
    }
  };
  const lock = await named(async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return lockFolder(folder);
  });
  const pglite = await named(() => startPGlite(folder, remade)).catch(async (error: unknown) => {
    await lock.release();
    throw error;
  });
  const close = once(async () => {
    // Without this a failed shutdown (a full disk) would leave the folder locked for a process that goes on.
    try {
      await pglite.close();
    } finally {
      await lock.release();
    }
  });
  const query = <Row>(sql: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> =>
    named(async () => (await pglite.query<Row>(sql, [...parameters])).rows);
  return {
    kind: 'pglite',
    where: folder,
    adapter: new PGliteAdapterFactory(pglite),
    // There is one session, and nobody else to be locked out.
    asOne: (work) =>
      named(() =>
        transact(
          (sql) => pglite.exec(sql),
          () => work(new PGliteAdapterFactory(pglite)),
        ),
      ),
    queueOptions: { backend: 'pglite', db: fromPglite(pglite) },
    query,
    readings: () => ({
      query: (sql, parameters, signal) => {
        signal?.throwIfAborted();
        return query(sql, parameters);
      },
      close: () => Promise.resolve(),
    }),
    tryLock: () => Promise.resolve({ lost: new AbortController().signal, release: () => Promise.resolve() }),
    listen: (channel, notify) => pglite.listen(channel, (payload) => notify({ kind: 'payload', payload })),
    nameFailure: (error) => nameEmbeddedFailure(error, folder),
    close: () => named(close),
  };
}

async function startPGlite(folder: string, remade: Log | undefined): Promise<PGlite> {
  const files = path.join(folder, 'postgres');
  const marker = path.join(folder, 'initialised');
  try {
    const initialised = await access(marker).then(
      () => true,
      () => false,
    );
    if (initialised) return await startOnFiles(files);
    // Its making was interrupted: nothing is in it yet, and PGlite would take it for a whole one.
    await rm(files, { recursive: true, force: true });
    const pglite = await new EmptyCluster().startOn(files);
    await writeWhole(marker, '');
    return pglite;
  } catch (error) {
    const named = await nameEmbeddedFailure(error, folder);
    if (named instanceof DatabaseError) throw named;
    if (remade !== undefined) {
      await rm(marker, { force: true });
      await setAside(files, messageOf(error), remade);
      return startPGlite(folder, undefined);
    }
    throw new DatabaseError('DATABASE_OPEN_FAILED', `The embedded database in ${folder} does not start.`, {
      hint: 'Its files may be damaged or of another version. What an indexer keeps can be read from the chain again: name a new folder.',
      details: { folder },
      cause: error,
    });
  }
}

/** One segment of PostgreSQL's write-ahead log: with less than this free it can't go on. */
const LEAST_FREE_BYTES = 16 * 2 ** 20;

/** PGlite ends on a full disk without saying why, so an error that names no cause has the disk looked at. */
async function nameEmbeddedFailure(error: unknown, folder: string): Promise<unknown> {
  const named = nameDatabaseFailure(error, folder);
  if (named instanceof DatabaseError || error instanceof messages.DatabaseError) return named;
  const disk = await statfs(folder).catch(() => undefined);
  if (disk === undefined || disk.bavail * disk.bsize >= LEAST_FREE_BYTES) return named;
  return diskFull(folder, error);
}

async function openServer(url: string, maxConnections: number): Promise<Database> {
  const where = serverOf(url);
  const pool = new pg.Pool({ connectionString: url, max: maxConnections, connectionTimeoutMillis: 10_000 });
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw nameDatabaseFailure(error, where);
    }
  };
  const close = once(() => pool.end());
  const query = <Row>(sql: string, parameters: readonly unknown[] = []): Promise<readonly Row[]> =>
    named(async () => (await pool.query(sql, [...parameters])).rows as readonly Row[]);
  try {
    await query('SELECT 1');
  } catch (error) {
    await close();
    if (error instanceof DatabaseError) throw error;
    throw new DatabaseError('DATABASE_OPEN_FAILED', `PostgreSQL at ${where} refuses: ${messageOf(error)}`, {
      hint: 'Check user, password and database in database-url.',
      details: { where },
      cause: error,
    });
  }
  return {
    kind: 'postgres',
    where,
    adapter: new PrismaPg(pool),
    asOne: (work) =>
      named(async () => {
        // A single connection, which is never let go of: what is asked of it is in its transaction.
        const own = new pg.Pool({
          ...{ connectionString: url, max: 1, idleTimeoutMillis: 0, connectionTimeoutMillis: 10_000 },
        });
        own.on('error', () => undefined);
        return transact(
          (sql) => own.query(sql),
          () => work(new PrismaPg(own)),
        ).finally(() => own.end());
      }),
    queueOptions: { backend: 'postgres', connectionString: url, max: Math.min(4, maxConnections) },
    query,
    readings: (options) => {
      const readings = readFromPostgres(url, options);
      return { ...readings, query: (...statement) => named(() => readings.query(...statement)) };
    },
    tryLock: (name) => named(() => claimPostgresLock(url, name)),
    listen: (channel, notify) => named(() => listenOnPostgres(url, channel, notify)),
    nameFailure: (error) => Promise.resolve(nameDatabaseFailure(error, where)),
    close,
  };
}

/** @param execute executes a statement in the session that the work is done in */
async function transact<T>(execute: (sql: string) => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  await execute('BEGIN');
  try {
    const done = await work();
    await execute('COMMIT');
    return done;
  } catch (error) {
    await execute('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function serverOf(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw urlInvalid(cause);
  }
  if (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:') throw urlInvalid();
  return `${parsed.host}${parsed.pathname}`;
}

/** Says nothing of the value: it may hold a password. */
function urlInvalid(cause?: unknown): DatabaseError {
  return new DatabaseError('DATABASE_URL_INVALID', 'The setting database-url is not a PostgreSQL address.', {
    hint: 'Expected postgres://user:password@host:5432/database.',
    cause,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}
