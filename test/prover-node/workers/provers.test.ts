import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProverPool } from '../../../groth16/prove/pool.ts';
import { FolderStore } from '../../../protocol/store/folder-store.ts';
import { Exchange } from '../../../prover-node/workers/exchange.ts';
import { openSharedProvers } from '../../../prover-node/workers/provers.ts';
import { createTestDatabase, postgresUrl } from '../../protocol/database/postgres.ts';
import { until } from '../../support/until.ts';
import { listeningLog } from '../support/world.ts';
import { provableIn, type Provable } from './support.ts';

const SHARED = 'proofs are shared with workers';

const server = await postgresUrl();
let folder: string;
let store: FolderStore;
let provable: Provable;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-provers-'));
  store = new FolderStore(path.join(folder, 'store'));
  provable = await provableIn(store);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const open = (databaseUrl: string, workers = 1) => {
  const { log, lines } = listeningLog();
  const provers = openSharedProvers({
    pool: createProverPool({ workers }),
    workers,
    databaseUrl,
    name: 'test',
    store,
    cache: store,
    maxMemory: 2 ** 32,
    log,
  });
  return { provers, lines, shared: () => ({ ...provable.job, key: provable.piece.key }) };
};

test('a node whose database is away proves by itself, and says so once', async () => {
  const { provers, lines, shared } = open('postgres://127.0.0.1:9/nowhere');
  try {
    for (let turn = 0; turn < 2; turn++)
      expect(await provable.holds(await provers.prove(shared()))).toBe(true);
    expect(provers.places).toBe(1);
    await until(() =>
      lines.some(({ message }) => message === 'workers are not reached, this machine proves alone'),
    );
  } finally {
    await provers.close();
  }
});

describe.skipIf(server === undefined)('with a PostgreSQL (skipped where none answers)', () => {
  test('nodes count the places of all, each its share, and make proofs for one another', async () => {
    const database = await createTestDatabase(server as string);
    const one = open(database.url, 2);
    try {
      await until(() => one.lines.some(({ message }) => message === SHARED));
      const worker = await Exchange.open({
        databaseUrl: database.url,
        instance: 'worker far',
        log: listeningLog().log,
      });
      await worker.take(() => Promise.reject(new Error('it never succeeds')), 5);
      await until(() => one.provers.places === 7);
      const two = open(database.url, 1);
      try {
        await until(() => one.provers.places === 4 && two.provers.places === 4);
      } finally {
        await two.provers.close();
      }
      await worker.close();
      await until(() => one.provers.places === 2);
      expect(await provable.holds(await one.provers.prove(one.shared()))).toBe(true);
    } finally {
      await one.provers.close();
      await database.drop();
    }
  });

  test('a database that goes away under a proof costs nothing: it is made on this machine', async () => {
    const database = await createTestDatabase(server as string);
    const { provers, lines, shared } = open(database.url);
    try {
      await until(() => lines.some(({ message }) => message === SHARED));
      await database.drop();
      expect(await provable.holds(await provers.prove(shared()))).toBe(true);
      expect(lines).toContainEqual(
        expect.objectContaining({
          message: 'workers are not reached, the proof is made on this machine',
        }),
      );
    } finally {
      await provers.close();
    }
  });
});
