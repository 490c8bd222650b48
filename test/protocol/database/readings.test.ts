import { expect, test } from 'vitest';
import { readFromPostgres } from '../../../protocol/database/readings.ts';
import { postgresUrl } from './postgres.ts';

const server = await postgresUrl();

test.skipIf(server === undefined)(
  'a small table without an index is read at once, and not compiled for',
  async () => {
    const reading = readFromPostgres(server!, { statementMilliseconds: 600_000, connections: 1 });
    try {
      // No index leads to what this asks for.
      const plan = await reading.query<{ 'QUERY PLAN': string }>(
        'EXPLAIN SELECT max(provolatile::text) FROM pg_proc',
      );
      const lines = plan.map((line) => line['QUERY PLAN']).join('\n');
      expect(lines).toContain('Seq Scan');
      expect(lines).not.toContain('JIT');
    } finally {
      await reading.close();
    }
  },
);
