import path from 'node:path';
import { stringify as toToml } from 'smol-toml';
import { anvilAt, anvilCommand } from '../anvil-binary.ts';
import type { Account, Role } from './accounts.ts';
import type { Processes } from './processes.ts';
import { writeWhole } from '../../protocol/files/write-whole.ts';

/** Addresses of everything that the demo runs. */
export interface Places {
  readonly rpc: string;
  readonly store: string;
  readonly indexer: string;
  readonly aggregator: string;
  /** Where each node tells what it does: /status, /proofs, /metrics, /health. */
  readonly nodes: Readonly<Record<NodeName, string>>;
  readonly deployment: string;
}

/** The nodes differ in what they ask: Ada executes too, Cora is the cheapest and the slowest to make up her mind. */
const NODES = {
  ada: { roles: ['execute', 'prove'], 'cost-per-second': '0.004', 'margin-bps': 2500 },
  bell: { roles: ['prove'], 'cost-per-second': '0.003', 'margin-bps': 4000 },
  cora: { roles: ['prove'], 'cost-per-second': '0.0035', 'margin-bps': 1500 },
} as const;

export type NodeName = keyof typeof NODES;
export const NODE_NAMES = Object.keys(NODES) as NodeName[];

/** What has to be there before the market is. */
export type Ground = Pick<Places, 'rpc' | 'store' | 'deployment'>;

/** @param flags of the chain: a block a second by default, also when nobody sends anything, so that deadlines pass as anywhere */
export async function startChainAndStore(
  processes: Processes,
  folder: string,
  flags: readonly string[] = ['--block-time', '1', '--mixed-mining'],
): Promise<Ground> {
  const rpc = await processes.start({
    name: 'chain',
    ...anvilCommand(...flags),
    readyAt: anvilAt,
  });
  const deployment = path.join(folder, 'deployment.json');
  const data = ['--folder', path.join(folder, 'store'), '--port', '0'];
  // The market is looked for until it is there.
  const store = await processes.startService(
    'store',
    ['store', 'start', '--rpc', rpc, '--deployment', deployment, ...data],
    { message: 'store ready', field: 'url' },
  );
  return { rpc, store, deployment };
}

/** Starts the indexer, whose explorer shows all that follows. @returns its address */
export function startIndexer(
  processes: Processes,
  { rpc, deployment, store }: Ground,
  folder: string,
): Promise<string> {
  const data = ['--data-dir', path.join(folder, 'indexer'), '--port', '0'];
  return processes.startService(
    'indexer',
    ['indexer', 'start', '--rpc', rpc, '--deployment', deployment, '--store', store, ...data],
    { message: 'indexer ready', field: 'url' },
  );
}

/** Starts who serves the market: the aggregator, then the nodes, which make `modelId` ready at once. */
export async function startServices(
  processes: Processes,
  ground: Ground,
  folder: string,
  accounts: Readonly<Record<Role, Account>>,
  modelId: string,
): Promise<Omit<Places, 'indexer'>> {
  const aggregator = await startAggregator(processes, ground, folder, accounts.aggregator);
  const nodes = await Promise.all(
    NODE_NAMES.map((name) => {
      const settings = { ...ground, folder, aggregator, modelId };
      return startNode(processes, settings, name, accounts[name]);
    }),
  );
  return {
    ...ground,
    aggregator,
    nodes: Object.fromEntries(NODE_NAMES.map((name, i) => [name, nodes[i]])) as Places['nodes'],
  };
}

async function startAggregator(
  processes: Processes,
  { rpc, deployment }: Ground,
  folder: string,
  { privateKey }: Account,
): Promise<string> {
  const config = path.join(folder, 'aggregator.toml');
  await writeWhole(
    config,
    toToml({
      rpc,
      deployment,
      'private-key-env': 'DEMO_PRIVATE_KEY',
      'data-dir': path.join(folder, 'aggregator'),
      port: 0,
      // Proofs of a job come within seconds of each other: they share a settlement.
      'max-age-seconds': 20,
      'safety-seconds': 30,
      'max-batch': 64,
    }),
  );
  return processes.startService('aggregator', ['aggregator', 'start', '--config', config], {
    message: 'aggregator ready',
    field: 'url',
    env: { DEMO_PRIVATE_KEY: privateKey },
  });
}

interface NodeSurroundings extends Ground {
  readonly folder: string;
  readonly aggregator: string;
  readonly modelId: string;
}

async function startNode(
  processes: Processes,
  { rpc, deployment, store, folder, aggregator, modelId }: NodeSurroundings,
  name: NodeName,
  { privateKey }: Account,
): Promise<string> {
  const config = path.join(folder, `${name}.toml`);
  await writeWhole(
    config,
    toToml({
      name,
      rpc,
      deployment,
      store: [store],
      aggregator: [aggregator],
      models: [modelId],
      'private-key-env': 'DEMO_PRIVATE_KEY',
      'data-dir': path.join(folder, name),
      'status-port': 0,
      'deposit-target': '500',
      // The aggregator's own margin is longer: nodes step in only when it fails.
      'settle-margin': 15,
      ...NODES[name],
      roles: [...NODES[name].roles],
    }),
  );
  return processes.startService(name, ['node', 'start', '--config', config], {
    message: 'node ready',
    field: 'status',
    env: { DEMO_PRIVATE_KEY: privateKey },
  });
}
