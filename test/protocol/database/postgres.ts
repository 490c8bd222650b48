import pg from 'pg';
import { makeDatabase, SERVER } from '../../../scripts/bench/database.ts';

/** The PostgreSQL that tests may use: `DATABASE_URL`, or a local one that lets `postgres` in; else undefined. */
export async function postgresUrl(): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: SERVER });
  try {
    await client.connect();
    await client.query('SELECT 1');
    await client.end();
    return SERVER;
  } catch (error) {
    if (process.env.DATABASE_URL !== undefined) throw error;
    return undefined;
  }
}

/** A fresh database on that server, and how to drop it. */
export const createTestDatabase = (server: string): ReturnType<typeof makeDatabase> =>
  makeDatabase('test', server);
