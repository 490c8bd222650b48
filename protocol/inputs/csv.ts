import { BadInputError } from '../errors.ts';
import { LARGEST_INPUT, type Numbers } from './numbers.ts';

/**
 * Numbers in lines, separated by commas, semicolons, tabs or spaces; a first line without any number is a heading.
 * @throws BadInputError INPUT_FORMAT
 */
export function readCsv(bytes: Uint8Array): Numbers {
  if (bytes.length > LARGEST_INPUT) {
    throw new BadInputError('INPUT_FORMAT', `${bytes.length} bytes, at most ${LARGEST_INPUT} are read`);
  }
  const lines = new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => line.split(/\s*[,;]\s*|\s+/).filter((cell) => cell !== ''));
  if (lines.length > 1 && lines[0].every((cell) => Number.isNaN(Number(cell)))) lines.shift();
  const width = lines[0]?.length ?? 0;
  const ragged = lines.findIndex((line) => line.length !== width);
  if (width === 0 || ragged >= 0) {
    throw new BadInputError(
      'INPUT_FORMAT',
      width === 0
        ? 'expected lines of numbers, found none'
        : `expected ${width} numbers in every line, line ${ragged + 1} has ${lines[ragged].length}`,
    );
  }
  const cells = lines.flat();
  const values = Float64Array.from(cells, Number);
  const strange = values.findIndex(Number.isNaN);
  if (strange >= 0) {
    throw new BadInputError(
      'INPUT_FORMAT',
      `expected numbers, line ${1 + Math.floor(strange / width)} has ${JSON.stringify(cells[strange].slice(0, 40))}`,
    );
  }
  return { shape: [lines.length, width], values };
}
