import DataLoader from 'dataloader';
import { GraphQLError } from 'graphql';
import type { Readings } from '../../protocol/database/readings.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { TABLES, type Served, type TableName } from '../projection/rows.ts';
import { badValue } from './scalars.ts';
import { isOfNow, NOW, Statement, whereSql, type Filterable } from './sql.ts';

/** A row as the database gives it. */
export type Row = Readonly<Record<string, unknown>> & { readonly id: string };

/** Rows of one table, some of them. */
export interface Wanted {
  readonly table: Filterable;
  readonly where: unknown;
  /** The column that names whose rows they are; undefined: all rows. */
  readonly of: string | undefined;
}

export interface WantedPage extends Wanted {
  readonly order: { readonly column: string; readonly type: string };
  readonly direction: 'asc' | 'desc';
  /** Begin behind the row that stands here. */
  readonly beyond: { readonly value: string; readonly id: string } | undefined;
  readonly size: number;
}

export interface Count {
  readonly count: number;
  readonly isEstimate: boolean;
}

/** Up to here rows are counted. */
export const COUNTED_EXACTLY = 10_000;

/** Lists of a row that are long, and read only where they are asked for. */
const BULKY: Partial<Readonly<Record<TableName, readonly string[]>>> = {
  Job: ['inputs', 'trace'],
  Period: ['models', 'prices', 'delays'],
};

const columnsOf = Object.fromEntries(
  TABLES.map((table) => {
    const all = Object.keys(Prisma[`${table}ScalarFieldEnum`]);
    return [table, all.filter((column) => !BULKY[table]?.includes(column))];
  }),
) as unknown as Readonly<Record<TableName, readonly string[]>>;

/**
 * What one request reads. Whatever is asked for at once of rows of one kind, of however many parents, is one statement; nothing is
 * kept for later, since a subscription asks again for what has changed.
 */
export class Reads {
  readonly #readings: Readings;
  readonly #signal: AbortSignal | undefined;
  readonly #loaders = new Map<string, DataLoader<string, unknown>>();
  /** Statements so far. */
  statements = 0;

  /** @param signal ends them all */
  constructor(readings: Readings, signal?: AbortSignal) {
    this.#readings = readings;
    this.#signal = signal;
  }

