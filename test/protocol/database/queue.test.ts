import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openDatabase, type Database } from '../../../protocol/database/open.ts';
import { openQueue, type Queue } from '../../../protocol/database/queue.ts';
import { createLog } from '../../../protocol/log.ts';
import { startChild } from './children.ts';
import { createTestDatabase, postgresUrl } from './postgres.ts';
import { until } from '../../support/until.ts';

const log = createLog('test', 'silent');
const piece = { schema: z.object({ slice: z.number() }), retryDelay: 1 };

const server = await postgresUrl();
const backends = [
  { name: 'PGlite', server: undefined },
  { name: 'PostgreSQL', server },
];

describe.each(backends)('the queue on $name', ({ name, server }) => {
  describe.skipIf(name === 'PostgreSQL' && server === undefined)(
    '(skipped where no PostgreSQL answers)',
    () => {
      let folder: string;
      let database: Database;
      let queue: Queue;
      let dropServer: (() => Promise<void>) | undefined;

      beforeEach(async () => {
        folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-queue-'));
        const made = server === undefined ? undefined : await createTestDatabase(server);
        dropServer = made?.drop;
        database = await openDatabase({ url: made?.url, folder });
        queue = await openQueue(database, { log });
      });
      afterEach(async () => {
        await queue.close();
        await database.close();
        await dropServer?.();
        await rm(folder, { recursive: true, force: true });
      });

      test('does a piece once, and adds none of a key that is already queued', async () => {
        const work = await queue.define('prove', piece);
        expect(await work.send({ slice: 1 }, { key: 'a' })).toBe(true);
        expect(await work.send({ slice: 1 }, { key: 'a' })).toBe(false);
        expect(await work.counts()).toEqual({ queued: 1, active: 0 });
        const done: number[] = [];
        await work.work(async ({ slice }) => void done.push(slice));
        await until(async () => (await work.counts()).queued === 0 && done.length > 0);
        expect(done).toEqual([1]);
        await until(() => work.send({ slice: 1 }, { key: 'a' }));
      });

      test('tries again what failed', async () => {
        const work = await queue.define('prove', piece);
        const attempts: number[] = [];
        await work.work(async (_, { attempt }) => {
          attempts.push(attempt);
          if (attempt === 0) throw new Error('the first try fails');
        });
        await work.send({ slice: 3 }, { key: 'c' });
        await until(() => attempts.length === 2);
        expect(attempts).toEqual([0, 1]);
      });

      test('runs as many at once as it is told', async () => {
        const work = await queue.define('prove', piece);
        let running = 0;
        let most = 0;
        const together = Promise.withResolvers<void>();
        for (const key of ['a', 'b', 'c']) await work.send({ slice: 0 }, { key });
        await work.work(async () => {
          most = Math.max(most, ++running);
          if (running === 2) together.resolve();
          await together.promise;
          running--;
        }, 2);
        await until(async () => (await work.counts()).queued + (await work.counts()).active === 0);
        expect(most).toBe(2);
      });

      test('refuses a piece that is not what its schema says', async () => {
        const work = await queue.define<{ slice: number }>('prove', piece);
        await expect(work.send({ slice: NaN }, { key: 'x' })).rejects.toThrow();
      });
    },
  );
});

describe('the queue in the embedded database', () => {
  test('takes up again what a killed process was working on', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-queue-'));
    const child = startChild('queue.child.ts', folder);
    await child.until((line) => line === 'started 1');
    await child.kill();

    const database = await openDatabase({ folder });
    const queue = await openQueue(database, { log });
    const work = await queue.define('prove', piece);
    expect(await work.counts()).toEqual({ queued: 2, active: 0 });
    const done: number[] = [];
    await work.work(async ({ slice }) => void done.push(slice));
    await until(() => done.length === 2);
    expect(done.toSorted()).toEqual([1, 2]);
    await queue.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });
});
