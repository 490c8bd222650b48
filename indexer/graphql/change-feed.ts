import type { Database } from '../../protocol/database/open.ts';
import { CHANGES_CHANNEL, readNotification, type ToldTable } from '../sync/notify.ts';

/** A subscriber that is further behind is let go; it can ask again. */
const MOST_PENDING = 10_000;

/**
 * Ids of rows that changed, from whichever process wrote the change, once it is committed. A slow subscriber hears of a row once,
 * however often it changed meanwhile.
 */
export class ChangeFeed {
  readonly #subscribers = new Set<Subscriber>();
  #stop: () => Promise<void> = () => Promise.resolve();

  static async open(database: Database): Promise<ChangeFeed> {
    const feed = new ChangeFeed();
    feed.#stop = await database.listen(CHANGES_CHANNEL, (notification) => {
      // What was missed can't be told, so everyone starts anew.
      if (notification.kind === 'gap') feed.#endAll();
      else feed.#publish(notification.payload);
    });
    return feed;
  }

  /**
   * Changes from this call on.
   * @param start what an id begins with; undefined: any
   */
  subscribe(table: ToldTable, start?: string): AsyncIterableIterator<string> {
    const subscriber: Subscriber = new Subscriber(table, start ?? '', () =>
      this.#subscribers.delete(subscriber),
    );
    this.#subscribers.add(subscriber);
    return subscriber;
  }

  async close(): Promise<void> {
    this.#endAll();
    await this.#stop();
  }

  #publish(payload: string): void {
    const told = readNotification(payload);
    if (told === undefined) return;
    // All rows were made again.
    if (told === null) return this.#endAll();
    for (const subscriber of this.#subscribers) subscriber.add(told.table, told.ids);
  }

  #endAll(): void {
    for (const subscriber of this.#subscribers) subscriber.end();
  }
}

/** One reader of the feed. Not a generator: it listens before it is first read. */
class Subscriber implements AsyncIterableIterator<string> {
  readonly #table: ToldTable;
  readonly #start: string;
  readonly #leave: () => void;
  readonly #pending = new Set<string>();
  #wake: () => void = () => undefined;
  #ended = false;

  constructor(table: ToldTable, start: string, leave: () => void) {
    this.#table = table;
    this.#start = start;
    this.#leave = leave;
  }

  add(table: ToldTable, ids: readonly string[]): void {
    if (table !== this.#table) return;
    for (const id of ids) if (id.startsWith(this.#start)) this.#pending.add(id);
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
