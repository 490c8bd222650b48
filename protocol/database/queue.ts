import { PgBoss, type Queue as QueueSettings } from 'pg-boss';
import type { z } from 'zod';
import type { Log } from '../log.ts';
import { nameDatabaseFailure, DatabaseError } from './errors.ts';
import type { Database } from './open.ts';

export interface OpenQueueOptions {
  readonly log: Log;
  /** The PostgreSQL schema that holds the queue's tables. Default: `queue`. */
  readonly schema?: string;
  /** A name for this process in the queue's register of instances. */
  readonly instance?: string;
}

export interface WorkQueueOptions<T extends object> {
  /** What a piece of work is; checked when it is sent and again when it is taken. JSON values only. */
  readonly schema: z.ZodType<T>;
  /** How often a failed piece is tried again. Default: 10. */
  readonly retryLimit?: number;
  /** Seconds before the first new try; doubled for each further one up to `retryDelayMax`. Default: 1. */
  readonly retryDelay?: number;
  /** Seconds between tries at most. Default: 60. */
  readonly retryDelayMax?: number;
  /** Seconds after which a running piece is given to somebody else. Default: 900. */
  readonly expireInSeconds?: number;
}

export interface WorkContext {
  readonly id: string;
  /** 0 for the first try. */
  readonly attempt: number;
  /** Aborts when the piece expired, was taken away, or the queue is closing without waiting. */
  readonly signal: AbortSignal;
}

export interface WorkCounts {
  readonly queued: number;
  readonly active: number;
}

export interface SendOptions {
  /** Names the piece: while one of this key is queued or running, another is not added. */
  readonly key: string;
  /** Larger goes first. Default: 0. */
  readonly priority?: number;
  readonly startAfter?: Date;
}

/** Durable work of one kind. */
export interface WorkQueue<T extends object> {
  readonly name: string;
  /** True when it was added, false when a piece with this key is already queued or running. */
  send(data: T, options: SendOptions): Promise<boolean>;
  /**
   * Takes pieces until the queue closes; another call takes more at once. A handler that throws has its piece tried again;
   * it may run again after a crash too, so it must bear being repeated. What it answers is kept: see {@link SharedQueue}.
   * @param concurrency how many run at once in this process. Default: 1.
   */
  work(
    handler: (data: T, context: WorkContext) => Promise<object | void>,
    concurrency?: number,
  ): Promise<void>;
  counts(): Promise<WorkCounts>;
}

/** Work whose answers somebody waits for, and that several processes share. */
export interface SharedQueue<T extends object> extends WorkQueue<T> {
  /** Those of these pieces that have ended, by key, with what their handler answered. */
  ended(keys: readonly string[]): Promise<ReadonlyMap<string, WorkEnd>>;
  /** Takes pieces back, with all that is kept of them; whoever works on one sees its signal abort. */
  forget(keys: readonly string[]): Promise<void>;
  /** Every process that takes pieces of this kind, as it last reported. */
  crew(): Promise<readonly CrewMember[]>;
}

/** How a piece ended: done, with its handler's answer, or after its last try, or taken back. */
export type WorkEnd = { readonly done: true; readonly answer: unknown } | { readonly done: false };

/** A process that takes pieces. */
export interface CrewMember {
  /** As it was opened, see {@link OpenQueueOptions}. */
  readonly instance: string | null;
  /** Pieces that it takes at once. */
  readonly places: number;
}

export interface Queue {
  /** For what this interface leaves out. */
  readonly boss: PgBoss;
  define<T extends object>(name: string, options: WorkQueueOptions<T>): Promise<SharedQueue<T>>;
  /**
   * Takes nothing new, waits for running pieces, and stops; the database stays open. Pieces that run longer
   * than `graceSeconds` have their signal aborted and are taken up again after the next start.
   */
  close(graceSeconds?: number): Promise<void>;
}

/** pg-boss's least value. A piece whose process vanished is taken up by another within about twice this. */
const HEARTBEAT_SECONDS = 10;
const SUPERVISE_SECONDS = 5;
/** How often a process reports itself; after three reports left out it counts as gone. */
const REPORT_SECONDS = 5;

/**
 * A durable queue (pg-boss) on either database. A piece of work that was sent is neither lost nor forgotten by
 * `kill -9`: in the embedded database, whose folder only one process can open, pieces that were running are
 * queued again as soon as their kind is defined; on a server they come back when their heartbeat stops.
 * @throws DatabaseError what the database says, or `QUEUE_START_FAILED`
 */
