import { GraphQLError } from 'graphql';
import type { TableName } from '../projection/rows.ts';

/** The database's type of each kind of column. */
const TYPES = {
  Address: 'text',
  Bytes32: 'text',
  ID: 'text',
  Amount: 'numeric',
  Timestamp: 'bigint',
  Int: 'int',
  Boolean: 'boolean',
  JobState: '"JobState"',
  CloseReason: '"CloseReason"',
  SliceState: '"SliceState"',
  BidState: '"BidState"',
  SkipReason: '"SkipReason"',
  LedgerKind: '"LedgerKind"',
  PeriodLength: '"PeriodLength"',
} as const;

/** Which kind of comparison a column takes. */
export type FilterKind = keyof typeof TYPES;

/** What a table can be filtered by: its columns, and rows of other tables that it names. */
export interface Filterable {
  readonly model: TableName;
  /** By the name of the column. `Biddable`: no column, but one and the time. */
  readonly filters: Readonly<Record<string, FilterKind | 'Biddable'>>;
  /** By name: the column that holds the other row's id, and what that can be filtered by. */
  readonly relations?: Readonly<Record<string, { readonly column: string; readonly to: Filterable }>>;
  /**
   * Where it is kept how many rows there are: by the column that names whose they are, a column of these; of all, by `all`, one of
   * the market's sums.
   */
  readonly counts?: Readonly<Record<string, readonly [table: TableName, column: string]>>;
  /** Columns that hold what another does, which has an index. */
  readonly same?: Readonly<Record<string, string>>;
}

/** The text of a statement with its parameters. */
export class Statement {
  readonly parameters: unknown[] = [];
  /** The second that it is, where a condition is of it. */
  readonly now: bigint | undefined;
  /** Conditions in it: each costs. */
  conditions = 0;
  #aliases = 0;

  constructor(now?: bigint) {
    this.now = now;
  }

  /** The value's place in the text. */
  value(value: unknown): string {
    return `$${this.parameters.push(value)}`;
  }

  alias(): string {
    return `r${++this.#aliases}`;
  }
}

/** A condition tree deeper or larger than anybody writes by hand. */
const MOST_CONDITIONS = 50;
const DEEPEST = 6;

const COMPARISONS: Readonly<Record<string, string>> = {
  equals: '=',
  not: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
};

/** The second that it is on the chain: no earlier than the last block's, which a development chain may have put ahead. */
export const NOW = `GREATEST(extract(epoch FROM clock_timestamp())::bigint, (SELECT max("timestamp") FROM "Block"))`;

/**
 * Whether somebody may bid on a slice now: see projection/biddable.ts. The second is given, so that the database knows whether there
 * are few such slices, which it looks for, or many, of which it reads the first.
 */
function biddable(statement: Statement, t: string): string {
  const now = statement.value(statement.now?.toString());
  return `(${t}."biddableUntil" IS NOT NULL AND ${t}."biddableUntil" >= ${now}::bigint)`;
}

/** Whether a `where` argument is of what time it is. */
export function isOfNow(where: unknown): boolean {
  if (typeof where !== 'object' || where === null) return false;
  return Object.entries(where).some(([name, inner]) => name === 'biddable' || isOfNow(inner));
}

/**
 * A `where` argument as SQL over the rows of `t`.
 * @throws GraphQLError `GRAPHQL_TOO_MANY_CONDITIONS`
 */
export function whereSql(
  statement: Statement,
  t: string,
  table: Filterable,
  where: unknown,
  depth = 0,
): string {
  if (typeof where !== 'object' || where === null) return 'true';
  if (depth > DEEPEST) throw tooMany();
  const parts = Object.entries(where).flatMap(([name, given]): readonly string[] => {
    if (given === null || given === undefined) return [];
    if (++statement.conditions > MOST_CONDITIONS) throw tooMany();
    const inner = (one: unknown): string => whereSql(statement, t, table, one, depth + 1);
    if (name === 'AND') return (given as readonly unknown[]).map(inner);
    if (name === 'OR') return [`(${['false', ...(given as readonly unknown[]).map(inner)].join(' OR ')})`];
    if (name === 'NOT') return [`(${inner(given)}) IS NOT TRUE`];
    const relation = table.relations?.[name];
    if (relation !== undefined) {
      const alias = statement.alias();
      const holds = whereSql(statement, alias, relation.to, given, depth + 1);
      return [
        `EXISTS (SELECT 1 FROM "${relation.to.model}" ${alias} WHERE ${alias}.id = ${t}."${relation.column}" AND ${holds})`,
      ];
    }
    return Object.entries(given as object).flatMap(([operator, value]) =>
      value === null || value === undefined ? [] : [comparison(statement, t, table, name, operator, value)],
    );
  });
  return parts.length === 0 ? 'true' : parts.map((part) => `(${part})`).join(' AND ');
}

