import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeGrayscalePng } from '../../protocol/image.ts';
import { writeNpy } from '../../protocol/npy.ts';
import { readLabelledSamples, readSamples, readSampleSets } from '../../protocol/samples.ts';

const SHAPE = [1, 1, 2, 2];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-samples-'));
});

afterEach(() => rm(folder, { recursive: true }));

const save = (name: string, bytes: Uint8Array): Promise<void> => writeFile(path.join(folder, name), bytes);
const plain = (grey: number): Uint8Array => writeGrayscalePng(new Uint8Array(4).fill(grey), 2);
const filled = (value: number): Float32Array => new Float32Array(4).fill(value);

describe('readSamples', () => {
  it('reads every image and array of a folder in the order of their names', async () => {
    await save('c.png', plain(51));
    await save('a.npy.gz', gzipSync(writeNpy({ shape: [2, 2, 2], data: new Uint8Array(8).fill(255) })));
    await save('b.npy', writeNpy({ shape: [2, 2], data: filled(-3.5) }));
    await save('notes.txt', Buffer.from('not a sample'));
    expect(await readSamples(folder, SHAPE)).toEqual([filled(1), filled(1), filled(-3.5), filled(0.2)]);
  });

  it('takes an array with or without dimensions of size 1', async () => {
    for (const shape of [
      [2, 2],
      [1, 2, 2],
      [1, 1, 2, 2],
    ]) {
      await save('x.npy', writeNpy({ shape, data: filled(7) }));
      expect(await readSamples(path.join(folder, 'x.npy'), SHAPE)).toEqual([filled(7)]);
    }
  });

  it('gives an input of integers its bytes as they are, and one of reals pixels, unless it is told otherwise', async () => {
    const bytes = Uint8Array.of(0, 51, 102, 255);
    await save('x.npy', writeNpy({ shape: [2, 2], data: bytes }));
    const asked: string[] = [];
    const read = async (reading: Parameters<typeof readSamples>[2]) =>
      Array.from((await readSamples(folder, SHAPE, { ...reading, onPixels: (file) => asked.push(file) }))[0]);
    for (const type of ['uint8', 'int32', 'int64']) expect(await read({ type })).toEqual([...bytes]);
    expect(asked).toEqual([]);
    expect(await read({})).toEqual([...Float32Array.of(0, 0.2, 0.4, 1)]);
    expect(asked).toEqual([path.join(folder, 'x.npy')]);
    expect(await read({ type: 'float32', scale: 1 })).toEqual([...bytes]);
    expect(await read({ scale: 1, mean: [51], std: [2] })).toEqual([-25.5, 0, 25.5, 102]);
    expect(await read({ mean: [0.2] })).toEqual([...Float32Array.of(-0.2, 0, 0.2, 0.8)]);
    expect(asked.length).toBe(1);
    await rm(path.join(folder, 'x.npy'));
    await save('x.png', plain(51));
    expect(await read({ type: 'uint8' })).toEqual([51, 51, 51, 51]);
    expect(await read({ scale: 1 })).toEqual([51, 51, 51, 51]);
  });

  it('takes each channel’s mean from bytes of either layout', async () => {
    const data = Uint8Array.of(10, 20, 30, 40, 50, 60);
    const read = async (shape: readonly number[]) => {
      await save('x.npy', writeNpy({ shape: shape.slice(1), data }));
      const [values] = await readSamples(folder, shape, { scale: 1, mean: [10, 20, 30], std: [1, 2, 5] });
      return [...values];
    };
    expect(await read([1, 3, 1, 2])).toEqual([0, 10, 5, 10, 4, 6]);
    expect(await read([1, 2, 1, 3])).toEqual([0, 0, 0, 30, 15, 6]);
  });

  it('refuses what no input of integers can be', async () => {
    const integers = { type: 'int64' };
    await save('x.npy', writeNpy({ shape: [2, 2], data: filled(3) }));
    expect(await readSamples(folder, SHAPE, integers)).toEqual([filled(3)]);
    for (const value of [0.5, 2 ** 24 + 2, NaN]) {
      await save('x.npy', writeNpy({ shape: [2, 2], data: filled(value) }));
      await expect(readSamples(folder, SHAPE, integers)).rejects.toMatchObject({ code: 'SAMPLE_VALUE' });
    }
    await save('x.npy', writeNpy({ shape: [2, 2], data: new Uint8Array(4).fill(3) }));
    await expect(readSamples(folder, SHAPE, { ...integers, scale: 1 / 255 })).rejects.toMatchObject({
      code: 'SAMPLE_VALUE',
    });
  });

  it('refuses an array of other inputs', async () => {
    for (const shape of [[4], [2, 1, 4], [8], [3, 2]]) {
      const length = shape.reduce((product, size) => product * size, 1);
      await save('x.npy', writeNpy({ shape, data: new Uint8Array(length) }));
      await expect(readSamples(folder, SHAPE)).rejects.toMatchObject({ code: 'SAMPLE_SHAPE' });
    }
  });

  it('refuses an empty folder and a file of another kind', async () => {
    await expect(readSamples(folder, SHAPE)).rejects.toMatchObject({ code: 'SAMPLE_FORMAT' });
    await save('x.gif', Buffer.from('x'));
    await expect(readSamples(path.join(folder, 'x.gif'), SHAPE)).rejects.toMatchObject({
      code: 'SAMPLE_FORMAT',
    });
  });
});

