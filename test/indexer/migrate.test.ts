import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SqlDriverAdapter } from '@prisma/driver-adapter-utils';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate, readMigrations } from '../../indexer/database/migrate.ts';
import { openDatabase, type Database } from '../../protocol/database/open.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-migrate-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A database whose scripts are done up to some, and which then never answers again. */
function stopping(database: Database, scripts: number, stopped: () => void): Database {
  let left = scripts;
  const slowed = (adapter: SqlDriverAdapter): SqlDriverAdapter => ({
    ...adapter,
    executeScript: async (script) => {
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
    await new Promise<void>((resolve) => {
      // It hangs for as long as the test runs: what is on the disk is what a kill leaves.
      migrate(stopping(first, n, resolve)).catch(() => undefined);
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
