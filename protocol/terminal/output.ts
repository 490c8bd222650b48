import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';

/** Where a command's result goes: standard output, as a table for people or JSON for scripts. */
export interface Output {
  readonly json: boolean;
  /** Characters that a line has room for. Default: 80. */
  readonly columns?: number;
  write(text: string): void;
}

export function standardOutput(json: boolean): Output {
  const { columns = Number(process.env.COLUMNS) } = process.stdout;
  return {
    json,
    ...(columns > 0 ? { columns } : {}),
    write: (text) => void process.stdout.write(text),
  };
}

/** One JSON document and a line end; bigints as decimal strings. */
export function printJson(output: Output, value: unknown): void {
  const text = JSON.stringify(
    value,
    (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part),
    2,
  );
  output.write(`${text}\n`);
}

type Cell = string | number | bigint;

/**
 * A table with a head; numbers are set right. Where a line has no room for it addresses are shortened, and where that is not
 * enough each row is a card of its own, in which nothing is.
 */
export function printTable(
  output: Output,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): void {
  const { columns = 80 } = output;
  const shown = [rows, rows.map((row) => row.map(shortened))]
    .map((cells) => tableOf(head, cells))
    .find((text) => widthOf(text) <= columns);
  output.write(shown ?? rows.map((row) => cardOf(head, row)).join('\n'));
}

function tableOf(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, column) =>
      rows.length > 0 && rows.every((row) => typeof row[column] !== 'string') ? 'right' : 'left',
    ),
  });
  for (const row of rows) table.push(row.map(textOf));
  return `${table.toString()}\n`;
}

function cardOf(head: readonly string[], row: readonly Cell[]): string {
  const width = Math.max(...head.map(({ length }) => length)) + 2;
  return head.map((name, i) => `${name.padEnd(width)}${textOf(row[i])}\n`).join('');
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.toLocaleString('en-US');
}

/** An account as people tell it from another: `0x7099…79C8`. */
function shortened(cell: Cell): Cell {
  return typeof cell === 'string'
    ? cell.replaceAll(/\b0x([0-9a-fA-F]{4})[0-9a-fA-F]{32}([0-9a-fA-F]{4})\b/g, '0x$1…$2')
    : cell;
}

function widthOf(text: string): number {
  return Math.max(...text.split('\n').map((line) => stripVTControlCharacters(line).length));
}