export async function openQueue(database: Database, options: OpenQueueOptions): Promise<Queue> {
  const { log, schema = 'queue', instance } = options;
  const boss = new PgBoss({
    ...database.queueOptions,
    schema,
    schedule: false,
    useListenNotify: true,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
    instanceHeartbeatSeconds: REPORT_SECONDS,
    ...(instance === undefined ? {} : { instanceName: instance }),
  });
  boss.on('error', (error) => log.warn({ err: nameDatabaseFailure(error, database.where) }, 'queue error'));
  boss.on('warning', (warning) => log.debug({ warning }, 'queue warning'));
  try {
    await boss.start();
  } catch (error) {
    const named = nameDatabaseFailure(error, database.where);
    if (named instanceof DatabaseError) throw named;
    throw new DatabaseError('QUEUE_START_FAILED', `The queue in ${database.where} does not start.`, {
      details: { where: database.where, schema },
      cause: error,
    });
  }
  return {
    boss,
    define: (name, settings) => defineWork({ boss, database, log, schema }, name, settings),
    close: (graceSeconds = 30) => boss.stop({ graceful: true, close: true, timeout: graceSeconds * 1000 }),
  };
}

interface Parts {
  readonly boss: PgBoss;
  readonly database: Database;
  readonly log: Log;
  readonly schema: string;
}

async function defineWork<T extends object>(
  parts: Parts,
  name: string,
  options: WorkQueueOptions<T>,
): Promise<SharedQueue<T>> {
  const { boss, database, log, schema } = parts;
  const settings: Omit<QueueSettings, 'name' | 'policy'> = {
    notify: true,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    retryLimit: options.retryLimit ?? 10,
    retryDelay: options.retryDelay ?? 1,
    retryBackoff: true,
    retryDelayMax: options.retryDelayMax ?? 60,
    expireInSeconds: options.expireInSeconds ?? 900,
    deleteAfterSeconds: 3600,
  };
  await boss.createQueue(name, { ...settings, policy: 'exclusive' });
  // A queue that an earlier version made keeps its settings otherwise.
  await boss.updateQueue(name, settings);
  if (database.kind === 'pglite') await requeueOrphans(parts, name);

  return {
    name,
    async send(data, { key, priority, startAfter }) {
      const id = await boss.send(name, options.schema.parse(data), {
        singletonKey: key,
        ...(priority === undefined ? {} : { priority }),
        ...(startAfter === undefined ? {} : { startAfter }),
      });
      return id !== null;
    },
    async work(handler, concurrency = 1) {
      const settings = { pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 2 };
      // One after the other, so that each can be told to look again by itself: pg-boss waits out the interval after every piece.
      for (let place = 0; place < concurrency; place++) {
        const self: string = await boss.work<unknown>(name, settings, async ([job]) => {
          if (job === undefined) return undefined;
          const data = options.schema.parse(job.data);
          try {
            return await handler(data, { id: job.id, attempt: job.retryCount, signal: job.signal });
          } catch (error) {
            log.warn({ err: error, queue: name, id: job.id, attempt: job.retryCount }, 'work failed');
            throw error;
          } finally {
            boss.notifyWorker(self);
          }
        });
      }
    },
    async counts() {
      // Counted here and now; pg-boss's own figures are as old as its last look.
      const stored = await boss.findJobs(name);
      const count = (...states: readonly string[]): number =>
        stored.filter((job) => states.includes(job.state)).length;
      return { queued: count('created', 'retry'), active: count('active') };
    },
    async ended(keys) {
      const rows = await database.query<{ key: string; state: string; output: unknown }>(
        `SELECT singleton_key AS key, state::text, output FROM "${schema}".job
         WHERE name = $1 AND singleton_key = ANY($2) AND state IN ('completed', 'failed', 'cancelled')`,
        [name, keys],
      );
      return new Map(
        rows.map(({ key, state, output }) => [
          key,
          state === 'completed' ? { done: true, answer: output } : { done: false },
        ]),
      );
    },
    async forget(keys) {
      const rows = await database.query<{ id: string }>(
        `SELECT id FROM "${schema}".job WHERE name = $1 AND singleton_key = ANY($2)`,
        [name, keys],
      );
      if (rows.length > 0)
        await boss.deleteJob(
          name,
          rows.map(({ id }) => id),
        );
    },
    async crew() {
      const instances = await boss.getInstances();
      // By the database's clock: this very process has reported itself of late.
      const latest = Math.max(...instances.map(({ heartbeatOn }) => heartbeatOn.getTime()));
      const oldest = latest - 3 * REPORT_SECONDS * 1000;
      return instances.flatMap(({ name: of, workers, heartbeatOn, stoppedOn }) => {
        if (stoppedOn !== null || heartbeatOn.getTime() < oldest) return [];
        const places = workers
          .filter(({ queue }) => queue === name)
          .reduce((sum, { localConcurrency }) => sum + localConcurrency, 0);
        return places > 0 ? [{ instance: of, places }] : [];
      });
    },
  };
}

/** Nobody else can have this folder open, so whatever is marked running belonged to a process that died. */
async function requeueOrphans({ boss, database, log, schema }: Parts, name: string): Promise<void> {
  const active = await database.query<{ id: string }>(
    `SELECT id FROM "${schema}".job WHERE name = $1 AND state = 'active'`,
    [name],
  );
  const orphans = active.map((job) => job.id);
  if (orphans.length === 0) return;
  await boss.fail(name, orphans, { message: 'the process that worked on it ended' });
  log.info({ queue: name, count: orphans.length }, 'unfinished work taken up again');
}
