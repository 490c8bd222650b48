// Which files make a job, and what is read from them, for models of one input and of several.
import { zipSync } from 'fflate';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobInputs, readInputs } from '../../../protocol/inputs/read-inputs.ts';
import type { Manifest } from '../../../protocol/manifest.ts';
import { writeNpy } from '../../../protocol/npy.ts';

/** A manifest of which only the inputs are looked at. */
function manifestWith(sizes: Readonly<Record<string, number>>): Manifest {
  const tensors = Object.entries(sizes).map(([name, size], id) => ({
    id,
    name,
    shape: [1, size],
    signed: true,
    bits: 8,
    scale: id,
  }));
  return { tensors, inputCount: tensors.length, outputs: [0] } as unknown as Manifest;
}

const pair = manifestWith({ image: 3, question: 2 });
const single = manifestWith({ image: 3 });
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

let folder: string;
const at = (name: string): string => path.join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-inputs-'));
  const save = (name: string, values: readonly number[]): Promise<void> =>
    writeFile(at(name), writeNpy({ shape: [1, values.length], data: Float32Array.from(values) }));
  await save('image.npy', [1, 2, -3]);
  await save('question.npy', [4, -5.5]);
});
afterAll(() => rm(folder, { recursive: true }));

describe('the files of jobs', () => {
  it('are one a job where the model has one input, with its name or without', () => {
    expect(jobInputs(single, ['a.png', 'image=b.png', 'x=y.png']).map(({ files }) => files)).toEqual([
      ['a.png'],
      ['b.png'],
      ['x=y.png'],
    ]);
  });

  it('are one of each name, in the order of the inputs, whatever order they are given in', () => {
    const given = ['question=q1.npy', 'image=i1.png', 'image=i2=b.png', 'question=q2.npy'];
    expect(jobInputs(pair, given)).toEqual([
      { label: 'i1.png q1.npy', files: ['i1.png', 'q1.npy'] },
      { label: 'i2=b.png q2.npy', files: ['i2=b.png', 'q2.npy'] },
    ]);
  });

  it.each([
    ['INPUT_NAME', ['image=i.png', 'sound=s.npy']],
    ['INPUT_NAME', ['image=i.png', 'q.npy']],
    ['INPUT_COUNT', ['image=i.png']],
    ['INPUT_COUNT', ['image=i.png', 'question=q.npy', 'question=r.npy']],
  ])('are refused with %s when they are %j', (error, given) => {
    expect(() => jobInputs(pair, given)).toThrow(code(error));
  });
});

