import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../protocol/database/open.ts';
import type { Notification } from '../../../protocol/database/listen.ts';
import { createTestDatabase, postgresUrl } from './postgres.ts';
import { until } from '../../support/until.ts';

const server = await postgresUrl();

let folder: string;
let close: (() => Promise<void>)[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-sessions-'));
  close = [];
});
afterEach(async () => {
  for (const step of close.toReversed()) await step();
  await rm(folder, { recursive: true, force: true });
});

async function open(url?: string): Promise<Database> {
  const database = await openDatabase({ url, folder });
  close.push(() => database.close());
  return database;
}

async function hears(database: Database, sender: Database): Promise<void> {
  const heard: Notification[] = [];
  const stop = await database.listen('tests', (notification) => heard.push(notification));
  await sender.query("SELECT pg_notify('tests', 'one')");
  await until(() => heard.length === 1);
  await stop();
  await sender.query("SELECT pg_notify('tests', 'two')");
  await sender.query('SELECT 1');
  expect(heard).toEqual([{ kind: 'payload', payload: 'one' }]);
}

test('the embedded database tells listeners, until they stop', async () => {
  const database = await open();
  await hears(database, database);
});

describe.skipIf(server === undefined)('a PostgreSQL server (skipped where none answers)', () => {
  let url: string;
  beforeEach(async () => {
    const made = await createTestDatabase(server!);
    close.push(made.drop);
    url = made.url;
  });

  test('tells listeners of other processes, until they stop', async () => {
    await hears(await open(url), await open(url));
  });

  test('says that something may have been missed when the connection of a listener broke', async () => {
    const database = await open(url);
    const heard: Notification[] = [];
    const stop = await database.listen('tests', (notification) => heard.push(notification));
    await database.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN tests' AND datname = current_database()",
    );
    await until(() => heard.length > 0);
    await database.query("SELECT pg_notify('tests', 'after')");
    await until(() => heard.length > 1);
    expect(heard).toEqual([{ kind: 'gap' }, { kind: 'payload', payload: 'after' }]);
    await stop();
  });

  test('gives a lock to one at a time, and says when it is lost', async () => {
    const [one, two] = [await open(url), await open(url)];
    const lock = await one.tryLock('writer');
    expect(await two.tryLock('writer')).toBeUndefined();
    const other = await two.tryLock('another');
    expect(other).toBeDefined();
    await other?.release();
    await two.query(
      "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND datname = current_database()",
    );
    await until(() => lock?.lost.aborted);
    const taken = await two.tryLock('writer');
    expect(taken).toBeDefined();
    await taken?.release();
    expect(taken?.lost.aborted).toBe(false);
    await lock?.release();
  });
});
