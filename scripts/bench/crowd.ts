import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Client } from '../../client/client.ts';
import { postJob } from '../../client/jobs/post-job.ts';
import { readPublishedModel, type PublishedManifest } from '../../client/jobs/read-model.ts';
import { registerBuild } from '../../client/models/register-build.ts';
import { openClient } from '../../client/open-client.ts';
import { buildChaosModel, INPUT_SIZE } from '../chaos/model.ts';
import { accountAt, demoAccounts, ROLES } from '../demo/accounts.ts';
import { deployMarket } from '../demo/deployment.ts';
import { Processes } from '../demo/processes.ts';
import { startChainAndStore } from '../demo/services.ts';
import { median, rounded, type Benchmark, type BenchmarkResult } from './benchmark.ts';
import { readCrowd } from './crowd/read.ts';
import { together } from './mined.ts';
import { untilOver, type Progress } from './until-over.ts';

/** Each is some five processes, and prepares every execution that it may claim: twenty and two hundred jobs take more than two cores. */
const NODES = Number(process.env.SLICEPROOF_BENCH_NODES ?? 6);
const JOBS = Number(process.env.SLICEPROOF_BENCH_JOBS ?? 30);
/** Each posts one job a block. */
const REQUESTERS = 10;
const BLOCK_SECONDS = 2;

/** Many nodes as processes on one chain, none of which knows the others, and many jobs at once. */
export const crowd: Benchmark = {
  name: 'crowd',
  title: 'Many nodes on one chain',
  run: async (log) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-bench-'));
    const processes = new Processes(path.join(folder, 'logs'));
    try {
      return await measure(folder, processes, log);
    } finally {
      await processes.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measure(
  folder: string,
  processes: Processes,
  log: (line: string) => void,
): Promise<BenchmarkResult> {
  const first = ROLES.length;
  const nodes = Array.from({ length: NODES }, (_, i) => accountAt(first + i));
  const requesters = Array.from({ length: REQUESTERS }, (_, i) => accountAt(first + NODES + i));
  const ground = await startChainAndStore(processes, folder, [
    ...['--block-time', String(BLOCK_SECONDS), '--accounts', String(first + NODES + REQUESTERS)],
  ]);
  const { rpc, store, deployment } = ground;
  const at = (name: string): string => path.join(folder, name);
  const accounts = demoAccounts();
  const everybody = {
    ...accounts,
    ...Object.fromEntries([...nodes, ...requesters].map((one) => [one.address, one])),
  };
  const client = await deployMarket(ground, everybody);
  await buildChaosModel(at('model'));
  const { modelId } = await registerBuild(client, at('model'));
  const published = await readPublishedModel(client, modelId);
  const market = ['--rpc', rpc, '--deployment', deployment, '--private-key-env', 'CROWD_KEY'];
  const aggregator = await processes.startService(
    'aggregator',
    [
      ...['aggregator', 'start', ...market, '--port', '0', '--data-dir', at('aggregator')],
      ...['--max-age-seconds', '20'],
    ],
    {
      message: 'aggregator ready',
      field: 'url',
      env: { CROWD_KEY: accounts.aggregator.privateKey },
    },
  );
  log(`starting ${NODES} nodes`);
  await Promise.all(
    nodes.map(({ privateKey }, i) => {
      const name = `node-${i}`;
      const args = [
        ...['node', 'start', ...market, '--name', name, '--data-dir', at(name), '--store', store],
        ...['--aggregator', aggregator, '--models', modelId, '--roles', 'execute,prove'],
        ...['--cost-per-second', '0.000000000000001', '--settle-margin', '120', '--deposit-target', '100'],
      ];
      const says = { message: 'node ready', field: 'account', env: { CROWD_KEY: privateKey } };
      return processes.startService(name, args, says);
    }),
  );
  const from = await client.provider.getBlockNumber();
  const began = performance.now();
  log(`posting ${JOBS} jobs`);
  await Promise.all(
    requesters.map(async ({ privateKey }, i) => {
      const own = await openClient({ rpc, deployment, store: [store], privateKey });
      try {
        for (let job = i; job < JOBS; job += REQUESTERS) await post(own, published, job);
      } finally {
        own.close();
      }
    }),
  );
  await Promise.race([processes.failure, finished(client, log)]);
  const seconds = (performance.now() - began) / 1000;
  const told = await readCrowd(client, from, new Set(nodes.map(({ address }) => address)));
  client.close();
  return {
    about:
      `${NODES} nodes as processes of one machine, that start without knowing of one another, on a chain with blocks of ${BLOCK_SECONDS} s; ${JOBS} jobs of two small slices, ` +
      `posted by ${REQUESTERS} requesters, one a block each. In vain is what was mined and failed, and a bid that took no slice. All jobs were finalized within ${seconds.toFixed(0)} s; ` +
      `from post to result: median ${median(told.jobSeconds).toFixed(0)} s of the chain, at most ${Math.max(...told.jobSeconds).toFixed(0)} s; ` +
      `${told.slices} slices with ${rounded(told.bids / told.slices, 2)} bids each, ${told.settlers} nodes were paid.`,
    columns: ['transactions', 'mined', 'in vain', 'share in vain %', 'gas in vain %'],
    rows: [...told.byKind.entries(), ['all', together([...told.byKind.values()])] as const].map(
      ([kind, sent]) => [
        kind,
        sent.mined,
        sent.inVain,
        rounded((100 * sent.inVain) / sent.mined, 1),
        rounded((100 * sent.gasInVain) / sent.gas, 1),
      ],
    ),
  };
}

async function post(client: Client, published: PublishedManifest, job: number): Promise<void> {
  const inputs = [Float64Array.from({ length: INPUT_SIZE }, (_, i) => (job * 7 + i * 5) % 16)];
  await postJob(client, {
    published,
    inputs,
    offer: {
      minUnitPrice: 2_000n,
      maxUnitPrice: 20_000n,
      maxExecutionPrice: 50_000_000n,
      rampSeconds: 20,
      bidWindow: 10,
      commitSeconds: 600,
      proveSeconds: 600,
      jobSeconds: 3_600,
      validSeconds: 3_600,
    },
  });
}

function finished({ contracts: { market, deployment } }: Client, log: (line: string) => void): Promise<void> {
  const look = async (): Promise<Progress> => {
    const { length: done } = await market.queryFilter(market.filters.JobFinalized(), deployment.block);
    return { over: done >= JOBS, state: `${done} of ${JOBS} jobs` };
  };
  return untilOver(look, (state, seconds) => log(`${state} after ${seconds.toFixed(0)} s`));
}
