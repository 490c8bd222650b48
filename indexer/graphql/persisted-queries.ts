import { createHash } from 'node:crypto';
import { GraphQLError } from 'graphql';

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

/**
 * A query's sha-256, lower-case hexadecimal. Yoga looks after this only at whether a query is a text.
 * @throws GraphQLError BAD_REQUEST
 */
export function hashOfQuery(query: unknown): string {
  if (typeof query !== 'string') {
    throw new GraphQLError('Expected `query` to be a string.', {
      extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
    });
  }
  return createHash('sha256').update(query).digest('hex');
}
