import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../protocol/database/open.ts';
import { openQueue, type CrewMember, type SharedQueue } from '../../protocol/database/queue.ts';
import type { Log } from '../../protocol/log.ts';
import { Opened, openAll } from '../../protocol/opened.ts';
import { ProveError } from '../../groth16/prove/errors.ts';
import type { MeasuredProof } from '../../groth16/prove/worker-messages.ts';
import { pieceSchema, proofOf, type Piece } from './piece.ts';

export interface ExchangeOptions {
  /** Of a PostgreSQL server: the embedded database has room for one process. */
  readonly databaseUrl: string;
  /** Names this process among those that share the queue. */
  readonly instance: string;
  readonly log: Log;
}

/** Milliseconds between looks for answers. */
const LOOK_MS = 250;
/** A proof that takes longer is given to somebody else: the largest slices take minutes. */
const EXPIRE_SECONDS = 3600;

interface Asked {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Where nodes and workers meet: a queue of proofs to be made in a PostgreSQL. A piece says everything, so any number of nodes
 * may share it with any number of workers, and none of them need know another. What a worker took is given to another when it
 * isn't heard of for some ten to twenty seconds. Pieces and answers are deleted as soon as they are collected.
 */
export class Exchange {
  readonly #work: SharedQueue<Piece>;
  readonly #opened: Opened;
  readonly #closeQueue: (graceSeconds: number) => Promise<void>;
  readonly #asked = new Map<string, Asked>();
  #looking = false;

  private constructor(
    work: SharedQueue<Piece>,
    opened: Opened,
    closeQueue: (graceSeconds: number) => Promise<void>,
  ) {
    this.#work = work;
    this.#opened = opened;
    this.#closeQueue = closeQueue;
  }

  /** @throws DatabaseError DATABASE_*, QUEUE_START_FAILED */
  static async open({ databaseUrl, instance, log }: ExchangeOptions): Promise<Exchange> {
    return openAll(async (opened) => {
      const database = await openDatabase({ url: databaseUrl, folder: '' });
      opened.defer(() => database.close());
      const queue = await openQueue(database, { log, schema: 'proofs', instance });
      let closed: Promise<void> | undefined;
      const closeQueue = (graceSeconds: number): Promise<void> => (closed ??= queue.close(graceSeconds));
      opened.defer(() => closeQueue(0));
      const work = await queue.define('prove', {
        schema: pieceSchema,
        // Whoever asks gives up by himself: a piece that one worker can't prove waits for another.
        retryLimit: 200,
        retryDelayMax: 5,
        expireInSeconds: EXPIRE_SECONDS,
      });
      return new Exchange(work, opened, closeQueue);
    });
  }

  /**
   * Has a proof made by whoever takes the piece first.
   * @param priority larger goes first
   * @throws ProveError PROVE_ABORTED, PROVE_WORKERS_FAILED (retryable: every
   * worker that took it failed), and what a worker says of key or
   * witness; BadInputError for an answer that is no proof; DatabaseError, or whatever the driver throws, when the database is away
   */
  async prove(
    piece: Piece,
    { priority, signal }: { readonly priority: number; readonly signal: AbortSignal | undefined },
  ): Promise<MeasuredProof> {
    const key = randomUUID();
    const answered = new Promise<unknown>((resolve, reject) => this.#asked.set(key, { resolve, reject }));
    // It may be given up before anybody waits for it.
    answered.catch(() => undefined);
    const giveUp = (): void =>
      this.#asked
        .get(key)
        ?.reject(new ProveError('PROVE_ABORTED', 'the proof was given up', { cause: signal?.reason }));
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await this.#work.send(piece, { key, priority });
      if (signal?.aborted) giveUp();
      void this.#look();
      return proofOf(await answered);
    } finally {
      signal?.removeEventListener('abort', giveUp);
      this.#asked.delete(key);
      // Where the database is away, it goes with the queue's own deadline.
      await this.#work.forget([key]).catch(() => undefined);
    }
  }

  /** Takes pieces, so many more at once. See {@link SharedQueue.work}. */
  take(handler: (piece: Piece, signal: AbortSignal) => Promise<object>, places: number): Promise<void> {
    return this.#work.work((piece, { signal }) => handler(piece, signal), places);
  }

  /** Everybody who takes pieces now. */
  crew(): Promise<readonly CrewMember[]> {
    return this.#work.crew();
  }

  /** Takes nothing new and waits so long for what runs; the rest is taken up by others. */
  drain(graceSeconds: number): Promise<void> {
    return this.#closeQueue(graceSeconds);
  }

  async close(): Promise<void> {
    const closed = new ProveError('PROVER_POOL_CLOSED', 'the node is stopping', { retryable: true });
    for (const { reject } of this.#asked.values()) reject(closed);
    await this.#opened.close();
  }

  /** While anything is asked for. */
  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      while (this.#asked.size > 0) {
        for (const [key, end] of await this.#work.ended([...this.#asked.keys()])) {
          const asked = this.#asked.get(key);
          if (end.done) asked?.resolve(end.answer);
          else
            asked?.reject(
              new ProveError('PROVE_WORKERS_FAILED', 'no worker could make this proof', {
                retryable: true,
                hint: 'their logs say why',
              }),
            );
          this.#asked.delete(key);
        }
        await sleep(LOOK_MS);
      }
    } catch (error) {
      for (const { reject } of this.#asked.values()) reject(error);
      this.#asked.clear();
    } finally {
      this.#looking = false;
    }
  }
}
