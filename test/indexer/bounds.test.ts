import { isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listSize } from '../../indexer/graphql/limits.ts';
import { createSchema } from '../../indexer/graphql/schema.ts';
import { postgresUrl, createTestDatabase } from '../protocol/database/postgres.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { until } from '../support/until.ts';
import { openMarket, type Market } from './support/market.ts';
import { startService, type TestService } from './support/service.ts';
import pg from 'pg';

test('every list of the schema says how many it can hold, or is the page of a connection', () => {
  for (const type of Object.values(createSchema().getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const [name, field] of Object.entries(type.getFields())) {
      const size = listSize(field);
      if (size === undefined) continue;
      expect([`${type.name}.${name}`, Number.isFinite(size)]).toEqual([`${type.name}.${name}`, true]);
    }
  }
});

const server = await postgresUrl();

describe.skipIf(server === undefined)(
  'a request of a market on PostgreSQL (skipped where none answers)',
  () => {
    let anvil: Anvil;
    let market: Market;
    let service: TestService;
    beforeAll(async () => {
      anvil = await startAnvil();
      market = await openMarket(anvil);
      await market.post();
    });
    afterAll(async () => {
      await anvil.stop();
    });

    test.each([
      '{ jobs(first: 1) { nodes { slices { job { slices { job { slices { id } } } } } } } }',
      'query ($id: Bytes32!) { job(id: $id) { slices { job { slices { job { slices { id } } } } } } }',
      '{ jobs(first: 100) { nodes { slices { proof { settlement { id } prover { id } } } } } }',
      '{ jobs(first: 100) { nodes { a: trace b: trace c: trace d: trace e: trace f: trace g: trace h: trace i: trace } } }',
      '{ models(first: 1) { nodes { ...on Model { tensors { index } slices { model { tensors { index } } } } } } }',
    ])('is refused by the rows that it could make: %s', async (query) => {
      service = await startService(anvil, market.deployment, server);
      try {
        const { errors } = await service.ask(query, { id: `0x${'00'.repeat(32)}` });
        expect(errors?.map(({ extensions }) => extensions?.code)).toContain('GRAPHQL_TOO_MANY_ROWS');
      } finally {
        await service.close();
      }
    });

    test('ends in the database when its time is over, and when its client leaves', async () => {
      const made = await createTestDatabase(server!);
      service = await startService(anvil, market.deployment, undefined, {
        databaseUrl: made.url,
        maxSeconds: 1,
      });
      const other = new pg.Client({ connectionString: made.url });
      // One of its own: within a transaction the same activities are told again and again.
      const watcher = new pg.Client({ connectionString: made.url });
      await Promise.all([other.connect(), watcher.connect()]);
      try {
        await service.caughtUp();
        // By what they wait for: of a long statement the server tells the beginning.
        const waiting = async (): Promise<number> => {
          const { rows } = await watcher.query<{ count: number }>(
            `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()`,
          );
          return rows[0].count;
        };
        await other.query('BEGIN; LOCK TABLE "Job" IN ACCESS EXCLUSIVE MODE');
        const { errors } = await service.ask('{ jobs { nodes { id } } }');
        expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(['GRAPHQL_TOO_SLOW']);
        await until(async () => (await waiting()) === 0);
        await other.query('COMMIT');
        await service.close();

        service = await startService(anvil, market.deployment, undefined, {
          databaseUrl: made.url,
          maxSeconds: 3600,
        });
        await service.caughtUp();
        await other.query('BEGIN; LOCK TABLE "Job" IN ACCESS EXCLUSIVE MODE');
        const leaving = new AbortController();
        const left = fetch(`${service.indexer.url}/graphql?query={jobs{nodes{id}}}`, {
          signal: leaving.signal,
        }).catch((error: unknown) => (error as Error).name);
        await until(async () => (await waiting()) === 1);
        leaving.abort();
        expect(await left).toBe('AbortError');
        await until(async () => (await waiting()) === 0);
        await other.query('COMMIT');
        expect(await service.query('{ jobs { totalCount } }')).toEqual({ jobs: { totalCount: 1 } });
      } finally {
        await Promise.all([other.end(), watcher.end()]);
        await service.close();
        await made.drop();
      }
    });

    test('is answered by a reader that has no chain, while a writer of its own follows it', async () => {
      const made = await createTestDatabase(server!);
      const reader = startService(anvil, market.deployment, undefined, {
        databaseUrl: made.url,
        role: 'reader',
        rpc: 'http://127.0.0.1:9',
      });
      const writer = await startService(anvil, market.deployment, undefined, {
        databaseUrl: made.url,
        role: 'writer',
      });
      service = await reader;
      try {
        await writer.caughtUp();
        await until(() => service.indexer.status().state === 'live');
        expect(await service.query('{ jobs { totalCount } status { state } }')).toEqual({
          jobs: { totalCount: 1 },
          status: { state: 'live' },
        });
        const refused = await fetch(`${writer.indexer.url}/graphql?query={jobs{totalCount}}`);
        expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
          404,
          'INDEXER_NO_SUCH_PAGE',
        ]);
        await writer.close();
        const health = (await (await fetch(`${service.indexer.url}/health`)).json()) as {
          laws: { holds: boolean }[];
        };
        expect(health.laws.map(({ holds }) => holds)).toEqual([true, true, true]);
      } finally {
        await service.close();
        await made.drop();
      }
    });
  },
);

test('a writer and a reader need a database that they can share', async () => {
  const anvil = await startAnvil();
  const market = await openMarket(anvil);
  await expect(startService(anvil, market.deployment, undefined, { role: 'reader' })).rejects.toMatchObject({
    code: 'INDEXER_ROLE_NEEDS_SERVER',
  });
  await anvil.stop();
});
