import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JOB_STATES, SLICE_STATES } from '../../../protocol/contracts/states.ts';
import { startNode } from '../../../prover-node/node.ts';
import { createTestDatabase, postgresUrl } from '../../protocol/database/postgres.ts';
import { until } from '../../support/until.ts';
import { startProcess } from '../support/child.ts';
import { listeningLog, openWorld, type World } from '../support/world.ts';

const server = await postgresUrl();
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

describe.skipIf(server === undefined)('a node with workers (skipped where no PostgreSQL answers)', () => {
  test('is paid for what a worker proved, and says how many proofs it makes at once', async () => {
    const database = await createTestDatabase(server as string);
    const worker = await startProcess('worker', world.folder, {
      name: 'far',
      'database-url': database.url,
      store: [world.storeUrl],
      'data-dir': path.join(world.folder, 'far'),
      workers: 2,
    });
    const { log, lines } = listeningLog();
    const node = await startNode({
      settings: world.settings('near', { databaseUrl: database.url, statusPort: 0 }),
      privateKey: world.chain.keys[2],
      log,
    });
    try {
      await worker.said('worker ready');
      await until(async () => {
        const status = (await (await fetch(`${node.url}/status`)).json()) as { workers: number };
        return status.workers === 3;
      });
      // Whose turn it is, is chance: until the worker has made one.
      const jobs: string[] = [];
      while (!worker.lines.some(({ msg }) => msg === 'proof made')) {
        const jobId = await world.post(jobs.length + 1);
        jobs.push(jobId);
        await until(
          async () =>
            JOB_STATES[Number((await world.client.contracts.market.jobOf(jobId)).state)] === 'finalized',
        );
      }
      for (const jobId of jobs) {
        for (const index of [0, 1]) {
          const { state, holder } = await world.client.contracts.market.sliceOf(jobId, index);
          expect({ state: SLICE_STATES[Number(state)], holder }).toEqual({
            state: 'settled',
            holder: node.account,
          });
        }
      }
      expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
    } finally {
      await node.stop();
      await worker.kill('SIGKILL');
      await database.drop();
    }
  });
});
