import { z } from 'zod';
import type { Database } from '../../protocol/database/open.ts';
import { SLICES_CHANNEL } from '../sync/market-store.ts';

const payloadSchema = z.array(z.string().max(80)).max(100);
/** A subscriber that is further behind is let go; it can ask again. */
const MOST_PENDING = 10_000;

interface Subscriber {
  readonly wants: (id: string) => boolean;
  readonly pending: Set<string>;
  wake: () => void;
  ended: boolean;
}

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

  /** @param jobId only this job's slices */
  async *subscribe(jobId: string | undefined): AsyncGenerator<string, void, undefined> {
    const subscriber: Subscriber = {
      wants: (id) => jobId === undefined || id.startsWith(`${jobId}:`),
      pending: new Set(),
      wake: () => undefined,
      ended: false,
    };
    this.#subscribers.add(subscriber);
    try {
      while (!subscriber.ended) {
        for (const id of subscriber.pending) {
          subscriber.pending.delete(id);
          yield id;
        }
        if (subscriber.pending.size === 0 && !subscriber.ended) {
          await new Promise<void>((resolve) => {
            subscriber.wake = resolve;
          });
        }
      }
    } finally {
      this.#subscribers.delete(subscriber);
    }
  }

  async close(): Promise<void> {
    this.#endAll();
    await this.#stop();
  }

  #publish(payload: string): void {
    const parsed = payloadSchema.safeParse(JSON.parse(payload));
    if (!parsed.success) return;
    for (const subscriber of this.#subscribers) {
      for (const id of parsed.data) if (subscriber.wants(id)) subscriber.pending.add(id);
      if (subscriber.pending.size > MOST_PENDING) subscriber.ended = true;
      subscriber.wake();
    }
  }

  #endAll(): void {
    for (const subscriber of this.#subscribers) {
      subscriber.ended = true;
      subscriber.wake();
    }
  }
}
