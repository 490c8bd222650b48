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
  /** `undefined`: looked for and not there. */
  readonly #seen = new Map<string, Rows[TableName] | undefined>();
  readonly #changed = new Map<TableName, Map<string, Rows[TableName]>>();

  constructor(load: LoadRows) {
    this.#load = load;
  }

  async get<T extends TableName>(table: T, id: string): Promise<Rows[T] | undefined> {
    return (await this.getMany(table, [id]))[0];
  }

  /** Those of the rows that exist, in the order of their ids. */
  async getMany<T extends TableName>(table: T, ids: readonly string[]): Promise<readonly Rows[T][]> {
    const unknown = ids.filter((id) => !this.#seen.has(`${table} ${id}`));
    if (unknown.length > 0) {
      for (const id of unknown) this.#seen.set(`${table} ${id}`, undefined);
      for (const row of await this.#load(table, unknown)) this.#seen.set(`${table} ${row.id}`, row);
    }
    return ids.flatMap((id) => {
      const row = this.#seen.get(`${table} ${id}`) as Rows[T] | undefined;
      return row === undefined ? [] : [row];
    });
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
    this.#seen.set(`${table} ${row.id}`, row);
    const changed = this.#changed.get(table) ?? new Map<string, Rows[TableName]>();
    this.#changed.set(table, changed.set(row.id, row));
  }

  /** What changed since the last time, to be written now; later reads see it. */
  take(): ChangedRows {
    const taken = new Map([...this.#changed].map(([table, rows]) => [table, [...rows.values()]] as const));
    this.#changed.clear();
    return taken;
  }
}
