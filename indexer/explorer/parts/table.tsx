import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Empty } from './show.tsx';

export interface Column<Row> {
  readonly name: string;
  readonly show: (row: Row) => ComponentChildren;
  /** What it sorts by; without it it doesn't. */
  readonly by?: (row: Row) => number | bigint | string;
  readonly right?: boolean;
}

type Sorting = { readonly column: number; readonly up: boolean };

/** A table whose columns sort at a press of their heads; on a narrow screen it scrolls by itself. */
export function Table<Row>({
  name,
  columns,
  rows,
  idOf,
  empty,
  sorted,
}: {
  /** What it is a table of, for who hears it. */
  name: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  idOf: (row: Row) => string;
  empty: string;
  sorted?: Sorting;
}) {
  const [sorting, setSorting] = useState<Sorting | undefined>(sorted);
  if (rows.length === 0) return <Empty>{empty}</Empty>;
  const by = sorting === undefined ? undefined : columns[sorting.column].by;
  const shown =
    by === undefined ? rows : rows.toSorted((a, b) => (sorting!.up ? 1 : -1) * compare(by(a), by(b)));
  const press = (column: number): void =>
    setSorting((before) => ({ column, up: before?.column === column ? !before.up : false }));
  return (
    <div class="scroll" role="region" aria-label={name} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name: head, by: sorts, right }, i) => {
              const order = sorting?.column === i ? (sorting.up ? 'ascending' : 'descending') : 'none';
              return (
                <th
                  key={head}
                  scope="col"
                  class={right ? 'right' : ''}
                  {...(sorts ? { 'aria-sort': order } : {})}
                >
                  {sorts ? (
                    <button type="button" class="sorts" onClick={() => press(i)}>
                      {head}
                      <span aria-hidden="true">
                        {order === 'none' ? ' ↕' : order === 'ascending' ? ' ↑' : ' ↓'}
                      </span>
                    </button>
                  ) : (
                    head
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={idOf(row)} id={`row-${idOf(row)}`}>
              {columns.map(({ name: head, show, right }) => (
                <td key={head} class={right ? 'right' : ''}>
                  {show(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function compare(a: number | bigint | string, b: number | bigint | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
