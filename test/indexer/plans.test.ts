import { execute, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LISTS } from '../../indexer/graphql/lists.ts';
import { Reads } from '../../indexer/graphql/reads.ts';
import { createSchema } from '../../indexer/graphql/schema.ts';
import type { Filterable, FilterKind } from '../../indexer/graphql/sql.ts';
import * as enums from '../../indexer/generated/prisma/enums.ts';
import type { Readings } from '../../protocol/database/readings.ts';
import { postgresUrl } from '../protocol/database/postgres.ts';
import { startAnvil } from '../support/anvil.ts';
import { codeOf } from '../support/doc-blocks.ts';
import { follow, openIndex, type TestIndex } from './support/index.ts';
import { openMarket } from './support/market.ts';
import { playEverything } from './support/scenario.ts';

/** Rows of each large table, and how many a statement may look at: those that are counted exactly, and one. */
const ROWS = 15_000;
const MOST_LOOKED_AT = 10_001;

const server = await postgresUrl();
const large = ['Job', 'Slice', 'Bid', 'Proof', 'Settlement', 'Skip', 'LedgerEntry', 'Account', 'Prover'];

/** A value of the n-th row, in SQL. */
function valueOf(column: string, kind: FilterKind, n: string): string {
  if (kind in enums) {
    const values = Object.values(enums[kind as keyof typeof enums]);
    return `(ARRAY[${values.map((value) => `'${value}'`).join(', ')}])[1 + ${n} % ${values.length}]`;
  }
  switch (kind) {
    case 'Address':
      return `'0x' || lpad(to_hex(${n} % 500), 40, '0')`;
    case 'Boolean':
      return `${n} % 2 = 0`;
    case 'Timestamp':
      return column === 'timestamp' ? `1700000000 + ${n} / 3` : `1700000000 + (${n} * 7) % 9000`;
    case 'Amount':
      return `(${n} * 13) % 9000`;
    case 'Int':
      return column === 'blockNumber'
        ? `1000 + ${n} / 3`
        : column === 'index'
          ? `${n} % 256`
          : `(${n} * 17) % 300`;
    default:
      return `'0x' || lpad(to_hex(${n} / 5), 64, '0')`;
  }
}

