import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readBounded } from '../../../protocol/files/read-bounded.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-bounded-'))));
afterAll(() => rm(folder, { recursive: true }));

it('reads a file whole up to a size, and of a larger one a byte more', async () => {
  const file = path.join(folder, 'file');
  for (const size of [0, 1, 99_999, 100_000, 100_001, 300_000]) {
    await writeFile(
      file,
      Uint8Array.from({ length: size }, (_, i) => i),
    );
    const read = await readBounded(file, 100_000);
    expect(read.length).toBe(Math.min(size, 100_001));
    expect(
      Buffer.compare(
        read,
        Uint8Array.from({ length: read.length }, (_, i) => i),
      ),
    ).toBe(0);
  }
});

it('ends with a file that doesn’t', async () => {
  if (!existsSync('/dev/zero')) return;
  expect((await readBounded('/dev/zero', 1000)).length).toBe(1001);
});

it('says what the file system says of a folder and of nothing', async () => {
  await expect(readBounded(folder, 10)).rejects.toMatchObject({ code: 'EISDIR' });
  await expect(readBounded(path.join(folder, 'nothing'), 10)).rejects.toMatchObject({ code: 'ENOENT' });
});
