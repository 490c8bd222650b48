import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** What a listener is told: a payload, or that some may have been missed. */
export type Notification =
  | { readonly kind: 'payload'; readonly payload: string }
  /** The connection broke and is back; what was sent meanwhile did not arrive. */
  | { readonly kind: 'gap' };

const RECONNECT_MS = 1000;

/**
 * Listens on a connection of its own until `stop`; reconnects for ever.
 * @param channel a PostgreSQL identifier of ours, not quoted here
 */
export async function listenOnPostgres(
  url: string,
  channel: string,
  notify: (notification: Notification) => void,
): Promise<() => Promise<void>> {
  const stopped = new AbortController();
  let client = await connect();
  return async () => {
    stopped.abort();
    await client.end();
  };

  async function connect(): Promise<pg.Client> {
    const fresh = new pg.Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 10_000 });
    fresh.on('notification', ({ payload = '' }) => notify({ kind: 'payload', payload }));
    fresh.on('error', () => undefined);
    await fresh.connect();
    await fresh.query(`LISTEN ${channel}`);
    fresh.on('end', () => void reconnect());
    return fresh;
  }

  async function reconnect(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        await sleep(RECONNECT_MS, undefined, { signal: stopped.signal });
        client = await connect();
        if (stopped.signal.aborted) await client.end();
        else notify({ kind: 'gap' });
        return;
      } catch {
        // Away still, or stopped: the loop's condition tells which.
      }
    }
  }
}