describe('readSampleSets', () => {
  const INPUTS = [
    { name: 'left', shape: SHAPE },
    { name: 'in/right', shape: [3] },
  ];
  const rights = (count: number): Uint8Array =>
    writeNpy({ shape: [count, 3], data: Float32Array.from({ length: count * 3 }, (_, i) => i) });

  it('reads what one input has as samples of one value each', async () => {
    await save('x.npy', writeNpy({ shape: [2, 2, 2], data: new Float32Array(8).fill(7) }));
    expect(await readSampleSets(folder, INPUTS.slice(0, 1))).toEqual([[filled(7)], [filled(7)]]);
  });

  it('reads a folder or a file for each input, by its name, in the order of the inputs', async () => {
    await mkdir(path.join(folder, 'left'));
    await save('left/0.png', plain(255));
    await save('left/1.png', plain(0));
    await save('in_right.npy', rights(2));
    expect(await readSampleSets(folder, INPUTS)).toEqual([
      [filled(1), Float32Array.of(0, 1, 2)],
      [filled(0), Float32Array.of(3, 4, 5)],
    ]);
  });

  it('refuses an input without samples, naming its file, and a name that no input has', async () => {
    await save('left.npy', writeNpy({ shape: [2, 2], data: filled(1) }));
    const missing = { code: 'SAMPLE_INPUTS', message: expect.stringContaining('in_right.npy') as string };
    await expect(readSampleSets(folder, INPUTS)).rejects.toMatchObject(missing);
    await save('right.npy', rights(1));
    await expect(readSampleSets(folder, INPUTS)).rejects.toMatchObject(missing);
  });

  it('refuses more of one input than of another, and samples of another shape', async () => {
    await save('left.npy', writeNpy({ shape: [2, 2], data: filled(1) }));
    await save('in_right.npy', rights(2));
    await expect(readSampleSets(folder, INPUTS)).rejects.toMatchObject({
      code: 'SAMPLE_INPUTS',
      message: expect.stringContaining('1, 2') as string,
    });
    await save('in_right.npy', writeNpy({ shape: [1, 4], data: filled(1) }));
    await expect(readSampleSets(folder, INPUTS)).rejects.toMatchObject({ code: 'SAMPLE_SHAPE' });
  });
});

describe('readLabelledSamples', () => {
  it('reads the labels beside the inputs', async () => {
    await save(
      'images.npy',
      writeNpy({ shape: [2, 2, 2], data: Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255) }),
    );
    await save('labels.npy', writeNpy({ shape: [2], data: Uint8Array.of(4, 9) }));
    const { inputs, labels } = await readLabelledSamples(folder, SHAPE);
    expect(inputs).toEqual([filled(0), filled(1)]);
    expect(labels).toEqual(Uint8Array.of(4, 9));
  });

  it('refuses labels of another number', async () => {
    await save('images.npy', writeNpy({ shape: [1, 2, 2], data: new Uint8Array(4) }));
    await save('labels.npy', writeNpy({ shape: [2], data: Uint8Array.of(4, 9) }));
    await expect(readLabelledSamples(folder, SHAPE)).rejects.toMatchObject({ code: 'SAMPLE_LABELS' });
  });
});
