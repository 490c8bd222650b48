import { isOutage } from './provider.ts';

/** Events of one request that are many: the next asks for fewer blocks. Services stop at 10,000, or at some megabytes. */
const MANY = 4000;
/** After so many answers a width that was refused once is tried again. */
const FORGIVEN_AFTER = 32;

/**
 * How many blocks a service gives the events of at once. Services limit blocks, results, bytes and time, and say so in many
 * ways, so anything but an outage that they answer means: fewer. The width shrinks by what is refused and by how dense
 * events are, and grows again while nothing is.
 */
export class LogSpan {
  readonly #most: number;
  readonly #many: number;
  #width: number;
  #refused = Number.POSITIVE_INFINITY;
  #answers = 0;

  /**
   * @param most blocks of one request; Infinity: all at once, for events of which there are few
   * @param first blocks of the first request; default: as many
   * @param many events of one request that are enough
   */
  constructor(most: number, { first = most, many = MANY }: { first?: number; many?: number } = {}) {
    this.#most = most;
    this.#many = many;
    this.#width = Math.min(first, most);
  }

  /**
   * Events from a block on, as far as the service gives them at once.
   * @param to last block that is wanted
   * @param ask asks for the events of some blocks, both ends included
   * @returns the events, and the last block that they are of
   * @throws what `ask` throws of a single block, or when the chain is away or the signal aborted
   */
  async read<T>(
    from: number,
    to: number,
    ask: (from: number, to: number) => Promise<readonly T[]>,
    signal?: AbortSignal,
  ): Promise<{ readonly found: readonly T[]; readonly to: number }> {
    for (;;) {
      const end = Math.min(to, from + this.#width - 1);
      const blocks = end - from + 1;
      try {
        const found = await ask(from, end);
        this.#answered(blocks, found.length);
        return { found, to: end };
      } catch (error) {
        if (signal?.aborted || isOutage(error) || blocks <= 1) throw error;
        this.#refused = Math.min(this.#refused, blocks);
        this.#answers = 0;
        this.#width = Math.floor(blocks / 2);
      }
    }
  }

  #answered(blocks: number, events: number): void {
    if (++this.#answers % FORGIVEN_AFTER === 0) this.#refused = Number.POSITIVE_INFINITY;
    const dense = Math.max(1, Math.floor((blocks * this.#many) / Math.max(events, 1)));
    this.#width = Math.min(this.#most, Math.max(this.#width, blocks) * 2, this.#refused - 1, dense);
  }
}
