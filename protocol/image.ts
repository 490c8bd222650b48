import { PNG } from 'pngjs';
import { BadInputError } from './errors.ts';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Bytes of a file beyond which it can't be an honest image of `pixels` pixels (16 bits × 4 channels, chunks). */
function largestFile(pixels: number): number {
  return 65_536 + 16 * pixels;
}

function decode(bytes: Uint8Array): PNG {
  try {
    return PNG.sync.read(Buffer.from(bytes));
  } catch (cause) {
    throw new BadInputError('IMAGE_INVALID', `the PNG file is damaged: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * A PNG image as a model's input: values in [0, 1] (sample / 255) of shape [1, channels, height, width], one
 * channel (colours become their luma, Rec. 601) or three. Transparent parts count as black. The image must
 * have exactly the model's size; that is looked up in the header before anything is unpacked.
 *
 * Throws BadInputError: IMAGE_INVALID for anything but a sound PNG file, IMAGE_SHAPE for another size.
 */
export function readImage(bytes: Uint8Array, shape: readonly number[]): Float32Array {
  const [batch, channels, height, width] = shape;
  if (shape.length !== 4 || batch !== 1 || (channels !== 1 && channels !== 3)) {
    throw new BadInputError(
      'IMAGE_SHAPE',
      `the model's input is ${shape.join('×')}, an image can't be its input`,
      {
        hint: 'Give the input as a .npy file of float32 values instead.',
      },
    );
  }
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 33));
  if (header.length < 33 || !header.subarray(0, 8).equals(SIGNATURE)) {
    throw new BadInputError('IMAGE_INVALID', 'expected a PNG file, got something else', {
      hint: 'Convert the image to PNG.',
    });
  }
  const [foundWidth, foundHeight] = [header.readUInt32BE(16), header.readUInt32BE(20)];
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

  const { data } = decode(bytes);
  return Float32Array.from({ length: channels * pixels }, (_, i) => {
    const at = 4 * (i % pixels);
    const [red, green, blue, alpha] = data.subarray(at, at + 4);
    const sample =
      channels === 3
        ? data[at + Math.floor(i / pixels)]
        : Math.round((299 * red + 587 * green + 114 * blue) / 1000);
    return Math.round((sample * alpha) / 255) / 255;
  });
}

/** Bytes of one grey value a pixel, row by row, as a grayscale PNG file. */
export function writeGrayscalePng(pixels: Uint8Array, width: number): Uint8Array {
  const image = new PNG({ width, height: pixels.length / width });
  for (const [i, value] of pixels.entries()) image.data.set([value, value, value, 255], 4 * i);
  return PNG.sync.write(image, { colorType: 0 });
}
