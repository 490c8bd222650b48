import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRetryable } from '../../protocol/errors.ts';
import type { Log } from '../../protocol/log.ts';
import { openAll } from '../../protocol/opened.ts';
import { FolderStore } from '../../protocol/store/folder-store.ts';
import { openPlace } from '../../protocol/store/open.ts';
import { StoreChain } from '../../protocol/store/store-chain.ts';
import { openPool } from '../prover-pool.ts';
import { Exchange } from './exchange.ts';
import { Memory, memoryOfMachine } from './memory.ts';
import { WORKER } from './provers.ts';
import type { WorkerSettings } from './settings.ts';
import { takePieces } from './take.ts';

export interface RunningWorker {
  /** Takes nothing new and finishes what runs; what runs longer than that is taken up by others. */
  stop(graceSeconds: number): Promise<void>;
}

export interface WorkerOptions {
  readonly settings: WorkerSettings;
  readonly log: Log;
  /** Gives up starting. */
  readonly signal: AbortSignal;
}

/** Milliseconds between tries to reach the database. */
const AGAIN_MS = 5_000;

/**
 * Starts a worker: it proves what nodes put into their PostgreSQL. It has no key of an account and asks no chain; what it needs
 * to know is in the piece and, by its digest, in the store.
 * @throws ConfigError NODE_NO_PROVER_COMMAND; DatabaseError but for a database that is away: that is waited for
 */
export function startWorker({ settings, log, signal }: WorkerOptions): Promise<RunningWorker> {
  return openAll(async (opened) => {
    const pool = openPool(settings);
    opened.defer(() => pool.close());
    const { name, databaseUrl, dataDir, workers: places, storeToken: token } = settings;
    const exchange = await patiently(
      () => Exchange.open({ databaseUrl, instance: `${WORKER}${name}`, log }),
      log,
      signal,
    );
    opened.defer(() => exchange.close());
    const cache = new FolderStore(path.join(dataDir, 'artifacts'));
    const store = new StoreChain(
      settings.store.map((place) => openPlace(place, { token })),
      cache,
    );
    const memory = new Memory(settings.maxMemory ?? memoryOfMachine());
    await takePieces({ exchange, worker: name, places, pool, store, cache, memory, log });
    log.info({ places }, 'worker ready');
    return {
      async stop(graceSeconds) {
        await exchange.drain(graceSeconds);
        await opened.close();
      },
    };
  });
}

/** Again until the database answers; says once that it doesn't. */
async function patiently<T>(open: () => Promise<T>, log: Log, signal: AbortSignal): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await open();
    } catch (error) {
      if (!isRetryable(error)) throw error;
      if (tries === 0) log.warn({ err: error }, 'the database is not reached, waiting for it');
      await sleep(AGAIN_MS, undefined, { signal });
    }
  }
}
