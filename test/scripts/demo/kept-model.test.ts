import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf, keptModel } from '../../../scripts/demo/kept-model.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'sliceproof kept '));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A build that writes its maker's name. */
function build(by: string, wait: Promise<unknown> = Promise.resolve()): (folder: string) => Promise<void> {
  return async (folder) => {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'first'), by);
    await wait;
    await writeFile(path.join(folder, 'second'), by);
  };
}

const keep = (digest: string, by: string, wait?: Promise<unknown>) =>
  keptModel({ kept: path.join(root, 'models'), digest, workshop: path.join(root, by) }, build(by, wait));

const contentOf = async (folder: string): Promise<string[]> =>
  Promise.all(['first', 'second'].map((name) => readFile(path.join(folder, name), 'utf8')));

describe('a built model', () => {
  test('is kept for the next start', async () => {
    const first = await keep('a', 'one');
    expect(first.built).toBe(true);
    const second = await keep('a', 'two');
    expect(second).toEqual({ folder: first.folder, built: false });
    expect(await contentOf(second.folder)).toEqual(['one', 'one']);
    expect((await keep('b', 'three')).built).toBe(true);
  });

  test('is seen whole or not at all by another demo that starts meanwhile', async () => {
    const slow = Promise.withResolvers<void>();
    const first = keep('a', 'slow', slow.promise);
    const second = await keep('a', 'quick');
    slow.resolve();
    expect((await first).folder).toBe(second.folder);
    expect(await contentOf(second.folder)).toEqual(['quick', 'quick']);
  });

  test('is not kept when its build fails', async () => {
    const full = Promise.withResolvers<void>();
    const failed = expect(keep('a', 'one', full.promise)).rejects.toThrow('full');
    full.promise.catch(() => undefined);
    full.reject(new Error('full'));
    await failed;
    expect((await keep('a', 'two')).built).toBe(true);
  });

  test('is forgotten when several others were used since', async () => {
    for (const [i, digest] of ['a', 'b', 'c'].entries()) {
      const { folder } = await keep(digest, digest);
      await utimes(folder, i, i);
    }
    await keep('a', 'again');
    await keep('d', 'd');
    expect((await readdir(path.join(root, 'models'))).sort()).toEqual(['a', 'c', 'd']);
  });
});

describe('the digest of what a model depends on', () => {
  test('changes with every file’s name and content, and with what is said besides, but not with what is generated', async () => {
    await mkdir(path.join(root, 'slicer', 'deep', 'generated'), { recursive: true });
    const file = path.join(root, 'slicer', 'deep', 'a.ts');
    await writeFile(file, 'one');
    await writeFile(path.join(root, 'lock'), 'lock');
    const digest = (more = 'v1') => digestOf(root, ['slicer', 'lock'], more);
    const first = await digest();
    await writeFile(path.join(root, 'slicer', 'deep', 'generated', 'g.ts'), 'derived');
    expect(await digest()).toBe(first);
    expect(await digest('v2')).not.toBe(first);
    await writeFile(path.join(root, 'lock'), 'lock2');
    const second = await digest();
    expect(second).not.toBe(first);
    await writeFile(file, 'two');
    const third = await digest();
    await writeFile(path.join(root, 'slicer', 'b.ts'), '');
    expect(new Set([first, second, third, await digest()]).size).toBe(4);
  });
});
