/** Characters of all queries that are kept: of the longest that is taken, a hundred. */
const KEPT_CHARACTERS = 4_000_000;
const LONGEST = 40_000;

/**
 * Queries by their sha-256, as clients with automatic persisted queries register them. The one that was asked for longest ago goes
 * first; its client sends it again. A longer one than any that the limits let through is not kept.
 */
export class PersistedQueries {
  readonly #queries = new Map<string, string>();
  #characters = 0;

  get(hash: string): string | undefined {
    const query = this.#queries.get(hash);
    if (query === undefined) return undefined;
    this.#queries.delete(hash);
    this.#queries.set(hash, query);
    return query;
  }

  set(hash: string, query: string): void {
    if (query.length > LONGEST || this.#queries.has(hash)) return;
    this.#queries.set(hash, query);
    this.#characters += query.length;
    for (const [oldest, text] of this.#queries) {
      if (this.#characters <= KEPT_CHARACTERS) break;
      this.#queries.delete(oldest);
      this.#characters -= text.length;
    }
  }
}
