// Workers as processes of their own, on a real PostgreSQL: what is proved, and what becomes of proofs whose worker dies.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../../protocol/log.ts';
import { FolderStore } from '../../../protocol/store/folder-store.ts';
import { Exchange } from '../../../prover-node/workers/exchange.ts';
import { until } from '../../support/until.ts';
import { createTestDatabase, postgresUrl } from '../../protocol/database/postgres.ts';
import { startProcess, type ServiceProcess } from '../support/child.ts';
import { provableIn, type Provable } from './support.ts';

const server = await postgresUrl();
const log = createLog('test', 'silent');

describe.skipIf(server === undefined)('workers (skipped where no PostgreSQL answers)', () => {
  let folder: string;
  let store: FolderStore;
  let provable: Provable;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let exchange: Exchange;
  const processes: ServiceProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-workers-'));
    store = new FolderStore(path.join(folder, 'store'));
    provable = await provableIn(store);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    database = await createTestDatabase(server as string);
    exchange = await Exchange.open({ databaseUrl: database.url, instance: 'node test', log });
  });
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((process) => process.kill('SIGKILL')));
    await exchange.close();
    await database.drop();
  });

  const start = async (name: string, settings: object = {}): Promise<ServiceProcess> => {
    const process = await startProcess('worker', folder, {
      name,
      'database-url': database.url,
      store: [store.folder],
      'data-dir': path.join(folder, name),
      'log-level': 'debug',
      ...settings,
    });
    processes.push(process);
    await process.said('worker ready');
    return process;
  };
  /** A prover that never ends: whoever runs it has a piece in hand for as long as the test wants. */
  const stuck = async (): Promise<object> => {
    const script = path.join(folder, 'stuck.js');
    // Its worker may be killed before it, or before it has begun: it ends when its test has cleared up.
    await writeFile(
      script,
      "setInterval(() => require('node:fs').existsSync(__filename) || process.exit(), 200);",
    );
    return {
      backend: 'command',
      'prover-command': `${process.execPath} ${script} {zkey} {witness} {proof} {public}`,
    };
  };
  const ask = (priority = 0, signal?: AbortSignal) => exchange.prove(provable.piece, { priority, signal });

  test('four prove side by side, and one that is killed loses nothing', async () => {
    const dying = await start('dying', await stuck());
    const asked = [ask()];
    await dying.said('proof begun');
    const others = await Promise.all(['one', 'two', 'three'].map((name) => start(name)));
    asked.push(...Array.from({ length: 11 }, () => ask()));
    await dying.kill('SIGKILL');
    for (const made of await Promise.all(asked)) expect(await provable.holds(made)).toBe(true);
    const proved = others.map(({ lines }) => lines.filter(({ msg }) => msg === 'proof made').length);
    expect(proved.reduce((sum, count) => sum + count, 0)).toBe(12);
    expect(Math.min(...proved)).toBeGreaterThan(0);
    // Nothing of it is left: a witness tells the input.
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query('SELECT count(*)::int AS left FROM proofs.job WHERE name = $1', [
      'prove',
    ]);
    await client.end();
    expect(rows).toEqual([{ left: 0 }]);
  });

  test('one that is asked to stop finishes what it proves, and takes nothing more', async () => {
    const worker = await start('leaving');
    const asked = Array.from({ length: 4 }, () => ask());
    await worker.said('proof begun');
    expect(await worker.kill('SIGTERM')).toBe(0);
    expect(worker.lines.at(-1)?.msg).toBe('worker stopped');
    const begun = worker.lines.filter(({ msg }) => msg === 'proof begun').length;
    expect(worker.lines.filter(({ msg }) => msg === 'proof made')).toHaveLength(begun);
    await start('staying');
    for (const made of await Promise.all(asked)) expect(await provable.holds(made)).toBe(true);
  });

  test('who is there is known, and a killed one is missed', async () => {
    await start('small');
    const large = await start('large', { workers: 3 });
    const places = async (): Promise<number> =>
      (await exchange.crew()).reduce((sum, member) => sum + member.places, 0);
    await until(async () => (await places()) === 4);
    await large.kill('SIGKILL');
    await until(async () => (await places()) === 1);
  });

  test('what is wrong with a key or a witness is said at once, and to nobody else', async () => {
    await start('strict');
    const { sha256, bytes } = await store.put(Buffer.from('no proving key'));
    const wrong = exchange.prove(
      { ...provable.piece, key: { sha256, bytes } },
      { priority: 0, signal: undefined },
    );
    await expect(wrong).rejects.toMatchObject({
      code: expect.stringMatching(/^(ZKEY|FORMAT)_/) as unknown,
      message: expect.stringContaining('worker strict') as unknown,
    });
    expect(await provable.holds(await ask())).toBe(true);
  });

  test('a key whose file was damaged after it had proved is fetched again', async () => {
    const worker = await start('rotten');
    expect(await provable.holds(await ask())).toBe(true);
    const cache = new FolderStore(path.join(folder, 'rotten', 'artifacts'));
    await writeFile(cache.pathOf(provable.piece.key.sha256), 'rotten');
    expect(await provable.holds(await ask())).toBe(true);
    expect(worker.lines.filter(({ msg }) => msg === 'proof refused')).toEqual([]);
  });

  test('what is given up is taken back from whoever has it', async () => {
    const worker = await start('held-up', await stuck());
    const giveUp = new AbortController();
    const asked = ask(0, giveUp.signal);
    await worker.said('proof begun');
    giveUp.abort(new Error('enough'));
    await expect(asked).rejects.toMatchObject({ code: 'PROVE_ABORTED' });
    // It is free again: the next piece is begun.
    const next = ask(1);
    next.catch(() => undefined);
    await until(() => worker.lines.filter(({ msg }) => msg === 'proof begun').length === 2);
  });

  test('a machine with too little memory leaves a proof to one that has enough', async () => {
    const tiny = await start('tiny', { 'max-memory': 1_000_000 });
    const asked = ask();
    await tiny.said('work failed');
    await start('roomy');
    expect(await provable.holds(await asked)).toBe(true);
  });

  test('answers that are none are refused by name', async () => {
    await exchange.take(() => Promise.resolve({ proof: 'trust me' }), 1);
    await expect(ask()).rejects.toMatchObject({ code: 'PROVE_WORKER_ANSWER', retryable: true });
  });
});

test('a worker that names no database is told what is missing', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-workers-'));
  const child = await startProcess('worker', folder, { name: 'lost' });
  await expect(child.said('worker ready')).rejects.toThrow(/the worker ended with 1/);
  expect(child.lines.map(({ msg }) => msg).join('\n')).toContain('database-url');
  await rm(folder, { recursive: true, force: true });
});
