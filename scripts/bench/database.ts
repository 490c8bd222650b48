import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { BenchError } from './errors.ts';

/** `DATABASE_URL`, or a local one that lets `postgres` in. */
export const SERVER = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/**
 * A database of one's own, to be dropped by who asks for it.
 * @param server that makes databases
 * @throws BenchError BENCH_NEEDS_POSTGRES
 */
export async function makeDatabase(
  name: string,
  server = SERVER,
): Promise<{ readonly url: string; readonly drop: () => Promise<void> }> {
  const database = `sliceproof_${name}_${randomUUID().replaceAll('-', '')}`;
  await run(server, `CREATE DATABASE ${database}`);
  const url = new URL(server);
  url.pathname = `/${database}`;
  return {
    url: url.href,
    drop: () => run(server, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`),
  };
}

async function run(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  try {
    await client.connect();
    await client.query(sql);
  } catch (cause) {
    const { host } = new URL(server);
    throw new BenchError(
      'BENCH_NEEDS_POSTGRES',
      `This is measured on a PostgreSQL; that at ${host} refuses.`,
      {
        hint: 'Name one that makes databases with DATABASE_URL.',
        cause,
      },
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}
