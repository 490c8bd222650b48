import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { readImage, writeGrayscalePng } from '../../protocol/image.ts';

/** A PNG file of one colour, with or without alpha. */
function plain(width: number, height: number, colour: readonly [number, number, number, number]): Uint8Array {
  const image = new PNG({ width, height });
  for (let i = 0; i < width * height; i++) image.data.set(colour, 4 * i);
  return PNG.sync.write(image, { colorType: 6 });
}

/** A PNG file of three columns and two rows, with these bytes of rows. */
function rowsAsPng(
  rows: readonly number[],
  { depth = 8, interlaced = 0 }: { readonly depth?: number; readonly interlaced?: number } = {},
): Uint8Array {
  const chunk = (type: string, body: readonly number[] | Uint8Array): Buffer => {
    const named = Buffer.concat([Buffer.from(type), Uint8Array.from(body)]);
    const ends = [named.length - 4, crc32(named)].map((word) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(word);
      return bytes;
    });
    return Buffer.concat([ends[0], named, ends[1]]);
  };
  const header = [0, 0, 0, 3, 0, 0, 0, 2, depth, 0, 0, 0, interlaced];
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Uint8Array.from(rows))),
    chunk('IEND', []),
  ]);
}

describe('readImage', () => {
  it('gives the grey values of a file that was written, divided by 255', () => {
    const pixels = fc.uint8Array({ minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(pixels, (values) => {
        const read = readImage(writeGrayscalePng(values, 4), [1, 1, 3, 4]);
        expect(read).toEqual(Float32Array.from(values, (value) => value / 255));
      }),
    );
  });

  it.each<[string, readonly [number, number, number, number], number]>([
    ['white', [255, 255, 255, 255], 255],
    ['red as its luma', [255, 0, 0, 255], 76],
    ['green as its luma', [0, 255, 0, 255], 150],
    ['blue as its luma', [0, 0, 255, 255], 29],
    ['transparent white as black', [255, 255, 255, 0], 0],
    ['half transparent white as grey', [255, 255, 255, 128], 128],
  ])('takes %s', (_, colour, grey) => {
    expect(readImage(plain(2, 2, colour), [1, 1, 2, 2])).toEqual(new Float32Array(4).fill(grey / 255));
  });

  it('gives the three planes of a colour image where the model wants three channels', () => {
    const read = readImage(plain(2, 1, [255, 51, 0, 255]), [1, 3, 1, 2]);
    expect(read).toEqual(Float32Array.of(1, 1, 0.2, 0.2, 0, 0));
  });

  it('puts channels where the input has them, or where it is told', () => {
    const file = plain(1, 2, [255, 51, 0, 255]);
    const last = Float32Array.of(1, 0.2, 0, 1, 0.2, 0);
    expect(readImage(file, [1, 2, 1, 3])).toEqual(last);
    expect(readImage(file, [2, 1, 3], { layout: 'nhwc' })).toEqual(last);
    expect(() => readImage(file, [1, 3, 2, 2], { layout: 'nhwc' })).toThrow(/can't be its input as nhwc/);
    // One grey row of three columns, or one pixel in three colours: the first, unless it is told otherwise.
    expect(readImage(plain(3, 1, [255, 255, 255, 255]), [1, 1, 1, 3])).toHaveLength(3);
    const pixel = plain(1, 1, [255, 51, 0, 255]);
    expect(readImage(pixel, [1, 1, 1, 3], { layout: 'nhwc' })).toEqual(Float32Array.of(1, 0.2, 0));
    expect(readImage(plain(3, 2, [0, 0, 0, 255]), [2, 3])).toEqual(new Float32Array(6));
  });

  it('takes mean and standard deviation, one or one a channel', () => {
    const file = plain(1, 1, [255, 51, 0, 255]);
    const read = readImage(file, [1, 3, 1, 1], { mean: [0.5, 0.2, 0.5], std: [0.5, 1, 0.25] });
    expect(read).toEqual(Float32Array.of(1, 0, -2));
    expect(readImage(file, [1, 3, 1, 1], { mean: [0.5], std: [0.5] })).toEqual(Float32Array.of(1, -0.6, -1));
    expect(() => readImage(file, [1, 3, 1, 1], { mean: [1, 2] })).toThrow(/expected 3 numbers as mean/);
  });

  it('reads JPEG, to within what it loses', () => {
    const data = Uint8Array.from({ length: 16 * 8 * 4 }, (_, i) => [200, 100, 50, 255][i % 4]);
    const file = jpeg.encode({ width: 16, height: 8, data }, 95).data;
    const read = readImage(file, [1, 3, 8, 16]);
    [200, 100, 50].forEach((sample, channel) =>
      expect(Math.abs(255 * read[channel * 128 + 77] - sample)).toBeLessThan(4),
    );
    expect(() => readImage(file, [1, 3, 16, 8])).toThrow(
      /expected an image of 8×16 pixels \(colour\), got 16×8/,
    );
    expect(() => readImage(file.subarray(0, file.length - 20), [1, 3, 8, 16])).toThrow(
      expect.objectContaining({ code: 'IMAGE_INVALID' }),
    );
  });

  it('refuses JPEG of 12 bits a sample, whose pixels would be others', () => {
    const data = new Uint8Array(8 * 8 * 4).fill(200);
    const file = Buffer.from(jpeg.encode({ width: 8, height: 8, data }, 95).data);
    const frame = file.indexOf(Buffer.from([0xff, 0xc0]));
    expect(file[frame + 4]).toBe(8);
    file[frame + 4] = 12;
    expect(() => readImage(file, [1, 1, 8, 8])).toThrow(
      expect.objectContaining({
        code: 'IMAGE_INVALID',
        message: expect.stringContaining('12 bits a sample, expected 8') as string,
      }),
    );
  });

  it('names the size that it expected and the one that came', () => {
    const file = plain(29, 28, [0, 0, 0, 255]);
    expect(() => readImage(file, [1, 1, 28, 28])).toThrow(
      expect.objectContaining({
        code: 'IMAGE_SHAPE',
        message: 'expected an image of 28×28 pixels (grayscale), got 29×28',
        details: { width: 29, height: 28 },
      }),
    );
  });

  it.each<[string, string, Uint8Array, readonly number[]]>([
    ['a model that takes no image', 'IMAGE_SHAPE', plain(2, 2, [0, 0, 0, 255]), [1, 10]],
    ['a model that takes two channels', 'IMAGE_SHAPE', plain(2, 2, [0, 0, 0, 255]), [1, 2, 2, 2]],
    [
      'a JPEG file without a frame',
      'IMAGE_INVALID',
      new Uint8Array(100).with(0, 0xff).with(1, 0xd8),
      [1, 1, 2, 2],
    ],
    ['an empty file', 'IMAGE_INVALID', new Uint8Array(0), [1, 1, 2, 2]],
    [
      'a file with far more bytes than pixels',
      'IMAGE_INVALID',
      Buffer.concat([plain(2, 2, [0, 0, 0, 255]), Buffer.alloc(100_000)]),
      [1, 1, 2, 2],
    ],
  ])('refuses %s', (_, code, file, shape) => {
    expect(() => readImage(file, shape)).toThrow(expect.objectContaining({ code }));
  });

  it.each<[string, Uint8Array]>([
    ['8 bits', rowsAsPng([0, 1, 2, 3, 0, 4, 5, 6])],
    [
      '16 bits, the upper of which count',
      rowsAsPng([0, 1, 1, 2, 2, 3, 3, 0, 4, 4, 5, 5, 6, 6], { depth: 16 }),
    ],
    // Adam7: the first pixel, then the third of the first row, the second, the second row.
    ['passes', rowsAsPng([0, 1, 0, 3, 0, 2, 0, 4, 5, 6], { interlaced: 1 })],
  ])('reads rows of %s, all of them', (_, file) => {
    expect(readImage(file, [2, 3], { scale: 1 })).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  });

  it.each<[string, Uint8Array]>([
    ['a row', rowsAsPng([0, 1, 2, 3])],
    ['a pixel', rowsAsPng([0, 1, 2, 3, 0, 4, 5])],
    ['half a pixel', rowsAsPng([0, 1, 1, 2, 2, 3, 3, 0, 4, 4, 5, 5, 6], { depth: 16 })],
    ['a pass', rowsAsPng([0, 1, 0, 3, 0, 2], { interlaced: 1 })],
    ['all', rowsAsPng([])],
  ])('refuses a file, whole as it is, that lacks %s: what lacks would be black', (_, file) => {
    expect(() => readImage(file, [2, 3], { scale: 1 })).toThrow(
      expect.objectContaining({ code: 'IMAGE_INVALID' }),
    );
  });

  it('refuses a file with more than its rows', () => {
    for (const more of [1, 5_000_000]) {
      const file = rowsAsPng([0, 1, 2, 3, 0, 4, 5, 6, ...new Uint8Array(more)]);
      expect(() => readImage(file, [2, 3])).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID' }));
    }
  });

  it('refuses a file that is cut off anywhere before its last chunk', () => {
    const whole = writeGrayscalePng(
      Uint8Array.from({ length: 784 }, (_, i) => (i * 31) % 256),
      28,
    );
    const lastChunk = 12;
    for (let length = 0; length < whole.length - lastChunk; length += 7) {
      expect(() => readImage(whole.subarray(0, length), [1, 1, 28, 28]), `${length} bytes`).toThrow(
        expect.objectContaining({ code: 'IMAGE_INVALID' }),
      );
    }
  });
});
