import pg from 'pg';

/** Statements that only read, each of which ends when nobody waits for it any more. */
export interface Readings {
  /**
   * One statement, parameters as `$1`.
   * @param signal ends it, in the database too where that is a server
   * @throws the signal's reason; what the database says
   */
  query<Row>(sql: string, parameters?: readonly unknown[], signal?: AbortSignal): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export interface ReadingsOptions {
  /** Milliseconds after which a server ends a statement, whoever waits for it. */
  readonly statementMilliseconds: number;
  /** Connections at most. */
  readonly connections: number;
}

/** Connections of their own: what is read by many never takes those of who writes. */
export function readFromPostgres(
  url: string,
  { statementMilliseconds, connections }: ReadingsOptions,
): Readings {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 10_000,
    statement_timeout: statementMilliseconds,
  });
  const canceller = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 10_000 });
  // An idle connection that breaks is replaced at the next statement.
  for (const one of [pool, canceller]) one.on('error', () => undefined);
  pool.on('connect', (client) => {
    // Whoever reads wants some rows of many, in order: the way along an index ends with them, others look at all there are. Where a
    // small table has no other way, that way counts as so dear that PostgreSQL would compile the statement, for a second of CPU.
    client
      .query(
        'SET default_transaction_read_only = on; SET enable_seqscan = off; SET enable_bitmapscan = off; SET jit = off',
      )
      .catch(() => undefined);
  });
  return {
    async query<Row>(sql: string, parameters: readonly unknown[] = [], signal?: AbortSignal) {
      signal?.throwIfAborted();
      const client = await pool.connect();
      let cancelled: Promise<unknown> | undefined;
      const cancel = (): void => {
        const { processID } = client as unknown as { readonly processID: number };
        cancelled = canceller.query('SELECT pg_cancel_backend($1)', [processID]).catch(() => undefined);
      };
      let broken = false;
      try {
        signal?.throwIfAborted();
        signal?.addEventListener('abort', cancel, { once: true });
        return (await client.query(sql, [...parameters])).rows as readonly Row[];
      } catch (error) {
        signal?.throwIfAborted();
        broken = !(error instanceof pg.DatabaseError);
        throw error;
      } finally {
        signal?.removeEventListener('abort', cancel);
        // It must not reach the next statement on this connection.
        await cancelled;
        client.release(broken);
      }
    },
    async close() {
      await Promise.all([pool.end(), canceller.end()]);
    },
  };
}
