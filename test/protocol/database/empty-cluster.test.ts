import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EmptyCluster } from '../../../protocol/database/empty-cluster.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-cluster-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** One that keeps its files in the test's folder. */
const cluster = (): EmptyCluster => new EmptyCluster(path.join(folder, 'kept'));
const start = (name: string): Promise<PGlite> => cluster().startOn(path.join(folder, name));

async function answers(pglite: PGlite): Promise<void> {
  expect((await pglite.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await pglite.close();
}

test('of those who need the files at once each gets a whole database of its own', async () => {
  const [left, right] = await Promise.all([start('left'), start('right')]);
  await left.exec('CREATE TABLE mine (n int)');
  await left.close();
  // The one that is open, and no templates that nobody uses.
  expect((await right.query('SELECT datname FROM pg_database')).rows).toEqual([{ datname: 'postgres' }]);
  await answers(right);
  const later = await start('later');
  await expect(later.query('SELECT * FROM mine')).rejects.toThrow('does not exist');
  await later.close();
  // Kept once, under the version that they fit, and no draft is left.
  expect(await readdir(path.join(folder, 'kept'))).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
});

test('kept files that were damaged are done without, and kept no longer', async () => {
  const kept = await cluster().kept;
  await mkdir(kept, { recursive: true });
  await writeFile(path.join(kept, 'PG_VERSION'), '18\n');
  await answers(await start('second'));
  expect(await readdir(path.dirname(kept))).toEqual([]);
});

test('where nothing can be kept a database has files of its own', async () => {
  await writeFile(path.join(folder, 'kept'), 'no folder');
  await answers(await start('alone'));
  expect((await readdir(folder)).toSorted()).toEqual(['alone', 'kept']);
});