function comparison(
  statement: Statement,
  t: string,
  table: Filterable,
  name: string,
  operator: string,
  value: unknown,
): string {
  if (++statement.conditions > MOST_CONDITIONS) throw tooMany();
  const kind = table.filters[name];
  if (kind === 'Biddable') return value === true ? biddable(statement, t) : `NOT ${biddable(statement, t)}`;
  const column = `${t}."${table.same?.[name] ?? name}"`;
  const type = TYPES[kind];
  const isPlaced = table.filters['timestamp'] !== undefined;
  if (isPlaced && name === 'transactionHash' && table.same?.[name] === undefined) {
    if (operator === 'equals') return ofTransactions(statement, t, table, [value]);
    if (operator === 'in') return ofTransactions(statement, t, table, value);
  }
  if (operator === 'in') return `${column} = ANY(${statement.value(value)}::${type}[])`;
  if (operator === 'notIn') return `${column} <> ALL(${statement.value(value)}::${type}[])`;
  const plain = (): string => `${column} ${COMPARISONS[operator]} ${statement.value(value)}::${type}`;
  const place = isPlaced ? placed(statement, t, table, name) : undefined;
  return place?.(operator, value) ?? plain();
}

/**
 * Rows stand in the order of the chain, in which block numbers and times never fall: what is said of these is said by the place,
 * by which the rows are read, so that an index alone can tell how many there are.
 */
function placed(
  statement: Statement,
  t: string,
  { model }: Filterable,
  name: string,
): ((operator: string, value: unknown) => string | undefined) | undefined {
  const bounds = (operator: string, at: (after: boolean) => string): string | undefined => {
    const from = (after: boolean): string => `${t}."sequence" >= ${at(after)}`;
    const until = (after: boolean): string => `${t}."sequence" < ${at(after)}`;
    switch (operator) {
      case 'gt':
        return from(true);
      case 'gte':
        return from(false);
      case 'lt':
        return until(false);
      case 'lte':
        return until(true);
      case 'equals':
        return `${from(false)} AND ${until(true)}`;
      default:
        return undefined;
    }
  };
  if (name === 'blockNumber') {
    return (operator, value) =>
      bounds(operator, (after) => {
        const number = BigInt(Math.min(Math.max(Number(value) + (after ? 1 : 0), 0), 2 ** 31));
        return `${statement.value((number << 28n).toString())}::bigint`;
      });
  }
  if (name === 'timestamp') {
    return (operator, value) =>
      bounds(operator, (after) => {
        const first = `SELECT p."sequence" FROM "${model}" p WHERE p."timestamp" ${after ? '>' : '>='} ${statement.value(value)}::bigint
          ORDER BY p."timestamp", p."sequence" LIMIT 1`;
        return `coalesce((${first}), 9223372036854775807)`;
      });
  }
  return undefined;
}

/**
 * What came of some transactions stands at the places of their events, which are found by an index over all events: one of each
 * table's own would be the largest that it has, and the dearest to add a row to.
 */
function ofTransactions(statement: Statement, t: string, { model }: Filterable, hashes: unknown): string {
  const place = '((e."blockNumber"::bigint << 28) + (e."logIndex"::bigint << 8))';
  return `${t}."sequence" = ANY(ARRAY(SELECT o."sequence" FROM "Event" e
    JOIN "${model}" o ON o."sequence" >= ${place} AND o."sequence" < ${place} + 256
    WHERE e."transactionHash" = ANY(${statement.value(hashes)}::text[])))`;
}

function tooMany(): GraphQLError {
  return new GraphQLError(
    `A \`where\` has at most ${MOST_CONDITIONS} conditions, at most ${DEEPEST} within each other.`,
    { extensions: { code: 'GRAPHQL_TOO_MANY_CONDITIONS' } },
  );
}
