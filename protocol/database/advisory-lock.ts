import { createHash } from 'node:crypto';
import pg from 'pg';

export interface DatabaseLock {
  /** Aborts when the lock is gone although nobody released it: the connection that held it broke. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * A session-level advisory lock on a connection of its own, so that it ends with the process even after
 * `kill -9`. Undefined when another session holds it.
 */
export async function claimPostgresLock(url: string, name: string): Promise<DatabaseLock | undefined> {
  // Without TCP keepalive a lock would outlive a vanished machine by hours.
  const client = new pg.Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 10_000 });
  const lost = new AbortController();
  let released = false;
  const ended = (): void => {
    if (!released) lost.abort();
  };
  client.on('error', ended);
  client.on('end', ended);
  await client.connect();
  const { rows } = await client.query<{ granted: boolean }>('SELECT pg_try_advisory_lock($1) AS granted', [
    advisoryKey(name),
  ]);
  const release = async (): Promise<void> => {
    released = true;
    // A connection that broke holds no lock any more.
    await client.end().catch(() => undefined);
  };
  if (rows[0]?.granted === true) return { lost: lost.signal, release };
  await release();
  return undefined;
}

/** PostgreSQL's advisory locks are named by a signed 64-bit number: the first eight bytes of sha-256. */
function advisoryKey(name: string): string {
  return createHash('sha256').update(`sliceproof ${name}`).digest().readBigInt64BE(0).toString();
}
