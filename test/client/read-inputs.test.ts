// Which files make a job, and what is read from them, for models of one input and of several.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobInputs, readInputs } from '../../client/jobs/read-inputs.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import { writeNpy } from '../../protocol/npy.ts';

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
