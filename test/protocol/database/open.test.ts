import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../protocol/database/open.ts';
import { startChild } from './children.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-database-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the embedded database', () => {
  test('keeps what was committed when its process is killed while writing', async () => {
    const child = startChild('writer.child.ts', folder);
    await child.until((line) => line === '200');
    await child.kill();
    const committed = Number(child.lines.at(-1));

    const database = await openDatabase({ folder });
    const rows = await database.query<{ n: number }>('SELECT n FROM written ORDER BY n');
    await database.close();
    expect(rows.length).toBeGreaterThanOrEqual(committed);
    expect(rows.map((row) => row.n)).toEqual(rows.map((_, index) => index + 1));
  });

  test('is refused to a second process while the first lives, and given once it is gone', async () => {
    const child = startChild('writer.child.ts', folder);
    await child.until((line) => line === '1');
    await expect(openDatabase({ folder })).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
    await child.kill();
    await (await openDatabase({ folder })).close();
  });

  test('is refused to a second opener in the same process', async () => {
    const first = await openDatabase({ folder });
    await expect(openDatabase({ folder })).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
    await first.close();
    const second = await openDatabase({ folder });
    await second.close();
    expect((await readdir(folder)).filter((name) => name.startsWith('lock.'))).toHaveLength(1);
  });

  test('overrules the lock of an earlier process that had the same number', async () => {
    const stale = {
      nonce: 'a',
      host: hostname(),
      pid: process.pid,
      started: 'an earlier boot',
      released: false,
    };
    await writeFile(path.join(folder, 'lock.7'), JSON.stringify(stale));
    const database = await openDatabase({ folder });
    expect(await readdir(folder)).toContain('lock.8');
    await database.close();
  });

  test('does not overrule a process on another host, and says which file to delete', async () => {
    const remote = { nonce: 'a', host: 'elsewhere', pid: 1, started: '' };
    await writeFile(path.join(folder, 'lock.3'), JSON.stringify(remote));
    await expect(openDatabase({ folder })).rejects.toMatchObject({
      code: 'DATABASE_LOCKED',
      hint: expect.stringContaining('lock.3') as string,
    });
  });

  test('starts over when its making was interrupted', async () => {
    await mkdir(path.join(folder, 'postgres'));
    await writeFile(path.join(folder, 'postgres', 'PG_VERSION'), '18\n');
    const database = await openDatabase({ folder });
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  test('names a folder that cannot be one', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    await expect(openDatabase({ folder: path.join(file, 'below') })).rejects.toMatchObject({
      code: 'DATABASE_UNREADABLE',
    });
  });

  test('names a full disk', async (context) => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      context.skip('needs the right to mount a small file system');
    }
    try {
      // In a process of its own: PGlite keeps files open when it fails, and they keep the mount busy.
      const child = spawnSync(process.execPath, [
        fileURLToPath(new URL('open.child.ts', import.meta.url)),
        folder,
      ]);
      expect(JSON.parse(child.stdout.toString())).toMatchObject({
        code: 'DATABASE_DISK_FULL',
        retryable: true,
      });
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});

describe('a PostgreSQL server', () => {
  test('that does not answer is a named error without the password', async () => {
    const refused = openDatabase({ url: 'postgres://user:secret@127.0.0.1:1/none', folder });
    await expect(refused).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE', retryable: true });
    await refused.catch((error: unknown) => expect(JSON.stringify(error)).not.toContain('secret'));
  });

  test('with an address of another kind is a named error that does not repeat it', async () => {
    const refused = openDatabase({ url: 'mysql://user:secret@127.0.0.1/none', folder });
    await expect(refused).rejects.toMatchObject({ code: 'DATABASE_URL_INVALID' });
    await refused.catch((error: unknown) => expect(String(error)).not.toContain('secret'));
  });
});
