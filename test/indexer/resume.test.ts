import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPrisma } from '../../indexer/database/client.ts';
import { openDatabase } from '../../protocol/database/open.ts';
import { createTestDatabase } from '../protocol/database/postgres.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { backends, contentsOf, follow, openIndex } from './support/index.ts';
import { openMarket, type Market } from './support/market.ts';
import { startIndexerProcess, type IndexerProcess } from './support/process.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { openProxy } from '../support/cuttable-proxy.ts';
import { playEverything } from './support/scenario.ts';
import { copyTables } from './support/tables.ts';
import { until } from '../support/until.ts';

let anvil: Anvil;
let market: Market;
let fresh: Record<string, readonly unknown[]>;
let deployment: string;
let shared: string;
beforeAll(async () => {
  shared = await mkdtemp(path.join(tmpdir(), 'sliceproof-resume-'));
  anvil = await startAnvil();
  market = await openMarket(anvil);
  // Once: every event is in it, and most of the processes below read all of it.
  await playEverything(anvil, market);
  deployment = path.join(shared, 'deployment.json');
  await writeFile(deployment, JSON.stringify(market.deployment));
  fresh = await freshContents();
});
afterAll(async () => {
  await anvil.stop();
  await rm(shared, { recursive: true, force: true });
});

/** Where the index that is made here stays, at the chain's head: what a process finds that goes on from there. */
const indexed = (): string => path.join(shared, 'indexed');

async function freshContents(): Promise<Record<string, readonly unknown[]>> {
  const index = await openIndex(undefined, indexed());
  const following = follow(index, anvil.provider, market.deployment);
  await following.caughtUp();
  const contents = await contentsOf(index);
  await following.stop();
  await index.close();
  return contents;
}

