import { IndexerError } from '../errors.ts';
import type { Rows, TableName } from './rows.ts';

/** Reads rows as they stand in the database. Missing ones are left out. */
export type LoadRows = <T extends TableName>(table: T, ids: readonly string[]) => Promise<readonly Rows[T][]>;

/** Changed rows by table. */
export type ChangedRows = ReadonlyMap<TableName, readonly Rows[TableName][]>;

/**
 * The derived rows that some blocks read and write: a view that starts from the database and that events are
 * applied to. Nothing is written until `take` hands the changes over.
 */
export class Changes {
  readonly #load: LoadRows;
  /** By table and id. `undefined`: looked for and not there. */
  readonly #seen = new Map<TableName, Map<string, Rows[TableName] | undefined>>();
  readonly #changed = new Map<TableName, Map<string, Rows[TableName]>>();

  constructor(load: LoadRows) {
    this.#load = load;
  }

  async get<T extends TableName>(table: T, id: string): Promise<Rows[T] | undefined> {
    const seen = tableOf(this.#seen, table);
    const row = seen.get(id) as Rows[T] | undefined;
    return row !== undefined || seen.has(id) ? row : (await this.getMany(table, [id]))[0];
  }

  /** Those of the rows that exist, in the order of their ids. */
  async getMany<T extends TableName>(table: T, ids: readonly string[]): Promise<readonly Rows[T][]> {
    const seen = tableOf(this.#seen, table);
    const unknown = ids.filter((id) => !seen.has(id));
    if (unknown.length > 0) {
      for (const id of unknown) seen.set(id, undefined);
      for (const row of await this.#load(table, unknown)) seen.set(row.id, row);
    }
    return ids.flatMap((id) => (seen.get(id) as Rows[T] | undefined) ?? []);
  }

  /** @throws IndexerError `INDEXER_HISTORY_INCOMPLETE`: an event speaks of what no earlier event has made */
  async require<T extends TableName>(table: T, id: string): Promise<Rows[T]> {
    const row = await this.get(table, id);
    if (row !== undefined) return row;
    throw new IndexerError(
      'INDEXER_HISTORY_INCOMPLETE',
      `An event names a ${table} that no earlier event made: ${id}.`,
      {
        hint: "The deployment's block must not be later than that of its first contract.",
        details: { table, id },
      },
    );
  }

  put<T extends TableName>(table: T, row: Rows[T]): void {
    tableOf(this.#seen, table).set(row.id, row);
    tableOf(this.#changed, table).set(row.id, row);
  }

  /** What changed since the last time, to be written now; later reads see it. */
  take(): ChangedRows {
    const taken = new Map([...this.#changed].map(([table, rows]) => [table, [...rows.values()]] as const));
    this.#changed.clear();
    return taken;
  }
}

function tableOf<T>(tables: Map<TableName, Map<string, T>>, table: TableName): Map<string, T> {
  let found = tables.get(table);
  if (found === undefined) tables.set(table, (found = new Map<string, T>()));
  return found;
}
