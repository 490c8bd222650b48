import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { BadInputError } from './errors.ts';
import { expectWholePng } from './png-whole.ts';

/** What is done to bytes, those of images and of `uint8` arrays, before they are a model's input. */
export interface Preprocessing {
  /** What they are multiplied by. Default 1/255; 1 for an input of integers, which are bytes as they are. */
  readonly scale?: number;
  /** Where the channels are in the model's input. Default: where its shape has 1 or 3, first if both could be. */
  readonly layout?: Layout;
  /** Taken from each channel's values then; one number, or one a channel. Default 0. */
  readonly mean?: readonly number[];
  /** What they are divided by then. Default 1. */
  readonly std?: readonly number[];
}

export const LAYOUTS = ['nchw', 'nhwc'] as const;
export type Layout = (typeof LAYOUTS)[number];

/** Red, green, blue and alpha of each pixel, row by row. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Width and height by the header, and what unpacks the rest. */
interface Format {
  readonly name: string;
  sizeOf(bytes: Buffer): readonly [number, number] | undefined;
  decode(bytes: Buffer, pixels: number): Pixels;
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

const FORMATS: readonly Format[] = [
  {
    name: 'PNG',
    sizeOf: (bytes) =>
      bytes.length >= 33 && bytes.subarray(0, 8).equals(PNG_SIGNATURE)
        ? [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
        : undefined,
    decode: (bytes) => {
      expectWholePng(bytes);
      return PNG.sync.read(bytes);
    },
  },
  {
    name: 'JPEG',
    sizeOf: jpegSize,
    decode: (bytes, pixels) => {
      const bits = bytes[jpegFrame(bytes) + 4];
      // The decoder reads others too, as something else than they are.
      if (bits !== 8) throw new BadInputError('IMAGE_INVALID', `${bits} bits a sample, expected 8`);
      return jpeg.decode(bytes, {
        useTArray: true,
        formatAsRGBA: true,
        maxResolutionInMP: pixels / 1e6,
        maxMemoryUsageInMB: 1024,
        tolerantDecoding: false,
      });
    },
  },
];

function jpegSize(bytes: Buffer): readonly [number, number] | undefined {
  const frame = jpegFrame(bytes);
  return frame < 0 ? undefined : [bytes.readUInt16BE(frame + 7), bytes.readUInt16BE(frame + 5)];
}

/** Where the frame's header is among the segments; −1: there is none. */
function jpegFrame(bytes: Buffer): number {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return -1;
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1];
    // SOF0 … SOF15, of which C4, C8 and CC are something else.
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) return at;
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return -1;
}

/** Whether bytes begin as an image that {@link readImage} reads. */
export function isImage(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return FORMATS.some((format) => format.sizeOf(file) !== undefined);
}

/** Bytes of a file beyond which it can't be an honest image of `pixels` pixels (16 bits × 4 channels, chunks). */
function largestFile(pixels: number): number {
  return 65_536 + 16 * pixels;
}

/** What an image has to be for an input of this shape. */
interface Frame {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly layout: Layout;
}

function frameOf(shape: readonly number[], layout: Layout | undefined): Frame {
  // A batch of one may be there or not, and so may the channel of a grey image.
  const inner = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape;
  const plane = inner.length === 2 && inner[0] > 1;
  const [a, b, c] = plane ? [1, ...inner] : inner;
  const possible = (channels: number): boolean => channels === 1 || channels === 3;
  const rank = plane || inner.length === 3;
  if (rank && layout !== 'nhwc' && possible(a)) return { channels: a, height: b, width: c, layout: 'nchw' };
  if (rank && layout !== 'nchw' && possible(c)) return { channels: c, height: a, width: b, layout: 'nhwc' };
  throw new BadInputError(
    'IMAGE_SHAPE',
    `the model's input is ${shape.join('×')}, an image can't be its input${layout === undefined ? '' : ` as ${layout}`}`,
    { hint: 'Give the input as numbers instead: .npy, .npz, .csv or .json.' },
  );
}

function perChannel(name: string, given: readonly number[], channels: number): readonly number[] {
  if (given.length === channels) return given;
  if (given.length === 1) return Array<number>(channels).fill(given[0]);
  throw new BadInputError(
    'IMAGE_SHAPE',
    `expected ${channels} numbers as ${name}, one a channel, got ${given.length}`,
  );
}

/** Pixels of models of reals are in 0 … 1. */
const PIXEL_SCALE = 1 / 255;