  row<T extends TableName>(table: T, id: string): Promise<Served<T> | undefined> {
    return this.#load(table, id, async (ids) => {
      const rows = await this.#query<Row>(
        `SELECT ${select(table, 't')} FROM "${table}" t WHERE t.id = ANY($1::text[])`,
        [ids],
      );
      return new Map(rows.map((row) => [row.id, row]));
    }) as Promise<Served<T> | undefined>;
  }

  /** One of the lists that are read by themselves. */
  async list<Value = string>(table: TableName, column: string, id: string): Promise<readonly Value[]> {
    const found = await this.#load(`${table}.${column}`, id, async (ids) => {
      const rows = await this.#query<{ id: string; list: readonly Value[] }>(
        `SELECT t.id, t."${column}" AS list FROM "${table}" t WHERE t.id = ANY($1::text[])`,
        [ids],
      );
      return new Map(rows.map((row) => [row.id, row.list]));
    });
    return (found as readonly Value[] | undefined) ?? [];
  }

  /** All rows of a parent, of which there are few, by their `index`. */
  async children<T extends TableName>(
    table: T,
    column: string,
    parent: string,
  ): Promise<readonly Served<T>[]> {
    const found = await this.#load(`${table} of ${column}`, parent, async (ids) => {
      const rows = await this.#query<Row>(
        `SELECT ${select(table, 't')} FROM "${table}" t WHERE t."${column}" = ANY($1::text[]) ORDER BY t."${column}", t."index"`,
        [ids],
      );
      return Map.groupBy(rows, (row) => row[column] as string);
    });
    return (found as readonly Served<T>[] | undefined) ?? [];
  }

  /** A page of rows, in order. @param parent whose, where the list is of a parent */
  async page(wanted: WantedPage, parent = ''): Promise<readonly Row[]> {
    const found = await this.#load(keyOf(wanted), parent, async (parents) => {
      const statement = await this.#statement(wanted.where);
      const { table, order, direction, beyond, size } = wanted;
      const condition = [this.#condition(statement, wanted)];
      if (beyond !== undefined) {
        const place = `(${statement.value(beyond.value)}::${order.type}, ${statement.value(beyond.id)}::text)`;
        condition.push(`(t."${order.column}", t.id) ${direction === 'asc' ? '>' : '<'} ${place}`);
      }
      const by = `t."${order.column}" ${direction}, t.id ${direction}`;
      const rows = `SELECT ${select(table.model, 't')}, row_number() OVER (ORDER BY ${by}) AS "#rank"
        FROM "${table.model}" t WHERE ${condition.join(' AND ')} ORDER BY ${by} LIMIT ${size}`;
      const text =
        wanted.of === undefined
          ? rows
          : `SELECT p.id AS "#parent", c.* FROM unnest(${statement.value(parents)}::text[]) AS p(id)
             CROSS JOIN LATERAL (${rows}) c ORDER BY p.id, c."#rank"`;
      const found = await this.#query<Row>(text, statement.parameters);
      return wanted.of === undefined
        ? new Map([['', found]])
        : Map.groupBy(found, (row) => row['#parent'] as string);
    });
    return (found as readonly Row[] | undefined) ?? [];
  }

  /** How many rows there are; where there are many, about how many. */
  async count(wanted: Wanted, parent = ''): Promise<Count> {
    const { table, where, of } = wanted;
    const kept = isEmpty(where) ? table.counts?.[of ?? 'all'] : undefined;
    if (kept !== undefined) {
      const row = await this.row(kept[0], of === undefined ? 'market' : parent);
      return { count: ((row as Row | undefined)?.[kept[1]] as number | undefined) ?? 0, isEstimate: false };
    }
    const found = await this.#load(`count ${keyOf(wanted)}`, parent, async (parents) => {
      const statement = await this.#statement(wanted.where);
      const rows = `SELECT 1 FROM "${wanted.table.model}" t WHERE ${this.#condition(statement, wanted)}`;
      const few = `SELECT count(*)::int AS count FROM (${rows} LIMIT ${COUNTED_EXACTLY + 1}) f`;
      const text =
        wanted.of === undefined
          ? `SELECT '' AS id, c.count FROM (${few}) c`
          : `SELECT p.id, c.count FROM unnest(${statement.value(parents)}::text[]) AS p(id) CROSS JOIN LATERAL (${few}) c`;
      const counts = await this.#query<{ id: string; count: number }>(text, statement.parameters);
      return new Map(
        await Promise.all(
          counts.map(async ({ id, count }): Promise<[string, Count]> => {
            if (count <= COUNTED_EXACTLY) return [id, { count, isEstimate: false }];
            return [id, { count: Math.max(count, await this.#estimate(wanted, id)), isEstimate: true }];
          }),
        ),
      );
    });
    return (found as Count | undefined) ?? { count: 0, isEstimate: false };
  }

  /** The second that it is on the chain: see {@link NOW}. */
  async now(): Promise<bigint> {
    const found = await this.#load('now', '', async () => {
      const [{ now }] = await this.#query<{ now: string | number | bigint }>(`SELECT ${NOW} AS now`, []);
      return new Map([['', BigInt(now)]]);
    });
    return found as bigint;
  }

  /** The account's ledger, all zero where nothing ever moved. */
  async account(id: string): Promise<Served<'Account'>> {
    return (await this.row('Account', id)) ?? noLedger(id);
  }

  /** Ids that begin with some hexadecimal digits, as the index has them: no digit comes after `f`, however letters are compared. */
  async idsFrom(table: TableName, prefix: string, most: number): Promise<string[]> {
    const rows = await this.#query<{ id: string }>(
      `SELECT t.id FROM "${table}" t WHERE t.id >= $1 AND t.id < $1 || 'g' ORDER BY t.id LIMIT ${most}`,
      [prefix],
    );
    return rows.map(({ id }) => id);
  }

  /** The row, if the condition holds for it. */
  async matching(table: Filterable, where: unknown, id: string): Promise<Row | undefined> {
    const statement = await this.#statement(where);
    const condition = whereSql(statement, 't', table, where);
    const [row] = await this.#query<Row>(
      `SELECT ${select(table.model, 't')} FROM "${table.model}" t WHERE t.id = ${statement.value(id)} AND ${condition}`,
      statement.parameters,
    );
    return row;
  }

  /** The rows that came last. */
  newest<T extends TableName>(table: T, most: number): Promise<readonly Served<T>[]> {
    return this.#query(
      `SELECT ${select(table, 't')} FROM "${table}" t ORDER BY t."sequence" DESC LIMIT ${most}`,
      [],
    );
  }

  /** A row of a statement over ids, `$1`, that has their `id`; for all that are asked for at once it runs once. */
  async one<Result>(sql: string, id: string): Promise<Result | undefined> {
    const found = await this.#load(sql, id, async (ids) => {
      const rows = await this.#query<Row>(sql, [ids]);
      return new Map(rows.map((row) => [row.id, row]));
    });
    return found as Result | undefined;
  }

  query<Result>(sql: string, parameters: readonly unknown[] = []): Promise<readonly Result[]> {
    return this.#query(sql, parameters);
  }

  /** What the database's planner thinks, by its statistics. */
  async #estimate(wanted: Wanted, parent: string): Promise<number> {
    const statement = await this.#statement(wanted.where);
    const rows = `SELECT 1 FROM "${wanted.table.model}" t WHERE ${this.#condition(statement, wanted, parent)}`;
    const [plan] = await this.#query<{ 'QUERY PLAN': unknown }>(
      `EXPLAIN (FORMAT JSON) ${rows}`,
      statement.parameters,
    );
    const told = plan['QUERY PLAN'];
    const plans = (typeof told === 'string' ? JSON.parse(told) : told) as readonly {
      readonly Plan: { readonly 'Plan Rows': number };
    }[];
    return plans[0].Plan['Plan Rows'];
  }

  async #statement(where: unknown): Promise<Statement> {
    return new Statement(isOfNow(where) ? await this.now() : undefined);
  }

  #condition(statement: Statement, { table, where, of }: Wanted, parent?: string): string {
    const condition = whereSql(statement, 't', table, where);
    if (of === undefined) return condition;
    const whose = parent === undefined ? 'p.id' : statement.value(parent);
    return `t."${of}" = ${whose} AND ${condition}`;
  }

  #load(
    key: string,
    id: string,
    read: (ids: readonly string[]) => Promise<ReadonlyMap<string, unknown>>,
  ): Promise<unknown> {
    let loader = this.#loaders.get(key);
    if (loader === undefined) {
      loader = new DataLoader<string, unknown>(
        async (ids) => {
          const found = await read([...new Set(ids)]);
          return ids.map((one) => found.get(one));
        },
        { cache: false },
      );
      this.#loaders.set(key, loader);
    }
    return loader.load(id);
  }

  async #query<Result>(sql: string, parameters: readonly unknown[]): Promise<readonly Result[]> {
    this.statements++;
    if (hasZeroByte(parameters)) throw badValue('expected text without a zero byte');
    try {
      return await this.#readings.query<Result>(sql, parameters, this.#signal);
    } catch (error) {
      const codes = [error, (error as { cause?: unknown }).cause].map(
        (one) => (one as { code?: unknown })?.code,
      );
      if (this.#signal?.aborted === true || codes.includes('57014')) throw tooSlow();
      throw error;
    }
  }
}

/** The ledger of an account in which nothing ever moved. */
export function noLedger(id: string): Served<'Account'> {
  const zeros = { balance: 0, reserved: 0, deposited: 0, withdrawn: 0, tips: 0, rewards: 0, fees: 0 };
  return { id, ...zeros, sequence: 0 };
}

/** Whether a `where` argument says nothing. */
function isEmpty(where: unknown): boolean {
  return typeof where !== 'object' || where === null || Object.keys(where).length === 0;
}

/** The database takes none in any text, and nothing in it has one. */
function hasZeroByte(value: unknown): boolean {
  return Array.isArray(value) ? value.some(hasZeroByte) : typeof value === 'string' && value.includes('\0');
}

function select(table: TableName, t: string): string {
  return columnsOf[table].map((column) => `${t}."${column}"`).join(', ');
}

function keyOf(wanted: Wanted | WantedPage): string {
  return JSON.stringify({ ...wanted, table: wanted.table.model }, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

function tooSlow(): GraphQLError {
  return new GraphQLError('The request took too long and was ended: ask for less at once.', {
    extensions: { code: 'GRAPHQL_TOO_SLOW' },
  });
}
