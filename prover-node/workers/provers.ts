import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from '../../protocol/database/errors.ts';
import { SliceproofError } from '../../protocol/errors.ts';
import type { Log } from '../../protocol/log.ts';
import type { FolderStore } from '../../protocol/store/folder-store.ts';
import type { ArtifactStore } from '../../protocol/store/store.ts';
import type { ProverPool } from '../../groth16/prove/pool.ts';
import type { SharedJob } from '../../groth16/prove/prover-pool.ts';
import type { MeasuredProof } from '../../groth16/prove/worker-messages.ts';
import { Exchange } from './exchange.ts';
import { Memory } from './memory.ts';
import { takePieces } from './take.ts';

/** What proves for a node: its own processes, and workers on other machines where there is an exchange. */
export interface Provers {
  /** @throws as {@link ProverPool.prove} and {@link Exchange.prove} */
  prove(job: SharedJob): Promise<MeasuredProof>;
  /** Proofs that are made at once for this node, as far as is known now. */
  readonly places: number;
  close(): Promise<void>;
}

/** This machine alone. */
export function ownProvers(pool: ProverPool, places: number): Provers {
  return {
    prove: (job) => pool.prove(job),
    places,
    close: () => pool.close(),
  };
}

export interface SharedProversOptions {
  readonly pool: ProverPool;
  /** Processes of the pool. */
  readonly workers: number;
  readonly databaseUrl: string;
  readonly name: string;
  readonly store: ArtifactStore;
  readonly cache: FolderStore;
  /** Bytes that proofs may take here together. */
  readonly maxMemory: number;
  readonly log: Log;
}

/** How nodes and workers are told apart among those that take pieces. */
export const NODE = 'node ';
export const WORKER = 'worker ';

/** Milliseconds between looks at who is there, and between tries to open an exchange that is away. */
const LOOK_MS = 5_000;

/** Larger witnesses, of millions of wires, stay on this machine. */
const MOST_WITNESS_BYTES = 64 * 2 ** 20;

/**
 * This machine and all workers of an exchange, of which a node takes pieces as any worker does. While the exchange is away, the
 * node proves as if it were alone: nothing that it holds waits for a database.
 */
export function openSharedProvers(options: SharedProversOptions): Provers {
  const { pool, workers, databaseUrl, name, log } = options;
  const closing = new AbortController();
  let exchange: Exchange | undefined;
  let places = workers;

  const open = async (): Promise<Exchange> => {
    const opened = await Exchange.open({ databaseUrl, instance: `${NODE}${name}`, log });
    const memory = new Memory(options.maxMemory);
    try {
      await takePieces({ ...options, exchange: opened, worker: name, places: workers, memory });
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  };

  const look = async (): Promise<void> => {
    if (exchange === undefined) {
      exchange = await open();
      log.info('proofs are shared with workers');
    }
    const crew = await exchange.crew();
    const all = crew.reduce((sum, member) => sum + member.places, 0);
    const nodes = crew.filter(({ instance }) => instance?.startsWith(NODE)).length;
    const now = nodes === 0 ? workers : Math.max(1, Math.floor(all / nodes));
    if (now !== places)
      log.info({ places: now, members: crew.length, nodes }, 'proofs that are made at once changed');
    places = now;
  };

  const watch = async (): Promise<void> => {
    let away = false;
    while (!closing.signal.aborted) {
      try {
        await look();
        if (away) log.info('workers are reached again');
        away = false;
      } catch (error) {
        places = workers;
        if (!away) log.warn({ err: error }, 'workers are not reached, this machine proves alone');
        away = true;
      }
      await sleep(LOOK_MS, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
    }
  };
  const watching = watch();

  return {
    async prove(job) {
      const { key, priority = 0, signal, witness } = job;
      if (exchange === undefined || key === undefined || witness.length > MOST_WITNESS_BYTES)
        return pool.prove(job);
      const piece = { key, witness: Buffer.from(witness).toString('base64') };
      try {
        return await exchange.prove(piece, { priority, signal });
      } catch (error) {
        // What a worker says of this proof has a name; anything else is between here and there.
        if (error instanceof SliceproofError && !(error instanceof DatabaseError)) throw error;
        log.warn({ err: error }, 'workers are not reached, the proof is made on this machine');
        return pool.prove(job);
      }
    },
    get places() {
      return places;
    },
    async close() {
      closing.abort();
      await watching;
      await exchange
        ?.close()
        .catch((error: unknown) => log.warn({ err: error }, 'the exchange did not close'));
      await pool.close();
    },
  };
}
