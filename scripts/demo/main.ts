// npm run demo: the whole market on this machine, once, for real.
//
// A chain, a store, an indexer, an aggregator and three nodes run as processes of their own; a model is built,
// published and asked about real handwritten digits; at the end stands what was proved, by whom, for how much.
import { access, constants, mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { colour } from '../../protocol/terminal/colour.ts';
import { stringify as toToml } from 'smol-toml';
import { DatabaseError } from '../../protocol/database/errors.ts';
import { lockFolder } from '../../protocol/database/folder-lock.ts';
import { ConfigError } from '../../protocol/errors.ts';
import { describeError, exitCodeOf } from '../../protocol/terminal/fail.ts';
import { untilStopped } from '../../protocol/terminal/until-stopped.ts';
import { writeWhole } from '../../protocol/files/write-whole.ts';
import { demoAccounts, type Account } from './accounts.ts';
import { buildAndPublish } from './model.ts';
import { deployMarket } from './deployment.ts';
import { Processes } from './processes.ts';
import { collectReport, printReport } from './report.ts';
import { runJobs } from './jobs.ts';
import { openScreen } from './screen.ts';
import { NODE_NAMES, type Places, startChainAndStore, startIndexer, startServices } from './services.ts';
import { whileWaiting } from './waiting.ts';

const root = path.dirname(path.dirname(import.meta.dirname));

const options = new Command('npm run demo --')
  .description('Runs the whole market on this machine: a real model, real digits, real proofs, a real chain.')
  .option('--keep', 'leave everything running at the end, until Ctrl-C')
  .option('--report <file>', 'write the last table as JSON')
  .parse()
  .opts();

const WHAT_TO_LOOK_AT = [
  'Models: the digit classifier as a graph of slices, its keys in red, for they are of development.',
  'Jobs: press one. Its slices turn amber when a node holds them and green when they are proved and paid.',
  'Provers: who earns what. Settlements: how many proofs share one transaction, and its gas.',
];

/** A folder of this run's own; with `--keep` one that the README can name. */
async function demoFolder(keep: boolean): Promise<string> {
  const parent = path.join(root, '.sliceproof');
  try {
    await mkdir(parent, { recursive: true });
    await access(parent, constants.W_OK);
  } catch (cause) {
    throw new ConfigError('DEMO_FOLDER', `${parent} can't be written: ${(cause as Error).message}`, {
      hint: 'The demo keeps everything in the clone: run it as who owns the clone.',
      cause,
    });
  }
  if (!keep) return mkdtemp(path.join(parent, 'demo-'));
  await lockKept(path.join(parent, 'demo-lock'));
  const folder = path.join(parent, 'demo');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  return folder;
}

/** One demo at a time is kept where the README looks for it. @throws ConfigError DEMO_RUNNING */
async function lockKept(place: string): Promise<void> {
  try {
    await lockFolder(place);
  } catch (cause) {
    if (!(cause instanceof DatabaseError) || cause.code !== 'DATABASE_LOCKED') throw cause;
    const { pid } = cause.details;
    throw new ConfigError('DEMO_RUNNING', `a demo is kept running already, by process ${String(pid)}`, {
      hint: `Use it, or end it with \`kill ${String(pid)}\`.`,
      cause,
    });
  }
}

async function main(): Promise<void> {
  const started = performance.now();
  const screen = openScreen(process.stdout);
  const folder = await demoFolder(options.keep === true);
  const processes = new Processes(path.join(folder, 'logs'));
  const stopped = untilStopped().then((signal) => ({ signal }));
  const accounts = demoAccounts();

  const work = async (): Promise<void> => {
    const waiting = <T>(work: Promise<T>): Promise<T> =>
      whileWaiting(screen, work, () => processes.waitingFor);
    screen.say(colour.bold('1  Chain, store and explorer'));
    const ground = await waiting(startChainAndStore(processes, folder));
    const client = await deployMarket(ground, accounts);
    const indexer = await waiting(startIndexer(processes, ground, folder));
    screen.say(`   ${colour.bold(indexer)}  is the explorer: open it in a browser and watch.`);
    screen.say(WHAT_TO_LOOK_AT.map((line) => `   ${colour.dim(line)}`).join('\n'));
    screen.say(`   chain ${ground.rpc}, market ${client.contracts.deployment.addresses.market}`);

    screen.say(colour.bold('2  Model'));
    const model = await buildAndPublish(client, path.join(folder, 'model'), screen);

    screen.say(colour.bold('3  Aggregator and three nodes'));
    const { modelId } = model.model;
    const services = await waiting(startServices(processes, ground, folder, accounts, modelId));
    const places: Places = { ...services, indexer };
    screen.say(`   ${NODE_NAMES.join(', ')} have started; GraphQL at ${indexer}/graphql`);

    screen.say(colour.bold('4  One handwritten digit, posted with only its input'));
    const first = await runJobs({ client, model, screen, accounts, places }, ['7-0']);
    screen.say(colour.bold('5  Several digits at once'));
    const second = await runJobs({ client, model, screen, accounts, places }, ['2-0', '3-1', '5-0']);

    const { report, remarks } = await collectReport({
      client,
      places,
      folder,
      model,
      accounts,
      jobs: [...first, ...second],
      screen,
    });
    printReport(report, remarks, client.asset);
    if (options.report !== undefined)
      await writeWhole(options.report, `${JSON.stringify(report, undefined, 2)}\n`);
    screen.say(`\n${((performance.now() - started) / 1000).toFixed(0)} s in all.`);

    if (options.keep) {
      await writeClientConfig(places, accounts.requester, model.model.modelId, folder);
      screen.say(`\nEverything goes on running, until Ctrl-C:\n${describePlaces(places, folder)}`);
      await processes.failure;
    }
    client.close();
  };

  try {
    const end = await Promise.race([work(), stopped, processes.failure]);
    if (end) screen.say(`stopped by ${end.signal}`);
  } catch (error) {
    screen.say(`what the processes wrote is in ${path.join(folder, 'logs')}`);
    await processes.stop();
    throw error;
  }
  await processes.stop();
  await rm(folder, { recursive: true, force: true });
}

/** What lets the commands of a requester reach this market: `--config .sliceproof/demo/client.toml`. */
async function writeClientConfig(
  { rpc, deployment, store }: Places,
  { privateKey }: Account,
  modelId: string,
  folder: string,
): Promise<void> {
  const settings = toToml({ rpc, deployment, store: [store], 'private-key': privateKey });
  await writeWhole(path.join(folder, 'client.toml'), `${settings}\n`);
  await writeWhole(path.join(folder, 'model-id'), modelId);
}

function describePlaces(places: Places, folder: string): string {
  const rows = [
    ['chain (JSON-RPC)', places.rpc],
    ['artifact store', places.store],
    ['explorer', places.indexer],
    ['GraphQL', `${places.indexer}/graphql`],
    ['aggregator', places.aggregator],
    ...NODE_NAMES.map((name) => [`node ${name}`, `${places.nodes[name]}/proofs`]),
    ['deployment', places.deployment],
    ['requester', path.join(folder, 'client.toml')],
    ['logs and data', folder],
  ];
  return rows.map(([name, place]) => `  ${name.padEnd(18)}${place}`).join('\n');
}

try {
  await main();
  process.exit(0);
} catch (error) {
  process.stderr.write(describeError(error));
  process.exit(exitCodeOf(error));
}
