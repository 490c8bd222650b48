import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, postgresUrl } from '../../protocol/database/postgres.ts';
import { openDatabase } from '../../../protocol/database/open.ts';
import { SettlementBook } from '../../../verifier/aggregator/book/settlements.ts';
import { settlementsAt, startTestAggregator, submit } from '../support/aggregator.ts';
import { openWorld, ROLES, type World } from '../support/world.ts';
import { until } from '../../support/until.ts';

const [A, B] = ROLES.provers;
const server = await postgresUrl();

describe.skipIf(server === undefined)(
  'two aggregators on one PostgreSQL (skipped where none answers)',
  () => {
    let world: World;
    beforeAll(async () => {
      world = await openWorld();
    });
    afterAll(() => world.close());

    test('settle with one account what both have taken, one at a time', async () => {
      const { url, drop } = await createTestDatabase(server!);
      const settings = { databaseUrl: url, maxBatch: 4 };
      const aggregators = [
        await startTestAggregator(world, 'left', settings),
        await startTestAggregator(world, 'right', settings),
      ];
      const [left, right] = aggregators;
      const jobs = [await world.post(), await world.post(), await world.post(), await world.post()];
      for (const job of jobs) {
        await world.bid(job, A, [0]);
        await world.bid(job, B, [1]);
        expect((await submit(left.url, await world.prove(job, 0, A))).status).toBe(202);
        expect((await submit(right.url, await world.prove(job, 1, B))).status).toBe(202);
      }
      await until(async () => {
        const settlements = await settlementsAt(left.url);
        return settlements.length === 2 && settlements.every(({ state }) => state === 'mined');
      });
      expect(await settlementsAt(right.url)).toMatchObject([{ paid: 4 }, { paid: 4 }]);
      // By which each knows the other's transactions from those of a stranger with its key.
      const database = await openDatabase({ url, folder: world.folder });
      const account = world.addressOf(ROLES.aggregator);
      const book = new SettlementBook(database);
      expect(await world.chain.provider.getTransactionCount(account)).toBe(2);
      expect(await book.nonces(account, 0, 2)).toEqual(new Set([0, 1]));
      await database.close();
      await Promise.all(aggregators.map((aggregator) => aggregator.close()));
      await drop();
    });
  },
);
