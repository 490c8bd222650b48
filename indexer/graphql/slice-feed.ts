import { z } from 'zod';
import type { Database } from '../../protocol/database/open.ts';
import { SLICES_CHANNEL } from '../sync/market-store.ts';

const payloadSchema = z.array(z.string().max(80)).max(100).nullable();
/** A subscriber that is further behind is let go; it can ask again. */
const MOST_PENDING = 10_000;

/**
 * Ids of slices that changed, from whichever process wrote the change, once it is committed. A slow subscriber
 * hears of a slice once, however often it changed meanwhile.
 */
export class SliceFeed {
  readonly #subscribers = new Set<Subscriber>();
  #stop: () => Promise<void> = () => Promise.resolve();

  static async open(database: Database): Promise<SliceFeed> {
    const feed = new SliceFeed();
    feed.#stop = await database.listen(SLICES_CHANNEL, (notification) => {
      // What was missed can't be told, so everyone starts anew.
      if (notification.kind === 'gap') feed.#endAll();
      else feed.#publish(notification.payload);
    });
    return feed;
  }

  /**
   * Changes from this call on.
   * @param jobId only this job's slices
   */
  subscribe(jobId: string | undefined): AsyncIterableIterator<string> {
    const subscriber: Subscriber = new Subscriber(jobId, () => this.#subscribers.delete(subscriber));
    this.#subscribers.add(subscriber);
    return subscriber;
  }

  async close(): Promise<void> {
    this.#endAll();
    await this.#stop();
  }

  #publish(payload: string): void {
    const parsed = payloadSchema.safeParse(JSON.parse(payload));
    if (!parsed.success) return;
    // All rows were made again.
    if (parsed.data === null) return this.#endAll();
    for (const subscriber of this.#subscribers) subscriber.add(parsed.data);
  }

  #endAll(): void {
    for (const subscriber of this.#subscribers) subscriber.end();
  }
}

/** One reader of the feed. Not a generator: it listens before it is first read. */
class Subscriber implements AsyncIterableIterator<string> {
  readonly #jobId: string | undefined;
  readonly #leave: () => void;
  readonly #pending = new Set<string>();
  #wake: () => void = () => undefined;
  #ended = false;

  constructor(jobId: string | undefined, leave: () => void) {
    this.#jobId = jobId;
    this.#leave = leave;
  }

  add(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#jobId === undefined || id.startsWith(`${this.#jobId}:`)) this.#pending.add(id);
    }
    if (this.#pending.size > MOST_PENDING) this.end();
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#leave();
    this.#wake();
  }

  async next(): Promise<IteratorResult<string, undefined>> {
    for (;;) {
      if (this.#ended) return { done: true, value: undefined };
      for (const id of this.#pending) {
        this.#pending.delete(id);
        return { done: false, value: id };
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<string, undefined>> {
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