describe('files that people have', () => {
  const grid = {
    tensors: [{ id: 0, name: 'x', shape: [1, 1, 2, 3], signed: true, bits: 16, scale: 0 }],
    inputCount: 1,
    outputs: [0],
  } as unknown as Manifest;
  const expected = [Float64Array.of(1, 2, 3, 4, 5, 6)];
  const npy = (values: readonly number[], shape: readonly number[]): Uint8Array =>
    writeNpy({ shape, data: Float64Array.from(values) });

  it.each<[string, string | Uint8Array]>([
    ['nested.json', '[[[[1,2,3],[4,5,6]]]]'],
    ['flat.json', '[1,2,3,4,5,6]'],
    ['named.json', '{"x": [[1,2,3],[4,5,6]], "y": 7}'],
    ['ezkl.json', '{"input_data": [[1,2,3,4,5,6]], "output_data": [[0]]}'],
    ['lines.csv', '1, 2, 3\n4,5, 6\r\n'],
    ['semicolons.csv', '\ufeff1;2;3;\r4;5;6;\r'],
    ['headed.csv', 'a\tb\tc\n1\t2\t3\n4\t5\t6'],
    ['quoted.csv', '"a","b","c"\n"1","2","3"\n"4","5","6"'],
    ['spaces.csv', ' 1  2 3\n4 5.0 +6e0\n'],
    ['row.csv', '1,2,3,4,5,6'],
    ['column.csv', '1\n2\n3\n4\n5\n6\n'],
    ['doubles.npy', npy([1, 2, 3, 4, 5, 6], [2, 3])],
    ['named.npz', zipSync({ 'x.npy': npy([1, 2, 3, 4, 5, 6], [1, 2, 3]), 'z.npy': Uint8Array.of(1) })],
    ['placed.npz', zipSync({ 'arr_0.npy': npy([1, 2, 3, 4, 5, 6], [6]) })],
  ])('are read: %s', async (name, body) => {
    await writeFile(at(name), body);
    expect(await readInputs(grid, [at(name)])).toEqual(expected);
  });

  it('have their bytes taken as the build was told, and of an input of integers as they are', async () => {
    const data = Uint8Array.of(0, 51, 102, 153, 204, 255);
    await writeFile(at('bytes.npy'), writeNpy({ shape: [2, 3], data }));
    const read = async (
      preprocessing: Manifest['preprocessing'],
      whole: object,
      given?: Parameters<typeof readInputs>[2],
    ) => {
      const [tensor] = grid.tensors;
      const manifest = {
        ...grid,
        preprocessing,
        tensors: [{ ...tensor, scale: 'whole' in whole ? 0 : 4, ...whole }],
      };
      return Array.from((await readInputs(manifest, [at('bytes.npy')], given))[0]);
    };
    const times = (factor: number): number[] => [...data].map((byte) => Math.round(byte * factor));
    expect(await read(undefined, {})).toEqual(times(16 / 255));
    expect(await read({ scale: 1 }, {})).toEqual(times(16));
    expect(await read({ scale: 1 }, {}, { scale: 0.5 })).toEqual(times(8));
    expect(await read(undefined, { whole: true })).toEqual([...data]);
    await expect(read(undefined, { whole: true, signed: false, bits: 7 })).rejects.toMatchObject({
      code: 'INPUT_VALUE',
      message: expect.stringContaining('expected integers 0 … 127 for input x, number 3 is 153') as unknown,
    });
    await expect(read({ scale: 0.25 }, { whole: true })).rejects.toMatchObject({ code: 'INPUT_VALUE' });
  });

  /** An array of complex numbers. */
  const complex = (): Uint8Array => {
    const file = Buffer.from(npy([1, 2, 3, 4, 5, 6], [6]));
    file.write('<c8', file.indexOf('<f8'));
    return file;
  };

  it.each<[string, string | Uint8Array, string, RegExp]>([
    [
      'turned.json',
      '[[1,2],[3,4],[5,6]]',
      'INPUT_SHAPE',
      /expected 1×1×2×3 real numbers for input x, got 3×2/,
    ],
    ['short.json', '[1,2,3]', 'INPUT_SHAPE', /got 3/],
    ['short.npy', npy([1, 2, 3], [3]), 'INPUT_SHAPE', /got 3 of dtype f8/],
    [
      'complex.npy',
      complex(),
      'NPY_INVALID',
      /dtype is c8, not one of .*f8 \(expected: 1×1×2×3 real numbers for input x\)/,
    ],
    ['twice.json', '{"x": [1,2,3,4,5,6], "x": [6,5,4,3,2,1]}', 'INPUT_FORMAT', /a key stands twice/],
    [
      'two.json',
      '{"input_data": [[1,2,3,4,5,6], [1,2,3,4,5,6]]}',
      'INPUT_FORMAT',
      /expected one array.*found 2/,
    ],
    ['none.json', '{"input_data": []}', 'INPUT_FORMAT', /found nothing/],
    [
      'ragged.json',
      '[[1,2,3],[4,5]]',
      'INPUT_FORMAT',
      /parts of one shape, part 1 in dimension 0 is 2, the first 3/,
    ],
    ['text.json', '[1,2,"3",4,5,6]', 'INPUT_FORMAT', /found "3"/],
    ['null.json', '{"x": null}', 'INPUT_FORMAT', /found null/],
    [
      'other.json',
      '{"__proto__": [1], "constructor": [2]}',
      'INPUT_FORMAT',
      /called "x", found __proto__, constructor/,
    ],
    ['number.json', '7', 'INPUT_FORMAT', /expected an array/],
    ['deep.json', `${'['.repeat(50)}1${']'.repeat(50)}`, 'INPUT_FORMAT', /at most 8 dimensions/],
    ['large.json', '[1,2,3,4,5,1e400]', 'INPUT_VALUE', /number 5 is Infinity/],
    ['broken.json', '[1,2', 'INPUT_FORMAT', /expected JSON/],
    ['words.csv', '1,2,3\n4,five,6', 'INPUT_FORMAT', /line 2 has "five"/],
    ['ragged.csv', '1,2,3\n4,5', 'INPUT_FORMAT', /line 2 has 2/],
    ['hole.csv', '1,,2,3,4,5,6', 'INPUT_FORMAT', /line 1 has ""/],
    ['hex.csv', '0x10,2,3,4,5,6', 'INPUT_FORMAT', /line 1 has "0x10"/],
    ['endless.csv', '1,2,3\n4,Infinity,6', 'INPUT_FORMAT', /line 2 has "Infinity"/],
    ['commas.csv', '1,5;2,5;3,5', 'INPUT_FORMAT', /one separator, found "," and ";"/],
    ['headed-words.csv', 'a,b,c\n1,2,3\n4,five,6', 'INPUT_FORMAT', /line 3 has "five"/],
    ['empty.csv', '\n\n', 'INPUT_FORMAT', /found none/],
    ['nan.npy', npy([1, 2, 3, 4, NaN, 6], [6]), 'INPUT_VALUE', /number 4 is NaN/],
    ['other.npz', zipSync({ 'y.npy': npy([1], [1]) }), 'INPUT_FORMAT', /called "x".*found y.npy/],
    ['broken.npz', Uint8Array.of(1, 2, 3), 'INPUT_FORMAT', /numpy.savez/],
    ['text.txt', 'hello', 'INPUT_FORMAT', /\.npz, \.json or \.csv, by its name/],
    ['text.png', 'hello', 'IMAGE_INVALID', /expected a PNG or JPEG/],
  ])('are refused with their name and what came: %s', async (name, body, code, message) => {
    await writeFile(at(name), body);
    await expect(readInputs(grid, [at(name)])).rejects.toEqual(
      expect.objectContaining({ code, message: expect.stringMatching(message) as string }),
    );
    await expect(readInputs(grid, [at(name)])).rejects.toThrow(at(name));
  });

  it('may hold all inputs of a model, by name or in order', async () => {
    const values = [Float64Array.of(1, 2, -3), Float64Array.of(8, -11)];
    await writeFile(at('both.json'), '{"question": [4, -5.5], "image": [1, 2, -3]}');
    await writeFile(at('ezkl-both.json'), '{"input_data": [[1, 2, -3], [4, -5.5]]}');
    await writeFile(
      at('both.npz'),
      zipSync({ 'question.npy': npy([4, -5.5], [2]), 'image.npy': npy([1, 2, -3], [3]) }),
    );
    for (const name of ['both.json', 'ezkl-both.json', 'both.npz']) {
      const [{ label, files }] = jobInputs(pair, [at(name)]);
      expect(label).toBe(at(name));
      expect(await readInputs(pair, files)).toEqual(values);
    }
  });
});

describe('the values of a job', () => {
  it('are the integers of each input in its own scale', async () => {
    const [{ files }] = jobInputs(pair, [`question=${at('question.npy')}`, `image=${at('image.npy')}`]);
    expect(await readInputs(pair, files)).toEqual([Float64Array.of(1, 2, -3), Float64Array.of(8, -11)]);
  });

  it('are refused when files are swapped or missing', async () => {
    const swapped = readInputs(pair, [at('question.npy'), at('image.npy')]);
    await expect(swapped).rejects.toEqual(code('INPUT_SHAPE'));
    const missing = readInputs(pair, [at('image.npy'), at('nothing.npy')]);
    await expect(missing).rejects.toEqual(code('INPUT_UNREADABLE'));
  });
});
