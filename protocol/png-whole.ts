import { inflateSync } from 'node:zlib';
import { BadInputError } from './errors.ts';

/** Samples of a pixel by a PNG's colour type. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Adam7's passes: first column and row, and the steps between. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * That a PNG's image data is all that its header wants (ISO/IEC 15948, 7 and 8): the decoder fills what is lacking with black,
 * and a damaged digit would be read as another.
 * @throws BadInputError IMAGE_INVALID: it lacks rows; Error of zlib: it is damaged, or has too many
 */
export function expectWholePng(bytes: Buffer): void {
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const [depth, colour, interlaced] = [bytes[24], bytes[25], bytes[28] === 1];
  const bits = depth * (SAMPLES[colour] ?? 0);
  const rowsOf = (columns: number, rows: number): number =>
    columns <= 0 || rows <= 0 ? 0 : rows * (1 + Math.ceil((columns * bits) / 8));
  const expected = interlaced
    ? PASSES.reduce(
        (sum, [x, y, dx, dy]) => sum + rowsOf(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)),
        0,
      )
    : rowsOf(width, height);
  const { length } = inflateSync(imageData(bytes), { maxOutputLength: Math.max(1, expected) });
  if (length === expected) return;
  throw new BadInputError('IMAGE_INVALID', `${length} of the ${expected} bytes of its rows are there`);
}

function imageData(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return Buffer.concat(parts);
}
