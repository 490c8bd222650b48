import { cpSync } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { inject } from 'vitest';
import { until } from './until.ts';

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/**
 * A folder that is dear to make, once in a run and not once a file: the first who asks makes it, who comes meanwhile waits, and
 * everybody gets a copy, so that nobody can change what another reads. It lives as long as the run, so it is never of other
 * sources than the tests. What is made has to follow from its name alone: seeds, no drawn secrets that a test is about.
 * @param name of what is made, and of all that it depends on
 * @param make makes the folder, which isn't there yet
 * @param to the copy
 */
export async function copyShared(
  name: string,
  make: (folder: string) => Promise<unknown>,
  to: string,
): Promise<void> {
  const kept = path.join(inject('sharedFolder'), name);
  const [draft, lock] = [`${kept}.draft`, `${kept}.lock`];
  await until(async () => {
    if (await isThere(kept)) return true;
    // Whoever makes this folder makes the one that is shared.
    const mine = await mkdir(lock).then(
      () => true,
      () => false,
    );
    if (!mine) return false;
    try {
      if (await isThere(kept)) return true;
      await make(draft);
      await rename(draft, kept);
      return true;
    } finally {
      await rm(draft, { recursive: true, force: true });
      await rm(lock, { recursive: true });
    }
  });
  // Of many small files: the asynchronous copy takes ten times as long.
  cpSync(kept, to, { recursive: true });
}
