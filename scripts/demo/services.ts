import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify as toToml } from 'smol-toml';
import type { Account, Role } from './accounts.ts';
import { chainAnswers, freePorts, type Processes } from './processes.ts';

const root = path.dirname(path.dirname(import.meta.dirname));

/** Addresses of everything that the demo runs. */
export interface Places {
  readonly rpc: string;
  readonly store: string;
  readonly indexer: string;
  readonly aggregator: string;
  /** Status of each node: /proofs, /metrics, /health. */
  readonly nodes: Readonly<Record<NodeName, string>>;
  readonly deployment: string;
}

/** The nodes differ in what they ask: Ada executes too, Cora is the cheapest and the slowest to make up her mind. */
const NODES = {
  ada: { roles: ['execute', 'prove'], 'cost-per-second': '4000000000000000', 'margin-bps': 2500 },
  bell: { roles: ['prove'], 'cost-per-second': '3000000000000000', 'margin-bps': 4000 },
  cora: { roles: ['prove'], 'cost-per-second': '3500000000000000', 'margin-bps': 1500 },
} as const;

export type NodeName = keyof typeof NODES;
export const NODE_NAMES = Object.keys(NODES) as NodeName[];

export async function choosePlaces(folder: string): Promise<Places> {
  const ports = await freePorts(4 + NODE_NAMES.length);
  const [rpc, store, indexer, aggregator, ...nodes] = ports.map((port) => `http://127.0.0.1:${port}`);
  return {
    rpc,
    store,
    indexer,
    aggregator,
    nodes: Object.fromEntries(NODE_NAMES.map((name, i) => [name, nodes[i]])) as Places['nodes'],
    deployment: path.join(folder, 'deployment.json'),
  };
}

const portOf = (url: string): string => new URL(url).port;

export async function startChainAndStore(
  processes: Processes,
  places: Places,
  folder: string,
): Promise<void> {
  await Promise.all([
    processes.startScript(
      'chain',
      path.join(root, 'node_modules', 'hardhat', 'dist', 'src', 'cli.js'),
      ['node', '--port', portOf(places.rpc)],
      () => chainAnswers(places.rpc),
    ),
    processes.start(
      'store',
      ['store', 'start', '--folder', path.join(folder, 'store'), '--port', portOf(places.store)],
      `${places.store}/health`,
    ),
  ]);
}

export async function startServices(
  processes: Processes,
  places: Places,
  folder: string,
  accounts: Readonly<Record<Role, Account>>,
): Promise<void> {
  await Promise.all([
    processes.start(
      'indexer',
      [
        'indexer',
        'start',
        '--rpc',
        places.rpc,
        '--deployment',
        places.deployment,
        '--port',
        portOf(places.indexer),
        '--data-dir',
        path.join(folder, 'indexer'),
      ],
      `${places.indexer}/health`,
    ),
    startAggregator(processes, places, folder, accounts.aggregator),
  ]);
  await Promise.all(NODE_NAMES.map((name) => startNode(processes, places, folder, name, accounts[name])));
}

async function startAggregator(
  processes: Processes,
  places: Places,
  folder: string,
  { privateKey }: Account,
): Promise<void> {
  const config = path.join(folder, 'aggregator.toml');
  await writeFile(
    config,
    toToml({
      rpc: places.rpc,
      deployment: places.deployment,
      'private-key-env': 'DEMO_PRIVATE_KEY',
      'data-dir': path.join(folder, 'aggregator'),
      port: Number(portOf(places.aggregator)),
      // Proofs of a job come within seconds of each other: they share a settlement.
      'max-age-seconds': 20,
      'safety-seconds': 30,
      'max-batch': 64,
    }),
  );
  await processes.start(
    'aggregator',
    ['aggregator', 'start', '--config', config],
    `${places.aggregator}/health`,
    {
      DEMO_PRIVATE_KEY: privateKey,
    },
  );
}

async function startNode(
  processes: Processes,
  places: Places,
  folder: string,
  name: NodeName,
  { privateKey }: Account,
): Promise<void> {
  const config = path.join(folder, `${name}.toml`);
  await writeFile(
    config,
    toToml({
      name,
      rpc: places.rpc,
      deployment: places.deployment,
      store: [places.store],
      aggregator: [places.aggregator],
      'private-key-env': 'DEMO_PRIVATE_KEY',
      'data-dir': path.join(folder, name),
      'status-port': Number(portOf(places.nodes[name])),
      'deposit-target': '100000000000000000000',
      // The aggregator's own margin is longer: nodes step in only when it fails.
      'settle-margin': 15,
      ...NODES[name],
      roles: [...NODES[name].roles],
    }),
  );
  await processes.start(name, ['node', 'start', '--config', config], `${places.nodes[name]}/health`, {
    DEMO_PRIVATE_KEY: privateKey,
  });
}
