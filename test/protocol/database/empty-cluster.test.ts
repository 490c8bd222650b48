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

const kept = (): string => path.join(folder, 'kept');
const start = (name: string): Promise<PGlite> => new EmptyCluster(kept()).startOn(path.join(folder, name));

async function answers(pglite: PGlite): Promise<void> {
  expect((await pglite.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await pglite.close();
}

test('what is written to one database is in no other, and not in the kept files', async () => {
  const first = await start('first');
  await first.exec('CREATE TABLE mine (n int)');
  await first.close();
  const second = await start('second');
  await expect(second.query('SELECT * FROM mine')).rejects.toThrow('does not exist');
  await second.close();
  // Made once, under the version that they fit.
  expect(await readdir(kept())).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
});

test('of those who need the files at once each gets a whole database', async () => {
  for (const pglite of await Promise.all([start('left'), start('right')])) await answers(pglite);
  expect(await readdir(kept())).toHaveLength(1);
});

test('kept files that were damaged are made anew', async () => {
  await (await start('first')).close();
  const [version] = await readdir(kept());
  const whole = await readdir(path.join(kept(), version));
  await rm(path.join(kept(), version), { recursive: true });
  await mkdir(path.join(kept(), version));
  await writeFile(path.join(kept(), version, 'PG_VERSION'), '18\n');
  await answers(await start('second'));
  await answers(await start('third'));
  expect(await readdir(path.join(kept(), version))).toEqual(whole);
});

test('where nothing can be kept a database has files of its own', async () => {
  await writeFile(kept(), 'no folder');
  await answers(await start('alone'));
  expect(await readdir(folder)).toEqual(['alone', 'kept']);
});
