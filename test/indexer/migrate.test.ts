import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SqlDriverAdapter } from '@prisma/driver-adapter-utils';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate, readMigrations } from '../../indexer/database/migrate.ts';
import { openDatabase, type Database } from '../../protocol/database/open.ts';
import { createTestDatabase, postgresUrl } from '../protocol/database/postgres.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-migrate-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A database whose scripts are done up to some, and which then never answers again. */
function stopping(database: Database, scripts: number, stopped: () => void): Database {
  let left = scripts;
  const slowed = (adapter: SqlDriverAdapter): SqlDriverAdapter =>
    Object.assign(Object.create(adapter) as SqlDriverAdapter, {
      executeScript: async (script: string) => {
        if (left-- > 0) return adapter.executeScript(script);
        stopped();
        return new Promise<never>(() => undefined);
      },
    });
  return {
    ...database,
    asOne: (work) =>
      database.asOne((factory) =>
        work({
          provider: factory.provider,
          adapterName: factory.adapterName,
          connect: async () => slowed(await factory.connect()),
          connectToShadowDb: () => factory.connectToShadowDb(),
        }),
      ),
  };
}

test.each([0, 1, 2])(
  'killed after %i of its migrations, an indexer makes its tables after its next start',
  async (n) => {
    const names = (await readMigrations()).migrationDirectories.map(({ path: name }) => name);
    const [killed, restarted] = [`killed-${n}`, `restarted-${n}`].map((name) => path.join(folder, name));
    const first = await openDatabase({ folder: killed });
    await new Promise<void>((resolve, reject) => {
      // It hangs for as long as the test runs: what is on the disk is what a kill leaves.
      migrate(stopping(first, n, resolve)).catch(reject);
    });
    for (const name of ['postgres', 'initialised']) {
      await cp(path.join(killed, name), path.join(restarted, name), { recursive: true });
    }
    const second = await openDatabase({ folder: restarted });
    try {
      expect(await migrate(second)).toEqual(names);
      expect(await migrate(second)).toEqual([]);
      const [{ count }] = await second.query<{ count: unknown }>('SELECT count(*) AS count FROM "Job"');
      expect(Number(count)).toBe(0);
    } finally {
      await second.close();
      await first.close();
    }
  },
);

test('on a server a migration that is cut off leaves nothing behind and holds up nobody', async (context) => {
  const server = await postgresUrl();
  if (server === undefined) return context.skip('no PostgreSQL answers here');
  const names = (await readMigrations()).migrationDirectories.map(({ path: name }) => name);
  const { url, drop } = await createTestDatabase(server);
  const second = await openDatabase({ url, folder });
  try {
    for (const scripts of [0, 1, 2]) {
      const first = await openDatabase({ url, folder });
      const stopped = Promise.withResolvers<void>();
      migrate(stopping(first, scripts, stopped.resolve)).catch(stopped.reject);
      await stopped.promise;
      // As the server sees a process that was killed: its connections end, whatever they were at.
      const ended = await second.query(
        `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      expect(ended.length).toBeGreaterThan(0);
      await first.close();
      expect(await second.query(`SELECT to_regclass('"_prisma_migrations"') AS known`)).toEqual([
        { known: null },
      ]);
    }
    expect(await migrate(second)).toEqual(names);
    expect(await migrate(second)).toEqual([]);
  } finally {
    await second.close();
    await drop();
  }
});