async function fill({ database }: TestIndex): Promise<void> {
  for (const spec of Object.values(LISTS) as Filterable[]) {
    if (!large.includes(spec.model)) continue;
    const columns = Object.entries(spec.filters).filter(
      ([column, kind]) => column !== 'id' && kind !== 'Biddable' && spec.same?.[column] === undefined,
    );
    const values = columns.map(
      ([column, kind]) => `'${column}', ${valueOf(column, kind as FilterKind, 'n')}`,
    );
    const same = Object.entries(spec.same ?? {}).map(
      ([column, other]) => `'${column}', ${valueOf(other, 'Bytes32', 'n')}`,
    );
    const id = ['Account', 'Prover'].includes(spec.model)
      ? `'0x' || lpad(to_hex(n), 40, '0')`
      : spec.model === 'Slice' || spec.model === 'Proof'
        ? `'0x' || lpad(to_hex(n / 5), 64, '0') || ':' || n % 5`
        : `'0x' || lpad(to_hex(n), 64, '0')`;
    const all = [
      ...values,
      ...same,
      `'id', ${id}`,
      `'sequence', (1000 + n / 3)::bigint * 268435456 + n % 3 * 256`,
    ];
    await database.query(
      `INSERT INTO "${spec.model}" SELECT r.* FROM (SELECT x FROM "${spec.model}" x LIMIT 1) s, generate_series(10, ${ROWS + 9}) n,
       LATERAL jsonb_populate_record(s.x, jsonb_build_object(${all.join(', ')})) r ON CONFLICT DO NOTHING`,
    );
  }
  // What came of a transaction is found by the places of its events.
  await database.query(
    `INSERT INTO "Event" SELECT r.* FROM (SELECT x FROM "Event" x LIMIT 1) s, generate_series(10, ${ROWS + 9}) n,
     LATERAL jsonb_populate_record(s.x, jsonb_build_object('blockHash', 'block ' || n / 3, 'blockNumber', 1000 + n / 3,
       'logIndex', n % 3, 'transactionHash', ${valueOf('transactionHash', 'Bytes32', 'n')})) r`,
  );
  await database.query('ANALYZE');
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

function scansOf(node: PlanNode): readonly PlanNode[] {
  return [...(node['Node Type'].includes('Scan') ? [node] : []), ...(node.Plans ?? []).flatMap(scansOf)];
}

describe.skipIf(server === undefined)('on PostgreSQL (skipped where none answers)', () => {
  let index: TestIndex;
  let reading: Readings;
  const schema = createSchema();
  beforeAll(async () => {
    const anvil = await startAnvil();
    const market = await openMarket(anvil);
    await playEverything(anvil, market);
    index = await openIndex(server);
    const following = follow(index, anvil.provider, market.deployment);
    await following.caughtUp();
    await following.stop();
    await anvil.stop();
    await fill(index);
    reading = index.database.readings({ statementMilliseconds: 600_000, connections: 2 });
  });
  afterAll(async () => {
    await reading.close();
    await index.close();
  });

  /** The statements that a request makes. */
  async function statementsOf(query: string): Promise<{ sql: string; parameters: readonly unknown[] }[]> {
    const made: { sql: string; parameters: readonly unknown[] }[] = [];
    const readings: Readings = {
      query: (sql, parameters = []) => {
        if (!sql.startsWith('EXPLAIN')) made.push({ sql, parameters });
        return reading.query(sql, parameters);
      },
      close: () => Promise.resolve(),
    };
    const status = () => ({ state: 'live', head: 1, cursor: 1 });
    const { errors } = await execute({
      schema,
      document: parse(query),
      contextValue: { reads: new Reads(readings), status },
    });
    expect(errors ?? []).toEqual([]);
    return made;
  }

  async function expectFewLookedAt(query: string, most = MOST_LOOKED_AT): Promise<void> {
    for (const { sql, parameters } of await statementsOf(query)) {
      const [plan] = await reading.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
        parameters,
      );
      for (const node of scansOf(plan['QUERY PLAN'][0].Plan)) {
        const rows = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
        const tooMany = rows > most ? { query, sql, node: node['Node Type'], rows } : undefined;
        expect(tooMany).toBeUndefined();
      }
    }
  }

  const literal = (value: unknown, kind: FilterKind): string =>
    kind in enums || ['Int', 'Boolean', 'Timestamp'].includes(kind)
      ? String(value)
      : JSON.stringify(String(value));

  describe.each(Object.entries(LISTS))('%s', (name, spec) => {
    test('looks at few rows in every order', async () => {
      for (const order of Object.keys(spec.orders)) {
        for (const direction of ['ASC', 'DESC']) {
          const orderBy = `orderBy: { field: ${order}, direction: ${direction} }`;
          await expectFewLookedAt(`{ ${name}(${orderBy}) { nodes { id } totalCount } }`);
        }
      }
    });

    test('looks at few rows by every filter', async () => {
      const [sample] = await index.database.query<Record<string, unknown>>(
        `SELECT * FROM "${spec.model}" OFFSET (SELECT count(*) / 2 FROM "${spec.model}") LIMIT 1`,
      );
      for (const [column, kind] of Object.entries((spec as Filterable).filters)) {
        if (kind === 'Biddable') {
          await expectFewLookedAt(`{ ${name}(where: { biddable: { equals: true } }) { nodes { id } } }`);
          continue;
        }
        const value = sample[column];
        if (value === null) continue;
        const operators = ['Int', 'Amount', 'Timestamp'].includes(kind)
          ? ['equals', 'gte', 'lt']
          : ['equals'];
        for (const operator of operators) {
          const where = `where: { ${column}: { ${operator}: ${literal(value, kind)} } }`;
          await expectFewLookedAt(`{ ${name}(${where}) { nodes { id } totalCount } }`);
        }
      }
    });
  });

  test.each([
    ['all slices', 'true'],
    ['one slice in a thousand', `abs(hashtext(id)) % 1000 = 0`],
    ['no slice', 'false'],
  ])('the first page of what can be bid on is found where %s can be', async (_, which) => {
    const [{ before }] = await index.database.query<{ before: string }>(
      `SELECT coalesce(jsonb_object_agg(id, "biddableUntil"), '{}')::text AS before FROM "Slice"`,
    );
    const [{ now }] = await index.database.query<{ now: string }>(
      `SELECT GREATEST(extract(epoch FROM clock_timestamp())::bigint, max("timestamp"))::text AS now FROM "Block"`,
    );
    // What can't be bid on any more could be once: it is in the indexes too.
    await index.database.query(
      `UPDATE "Slice" SET "biddableUntil" = CASE WHEN ${which} THEN ${BigInt(now) + 86_400n} ELSE ${BigInt(now) - 9n} END`,
    );
    await index.database.query('ANALYZE "Slice"');
    try {
      await expectFewLookedAt(
        '{ slices(first: 50, where: { biddable: { equals: true } }) { nodes { id } } }',
        100,
      );
    } finally {
      await index.database.query(`UPDATE "Slice" SET "biddableUntil" = ($1::jsonb ->> id)::bigint`, [before]);
      await index.database.query('ANALYZE "Slice"');
    }
  });

  test('a page deep in a list costs what the first does', async () => {
    const { sql, parameters } = (
      await statementsOf(
        `{ slices(after: "${Buffer.from(JSON.stringify(['sequence', String(5000n << 28n), 'z'])).toString('base64url')}") { nodes { id } } }`,
      )
    )[0];
    const [plan] = await reading.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
      parameters,
    );
    for (const node of scansOf(plan['QUERY PLAN'][0].Plan)) {
      expect(node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)).toBeLessThan(40);
    }
  });

  test.each(
    codeOf('docs/graphql.md', 'graphql').filter(
      (example) => !/^subscription|meta|manifest|revealedOutputs|publicInputs/.test(example),
    ),
  )('the example takes a few statements, however many rows: %s', async (example) => {
    expect((await statementsOf(example)).length).toBeLessThanOrEqual(10);
  });

  test('a list of 100 with a list of each is two statements', async () => {
    const query =
      '{ settlements(first: 100) { nodes { id proofs { totalCount nodes { price prover { id } } } } } }';
    expect(await statementsOf(query)).toHaveLength(3);
    const children = '{ jobs(first: 100) { nodes { id slices { index } } } }';
    expect(await statementsOf(children)).toHaveLength(2);
  });
});
