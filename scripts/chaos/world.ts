import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../../client/client.ts';
import { registerBuild } from '../../client/models/register-build.ts';
import { anvilAt, anvilCommand } from '../anvil-binary.ts';
import { demoAccounts } from '../demo/accounts.ts';
import { deployMarket } from '../demo/deployment.ts';
import { Fleet, type Line, type Member } from './fleet.ts';
import { buildChaosModel } from './model.ts';
import { openWay, type FaultyWay } from './proxy.ts';
import type { Random } from '../random.ts';
import type { RequesterTask } from './requester-task.ts';

export const NODES = ['ada', 'bell'] as const;
export type NodeName = (typeof NODES)[number];

const root = path.dirname(path.dirname(import.meta.dirname));
const cli = path.join(root, 'bin', 'cli.ts');
const LOOK_MS = 100;
/** Share of the requests that meet a fault while there is one. */
const FAULTY_SHARE = 0.7;
/** Several starts of a node on a busy machine: what is tried is whether it comes back, not whether it is fast. */
const COMMIT_SECONDS = 450;
const PROVE_SECONDS = 300;

/** All that takes part in a run. */
export interface ChaosWorld {
  readonly fleet: Fleet;
  readonly client: Client;
  readonly ways: { readonly rpc: FaultyWay; readonly store: FaultyWay };
  readonly chain: {
    /** Replaces its last blocks by empty ones. */
    reorganise(depth: number): Promise<void>;
    /** Makes no block for a while. */
    halt(milliseconds: number): Promise<void>;
  };
  readonly dataDirOf: (node: NodeName) => string;
  /** A second process with a node's key, in a folder of its own. */
  readonly twinOf: (node: NodeName) => Member;
  /** Whether a node is ready since it was started last. */
  readonly isReady: (node: NodeName) => boolean;
  /** Kills a process, which is started again after `meanwhile`. */
  kill(name: string, meanwhile?: () => Promise<void>): Promise<void>;
  readonly broken: () => number;
  /** Where the indexer is, while it runs. */
  readonly indexer: () => string | undefined;
  startRequester(jobs: number): void;
  close(): Promise<void>;
}

export async function openChaosWorld(
  folder: string,
  random: Random,
  blockSeconds: number,
): Promise<ChaosWorld> {
  const accounts = demoAccounts();
  const fleet = new Fleet(path.join(folder, 'logs'));
  const ready = new Map<string, string>();
  let broken = 0;
  /** Notes where a service is, each time that it says so. */
  const service = (
    name: string,
    args: readonly string[],
    { msg, field, key }: { msg: string; field: string; key?: string },
    lead?: (url: string) => void,
  ): Member => ({
    name,
    args: [cli, ...args],
    ...(key === undefined ? {} : { env: { CHAOS_KEY: key } }),
    onLine: (line: Line) => {
      if (line.msg.endsWith('starting')) ready.delete(name);
      if (line.msg === 'broken file set aside') broken += 1;
      if (line.msg !== msg) return;
      ready.set(name, String(line[field]));
      lead?.(String(line[field]));
    },
  });
  const comes = async (name: string): Promise<string> => {
    for (;;) {
      const url = ready.get(name);
      if (url !== undefined) return url;
      await sleep(LOOK_MS);
    }
  };

  const draw = (): number => random.next();
  const ways = { rpc: await openWay(draw, FAULTY_SHARE), store: await openWay(draw, FAULTY_SHARE) };
  const aggregatorWay = await openWay(draw, 0);
  const deployment = path.join(folder, 'deployment.json');
  fleet.start({
    name: 'chain',
    ...anvilCommand('--block-time', String(blockSeconds)),
    onLine: ({ msg }) => {
      const url = anvilAt(msg);
      if (url !== undefined) ready.set('chain', url);
    },
  });
  const chain = await comes('chain');
  ways.rpc.lead(chain);
  const market = ['--rpc', ways.rpc.url, '--deployment', deployment];
  const at = (name: string): string => path.join(folder, name);
  fleet.start(
    service(
      'store',
      ['store', 'start', ...market, '--folder', at('store'), '--port', '0'],
      { msg: 'store ready', field: 'url' },
      (url) => ways.store.lead(url),
    ),
  );
  const client = await deployMarket({ rpc: chain, store: await comes('store'), deployment }, accounts);
  await buildChaosModel(at('model'));
  const { modelId } = await registerBuild(client, at('model'));

  const key = ['--private-key-env', 'CHAOS_KEY'];
  fleet.start(
    service(
      'aggregator',
      [
        ...['aggregator', 'start', ...market, ...key, '--port', '0', '--data-dir', at('aggregator')],
        ...['--max-age-seconds', '10', '--safety-seconds', '60'],
      ],
      { msg: 'aggregator ready', field: 'url', key: accounts.aggregator.privateKey },
      (url) => aggregatorWay.lead(url),
    ),
  );
  fleet.start(
    service('indexer', ['indexer', 'start', ...market, '--port', '0', '--data-dir', at('indexer')], {
      msg: 'indexer ready',
      field: 'url',
    }),
  );
  const nodeArgs = (name: string, dataDir: string): readonly string[] => [
    ...['node', 'start', ...market, ...key, '--name', name, '--data-dir', dataDir],
    ...['--store', ways.store.url, '--aggregator', aggregatorWay.url, '--models', modelId],
    ...['--roles', 'execute,prove', '--cost-per-second', '0.000000000000001', '--settle-margin', '45'],
    ...['--deposit-target', '100'],
  ];
  const nodeSays = (name: NodeName) => ({
    msg: 'node ready',
    field: 'account',
    key: accounts[name].privateKey,
  });
  for (const name of NODES) fleet.start(service(name, nodeArgs(name, at(name)), nodeSays(name)));
  return {
    fleet,
    client,
    ways,
    chain: {
      reorganise: async (depth) => {
        // Anvil forgets a block for good that it makes while it reorganises.
        await client.provider.send('evm_setIntervalMining', [0]);
        await client.provider.send('anvil_reorg', [depth, []]);
        await client.provider.send('evm_setIntervalMining', [blockSeconds]);
      },
      halt: async (milliseconds) => {
        await client.provider.send('evm_setIntervalMining', [0]);
        await sleep(milliseconds);
        await client.provider.send('evm_setIntervalMining', [blockSeconds]);
      },
    },
    dataDirOf: at,
    twinOf: (name) => ({
      ...service(`${name}-twin`, nodeArgs(`${name}-twin`, at(`${name}-twin`)), nodeSays(name)),
    }),
    isReady: (name) => ready.has(name),
    kill: (name, meanwhile) => {
      ready.delete(name);
      return fleet.kill(name, meanwhile);
    },
    broken: () => broken,
    indexer: () => ready.get('indexer'),
    startRequester: (jobs) =>
      fleet.start({
        name: 'requester',
        args: [path.join(import.meta.dirname, 'requester.ts')],
        env: {
          CHAOS_TASK: JSON.stringify({
            rpc: ways.rpc.url,
            deployment,
            store: ways.store.url,
            privateKey: accounts.requester.privateKey,
            modelId,
            jobs,
            atOnce: 6,
            commitSeconds: COMMIT_SECONDS,
            proveSeconds: PROVE_SECONDS,
          } satisfies RequesterTask),
        },
        isDone: (code) => code === 0,
      }),
    async close() {
      client.close();
      await fleet.stop();
      for (const way of [ways.rpc, ways.store, aggregatorWay]) way.close();
    },
  };
}
