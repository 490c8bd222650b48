import { Prisma } from '../generated/prisma/client.ts';
import type { ChangedRows, LoadRows } from '../projection/changes.ts';
import { TABLES, type TableName } from '../projection/rows.ts';
import type { PrismaTransaction } from './client.ts';

/** Reads derived rows by id, amounts as bigint. */
export function rowLoader(tx: PrismaTransaction): LoadRows {
  return async (table, ids) => {
    const rows = await tx.$queryRawUnsafe<Record<string, unknown>[]>(
      `SELECT * FROM "${table}" WHERE "id" = ANY($1::text[])`,
      [...ids],
    );
    return rows.map(withBigints) as never;
  };
}

function withBigints(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      value instanceof Prisma.Decimal ? BigInt(value.toFixed(0)) : value,
    ]),
  );
}

/** Writes changed rows, one statement a table: PostgreSQL turns JSON into rows with exact numbers by itself. */
export async function writeRows(tx: PrismaTransaction, changed: ChangedRows): Promise<void> {
  for (const [table, rows] of changed) {
    if (rows.length === 0) continue;
    const columns = Object.keys(rows[0]).filter((column) => column !== 'id');
    await tx.$executeRawUnsafe(upsertFrom(table, columns, '$1::jsonb'), toJson(rows));
  }
}

/** Adds rows to a table that is none of the derived ones. */
export async function insertRows(
  tx: PrismaTransaction,
  table: string,
  rows: readonly object[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.$executeRawUnsafe(
    `INSERT INTO "${table}" SELECT * FROM jsonb_populate_recordset(NULL::"${table}", $1::jsonb)`,
    toJson(rows),
  );
}

/**
 * Keeps what the rows are before block `block` changes them. Called before `writeRows`, in the same transaction;
 * the database takes the picture itself.
 */
export async function keepUndo(tx: PrismaTransaction, block: number, changed: ChangedRows): Promise<void> {
  for (const [table, rows] of changed) {
    await tx.$executeRawUnsafe(
      `INSERT INTO "Undo" ("block", "table", "id", "before")
       SELECT $1::int, $2, k.id, (SELECT to_jsonb(t) FROM "${table}" t WHERE t.id = k.id)
       FROM unnest($3::text[]) AS k(id)`,
      block,
      table,
      rows.map((row) => row.id),
    );
  }
}

/** A row that an undo changed. */
export interface Touched {
  readonly table: TableName;
  readonly id: string;
}

/**
 * Makes every derived row what it was after block `ancestor`: for each row that later blocks touched, the picture
 * of the earliest of them.
 * @returns the rows that changed
 */
export async function undoTo(tx: PrismaTransaction, ancestor: number): Promise<readonly Touched[]> {
  const touched = await tx.$queryRawUnsafe<Touched[]>(
    `SELECT DISTINCT "table", "id" FROM "Undo" WHERE "block" > $1::int`,
    ancestor,
  );
  for (const table of new Set(touched.map((row) => row.table))) {
    const earliest = `SELECT DISTINCT ON ("id") "id", "before" FROM "Undo"
      WHERE "table" = '${table}' AND "block" > $1::int ORDER BY "id", "block"`;
    await tx.$executeRawUnsafe(
      `DELETE FROM "${table}" WHERE "id" IN (SELECT "id" FROM (${earliest}) e WHERE e."before" IS NULL)`,
      ancestor,
    );
    const columns = await columnsOf(tx, table);
    await tx.$executeRawUnsafe(
      upsertFrom(
        table,
        columns,
        `(SELECT coalesce(jsonb_agg(e."before"), '[]') FROM (${earliest}) e WHERE e."before" IS NOT NULL)`,
      ),
      ancestor,
    );
  }
  await tx.$executeRawUnsafe('DELETE FROM "Undo" WHERE "block" > $1::int', ancestor);
  return touched;
}

/** Empties every derived table. */
export async function clearRows(tx: PrismaTransaction): Promise<void> {
  for (const table of TABLES) await tx.$executeRawUnsafe(`DELETE FROM "${table}"`);
  await tx.$executeRawUnsafe('DELETE FROM "Undo"');
}

function upsertFrom(table: TableName, columns: readonly string[], json: string): string {
  const set = columns.map((column) => `"${column}" = EXCLUDED."${column}"`).join(', ');
  return `INSERT INTO "${table}" SELECT * FROM jsonb_populate_recordset(NULL::"${table}", ${json})
    ON CONFLICT ("id") DO UPDATE SET ${set}`;
}

async function columnsOf(tx: PrismaTransaction, table: TableName): Promise<readonly string[]> {
  const rows = await tx.$queryRawUnsafe<{ name: string }[]>(
    `SELECT attname::text AS name FROM pg_attribute
     WHERE attrelid = '"${table}"'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'id'`,
  );
  return rows.map((row) => row.name);
}

/** By hand: a replacer is asked of every value, and only what events said has whole numbers within. */
function toJson(rows: readonly object[]): string {
  const texts = rows.map((row) => {
    const fields = Object.entries(row).map(
      ([column, value]: [string, unknown]) => `"${column}":${valueToJson(value)}`,
    );
    return `{${fields.join(',')}}`;
  });
  return `[${texts.join(',')}]`;
}

function valueToJson(value: unknown): string {
  if (typeof value === 'bigint') return `"${value}"`;
  if (typeof value !== 'object' || Array.isArray(value)) return JSON.stringify(value ?? null);
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner));
}