describe.each(backends)('an indexer process on $backend', ({ server, skip }) => {
  describe.skipIf(skip)('(skipped where no PostgreSQL answers)', () => {
    let folder: string;
    let url: string | undefined;
    let drop: () => Promise<void>;
    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-resume-'));
      const made = server === undefined ? undefined : await createTestDatabase(server);
      url = made?.url;
      drop = made?.drop ?? (() => Promise.resolve());
    });
    afterEach(async () => {
      await drop();
      await rm(folder, { recursive: true, force: true });
    });

    const start = (...args: readonly string[]) =>
      startIndexerProcess(
        [
          ...['--rpc', anvil.url, '--deployment', deployment],
          // A folder that is named goes before DATABASE_URL.
          ...(url === undefined ? ['--data-dir', folder] : []),
          ...args,
        ],
        url === undefined ? {} : { DATABASE_URL: url },
      );

    async function contents(): Promise<Record<string, readonly unknown[]>> {
      const database = await openDatabase({ url, folder });
      const prisma = openPrisma(database);
      const found = await contentsOf({ database, prisma, close: () => database.close() });
      await prisma.$disconnect();
      await database.close();
      return found;
    }

    test('goes on where it was after kill -9, without repetition or gap', async () => {
      const head = await anvil.provider.getBlockNumber();
      const slowly = ['--finality', '1', '--max-range', '1'];
      let reached = 0;
      // Whichever database it is, the indexer is the same: killed twice is enough once.
      for (const part of server === undefined ? [0.3, 0.7] : [0.5]) {
        const indexer = await start(...slowly);
        await until(async () => ((await indexer.health()).cursor ?? 0) >= part * head);
        const { cursor } = await indexer.health();
        await indexer.kill();
        // A test that is late finds it further on.
        expect(cursor).toBeGreaterThanOrEqual(reached);
        reached = cursor ?? 0;
      }
      const indexer = await start();
      await until(async () => (await indexer.health()).cursor === head);
      expect(await indexer.terminate()).toBe(0);
      expect(indexer.log.at(-1)).toMatchObject({ msg: 'indexer stopped' });
      expect(await contents()).toEqual(fresh);
    });

    // What follows does not depend on the database: once is enough.
    test.runIf(server === undefined)(
      'makes all rows again of the stored events when they were made by older rules',
      async () => {
        await cp(indexed(), folder, { recursive: true });
        const change = async (sql: string): Promise<void> => {
          const database = await openDatabase({ url, folder });
          await database.query(sql);
          await database.close();
        };
        await change('DELETE FROM "Operator"');
        await change('UPDATE "Sync" SET projection = 0');
        const head = await anvil.provider.getBlockNumber();
        const again = async (): Promise<IndexerProcess> => {
          const indexer = await start();
          await until(() => indexer.log.some(({ msg }) => msg === 'what was made again is served'));
          await until(async () => (await indexer.health()).cursor === head);
          return indexer;
        };
        const indexer = await again();
        expect(indexer.log).toContainEqual(
          expect.objectContaining({ msg: 'making rows again of the stored events' }),
        );
        expect(indexer.log).not.toContainEqual(expect.objectContaining({ msg: 'indexing from the start' }));
        const metrics = await (await fetch(`${indexer.url}/metrics`)).text();
        expect(metrics).toMatch(/^sliceproof_indexer_reorgs_total 0$/m);
        expect(await indexer.terminate()).toBe(0);
        expect(await contents()).toEqual(fresh);

        // What an older version stored of events is not enough to make rows of.
        await change('UPDATE "Event" SET "timestamp" = NULL');
        await change('DELETE FROM "Operator"');
        await change('UPDATE "Sync" SET projection = 0');
        const other = await again();
        expect(other.log).toContainEqual(
          expect.objectContaining({ msg: 'indexing from the start', reason: 'older projection' }),
        );
        expect(await other.terminate()).toBe(0);
        expect(await contents()).toEqual(fresh);
      },
    );

    test.runIf(server === undefined)(
      'waits for an RPC that goes away, says so, and loses nothing',
      async () => {
        await copyTables(folder);
        const proxy = await openProxy(anvil.url);
        const indexer = await start('--rpc', proxy.url, '--finality', '1', '--max-range', '3');
        await until(async () => ((await indexer.health()).cursor ?? 0) > 5);
        proxy.cut();
        await until(async () => (await indexer.health()).state === 'waiting');
        expect(indexer.log).toContainEqual(
          expect.objectContaining({ msg: 'waiting', code: 'CHAIN_UNREACHABLE' }),
        );
        const answer = await fetch(`${indexer.url}/graphql?query={status{state}}`);
        expect(answer.status).toBe(200);
        proxy.mend();
        const head = await anvil.provider.getBlockNumber();
        await until(async () => (await indexer.health()).cursor === head);
        expect(indexer.log).toContainEqual(expect.objectContaining({ msg: 'chain answers again' }));
        expect(await indexer.terminate()).toBe(0);
        await proxy.close();
        expect(await contents()).toEqual(fresh);
      },
    );

    test.runIf(server === undefined)('says that the disk is full, and loses nothing', async (context) => {
      const disk = mountSmallDisk(folder, '256m');
      if (!disk) return context.skip('this machine lets nobody mount a tmpfs');
      try {
        await copyTables(folder);
        const head = await anvil.provider.getBlockNumber();
        let indexer = await start('--finality', '1', '--max-range', '1');
        await until(async () => ((await indexer.health()).cursor ?? 0) >= 0.3 * head);
        await disk.fill();
        await until(() => indexer.log.some((line) => JSON.stringify(line).includes('DATABASE_DISK_FULL')));
        disk.free();
        // The embedded database may have ended with it: whoever keeps services running starts it again.
        const goesOn = await Promise.race([
          until(async () => (await indexer.health().catch(() => undefined))?.cursor === head),
          indexer.ended.then(() => false),
        ]);
        if (!goesOn) indexer = await start();
        await until(async () => (await indexer.health()).cursor === head);
        expect(await indexer.terminate()).toBe(0);
        expect(await contents()).toEqual(fresh);
      } finally {
        disk.unmount();
      }
    });

    test.runIf(server === undefined)(
      'ends with a named error when the database follows another market',
      async () => {
        await cp(indexed(), folder, { recursive: true });
        const other = path.join(folder, 'other.json');
        const { addresses } = market.deployment;
        await writeFile(
          other,
          JSON.stringify({ ...market.deployment, addresses: { ...addresses, market: addresses.asset } }),
        );
        const wrong = await start('--deployment', other);
        await until(() =>
          wrong.log.some((line) => JSON.stringify(line).includes('INDEXER_OTHER_DEPLOYMENT')),
        );
        expect(await wrong.terminate()).toBe(1);
      },
    );

    test.runIf(server !== undefined)('waits for a database that goes away, and loses nothing', async () => {
      const proxy = await openProxy(url!);
      const way = new URL(url!);
      way.host = new URL(proxy.url).host;
      const slowly = ['--finality', '1', '--max-range', '2'];
      const indexer = await start('--database-url', way.href, ...slowly);
      await until(async () => ((await indexer.health()).cursor ?? 0) > 5);
      proxy.cut();
      await until(async () => (await indexer.health()).state === 'waiting');
      proxy.mend();
      const head = await anvil.provider.getBlockNumber();
      await until(async () => (await indexer.health()).cursor === head);
      expect(await indexer.terminate()).toBe(0);
      await proxy.close();
      expect(await contents()).toEqual(fresh);
    });

    test.runIf(server !== undefined)('takes over the writing from one that was killed', async () => {
      const writer = await start();
      await until(async () => (await writer.health()).state === 'live');
      const reader = await start();
      await until(async () => (await reader.health()).state === 'standby');
      const answer = await fetch(`${reader.url}/graphql?query={jobs{totalCount}}`);
      expect(await answer.json()).toEqual({ data: { jobs: { totalCount: 8 } } });
      await writer.kill();
      await until(async () => (await reader.health()).state === 'live');
      expect(await reader.terminate()).toBe(0);
    });
  });
});
