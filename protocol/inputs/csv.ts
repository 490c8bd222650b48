import { BadInputError } from '../errors.ts';
import { LARGEST_INPUT, type Numbers } from './numbers.ts';

/** A number as people and programs write it: `-1`, `.5`, `1.`, `2e-3`; not `0x10`, and nothing is none. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const number = (cell: string): number => (DECIMAL.test(cell) ? Number(cell) : Number.NaN);

/**
 * Numbers in lines, separated by commas, semicolons, tabs or spaces, the same in the whole file; a first line without any
 * number is a heading. Quotes around a number are none of it.
 * @throws BadInputError INPUT_FORMAT
 */
export function readCsv(bytes: Uint8Array): Numbers {
  if (bytes.length > LARGEST_INPUT) {
    throw new BadInputError('INPUT_FORMAT', `${bytes.length} bytes, at most ${LARGEST_INPUT} are read`);
  }
  const text = new TextDecoder().decode(bytes);
  const separator = separatorOf(text);
  const lines = text
    .split(/\r?\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => cellsOf(line, separator));
  const headings = lines.length > 1 && lines[0].every((cell) => Number.isNaN(number(cell))) ? 1 : 0;
  const rows = lines.slice(headings);
  const width = rows[0]?.length ?? 0;
  const ragged = rows.findIndex((row) => row.length !== width);
  if (width === 0 || ragged >= 0) {
    throw new BadInputError(
      'INPUT_FORMAT',
      width === 0
        ? 'expected lines of numbers, found none'
        : `expected ${width} numbers in every line, line ${headings + ragged + 1} has ${rows[ragged].length}`,
    );
  }
  const cells = rows.flat();
  const values = Float64Array.from(cells, number);
  const strange = values.findIndex(Number.isNaN);
  if (strange >= 0) {
    throw new BadInputError(
      'INPUT_FORMAT',
      `expected numbers, line ${headings + 1 + Math.floor(strange / width)} has ${JSON.stringify(cells[strange].slice(0, 40))}`,
    );
  }
  return { shape: [rows.length, width], values };
}

/** What stands between numbers. @throws BadInputError INPUT_FORMAT: several do, and where one number ends can't be told */
function separatorOf(text: string): string | RegExp {
  const found = [',', ';', '\t'].filter((one) => text.includes(one));
  if (found.length > 1) {
    throw new BadInputError(
      'INPUT_FORMAT',
      `expected one separator, found ${found.map((one) => JSON.stringify(one)).join(' and ')}`,
      { hint: 'Numbers are written with a point: 0.5, not 0,5.' },
    );
  }
  return found[0] ?? /\s+/;
}

/** A line's cells; a separator at its end begins no other. */
function cellsOf(line: string, separator: string | RegExp): readonly string[] {
  const cells = line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  return cells.length > 1 && cells.at(-1) === '' ? cells.slice(0, -1) : cells;
}
