import Table from 'cli-table3';

/** Where a command's result goes: standard output, as a table for people or JSON for scripts. */
export interface Output {
  readonly json: boolean;
  write(text: string): void;
}

export function standardOutput(json: boolean): Output {
  return { json, write: (text) => void process.stdout.write(text) };
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

/** A table with a head; numbers are set right. */
export function printTable(
  output: Output,
  head: readonly string[],
  rows: readonly (readonly (string | number | bigint)[])[],
): void {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, column) =>
      rows.length > 0 && rows.every((row) => typeof row[column] !== 'string') ? 'right' : 'left',
    ),
  });
  for (const row of rows)
    table.push(row.map((cell) => (typeof cell === 'string' ? cell : cell.toLocaleString('en-US'))));
  output.write(`${table.toString()}\n`);
}