/**
 * Bytes of an array as a model's input: times `scale`, less `mean` and divided by `std` of their channel.
 * @throws BadInputError IMAGE_SHAPE: `mean` or `std` are given, and the shape has no channels
 */
export function preprocessBytes(
  bytes: Uint8Array,
  shape: readonly number[],
  { layout: wanted, scale = PIXEL_SCALE, mean, std }: Preprocessing = {},
): Float32Array {
  // Divided, since the nearest float to a quotient is not that to a product.
  const scaled = (byte: number): number => (scale === PIXEL_SCALE ? byte / 255 : byte * scale);
  if (mean === undefined && std === undefined) return Float32Array.from(bytes, scaled);
  const { channels, height, width, layout } = frameOf(shape, wanted);
  const means = perChannel('mean', mean ?? [0], channels);
  const divisors = perChannel('std', std ?? [1], channels);
  return Float32Array.from(bytes, (byte, i) => {
    const channel = layout === 'nchw' ? Math.floor(i / (height * width)) % channels : i % channels;
    return (scaled(byte) - means[channel]) / divisors[channel];
  });
}

/**
 * A PNG or JPEG image as a model's input: its bytes times `scale`, less `mean` and divided by `std`, of one channel
 * (colours become their luma, Rec. 601) or three. Transparent parts count as black. The image must have exactly the
 * model's size; that is looked up in the header before anything is unpacked.
 * @param shape the model's input: [1, channels, height, width] or [1, height, width, channels], the batch and a grey
 * image's channel may be left out
 * @throws BadInputError IMAGE_INVALID for anything but a sound file, IMAGE_SHAPE for another size
 */
export function readImage(
  bytes: Uint8Array,
  shape: readonly number[],
  preprocessing: Preprocessing = {},
): Float32Array {
  const { channels, height, width, layout } = frameOf(shape, preprocessing.layout);
  const data = decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), channels, width, height);
  const pixels = width * height;
  const values = new Uint8Array(channels * pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const [red, green, blue, alpha] = data.subarray(4 * pixel, 4 * pixel + 4);
    const samples =
      channels === 3 ? [red, green, blue] : [Math.round((299 * red + 587 * green + 114 * blue) / 1000)];
    samples.forEach((sample, channel) => {
      const at = layout === 'nchw' ? channel * pixels + pixel : pixel * channels + channel;
      values[at] = Math.round((sample * alpha) / 255);
    });
  }
  return preprocessBytes(values, shape, preprocessing);
}

function decode(bytes: Buffer, channels: number, width: number, height: number): Uint8Array {
  for (const format of FORMATS) {
    const size = format.sizeOf(bytes);
    if (size === undefined) continue;
    const [foundWidth, foundHeight] = size;
    if (foundWidth !== width || foundHeight !== height) {
      const kind = channels === 1 ? 'grayscale' : 'colour';
      throw new BadInputError(
        'IMAGE_SHAPE',
        `expected an image of ${width}×${height} pixels (${kind}), got ${foundWidth}×${foundHeight}`,
        {
          hint: `Scale the image to ${width}×${height} pixels.`,
          details: { width: foundWidth, height: foundHeight },
        },
      );
    }
    const pixels = width * height;
    if (bytes.length > largestFile(pixels)) {
      throw new BadInputError(
        'IMAGE_INVALID',
        `${bytes.length} bytes are too many for ${width}×${height} pixels`,
      );
    }
    const { data } = unpacked(format, bytes, pixels);
    if (data.length === 4 * pixels) return data;
    throw new BadInputError('IMAGE_INVALID', `the ${format.name} file has ${data.length / 4} pixels`);
  }
  throw new BadInputError('IMAGE_INVALID', 'expected a PNG or JPEG file, got something else', {
    hint: 'Convert the image to PNG.',
  });
}

function unpacked(format: Format, bytes: Buffer, pixels: number): Pixels {
  try {
    return format.decode(bytes, pixels);
  } catch (cause) {
    throw new BadInputError(
      'IMAGE_INVALID',
      `the ${format.name} file is damaged: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

/** Bytes of one grey value a pixel, row by row, as a grayscale PNG file. */
export function writeGrayscalePng(pixels: Uint8Array, width: number): Uint8Array {
  const image = new PNG({ width, height: pixels.length / width });
  for (const [i, value] of pixels.entries()) image.data.set([value, value, value, 255], 4 * i);
  return PNG.sync.write(image, { colorType: 0 });
}
