import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder, type FolderLock } from '../../../protocol/database/folder-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function contend(contenders: number): Promise<readonly FolderLock[]> {
  const tries = await Promise.allSettled(Array.from({ length: contenders }, () => lockFolder(folder)));
  for (const attempt of tries) {
    if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'DATABASE_LOCKED' });
  }
  return tries.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
}

test('goes to one of many who want it at once', async () => {
  for (let round = 0; round < 20; round++) {
    const [lock, ...others] = await contend(8);
    expect(others).toEqual([]);
    await lock.release();
  }
});

test('goes to one of many who find the lock of a process that is gone', async () => {
  for (let round = 1; round <= 20; round++) {
    const gone = { nonce: 'a', host: hostname(), pid: process.pid, started: 'before' };
    await writeFile(path.join(folder, `lock.${round * 1000}`), JSON.stringify(gone));
    const [lock, ...others] = await contend(8);
    expect(others).toEqual([]);
    await lock.release();
  }
});
