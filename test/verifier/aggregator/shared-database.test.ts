import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, postgresUrl } from '../../protocol/database/postgres.ts';
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
      await Promise.all(aggregators.map((aggregator) => aggregator.close()));
      await drop();
    });
  },
);
