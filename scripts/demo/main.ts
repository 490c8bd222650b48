// npm run demo: the whole market on this machine, once, for real.
//
// A chain, a store, an indexer, an aggregator and three nodes run as processes of their own; a model is built,
// published and asked about real handwritten digits; at the end stands what was proved, by whom, for how much.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from '@commander-js/extra-typings';
import pc from 'picocolors';
import { describeError, exitCodeOf } from '../../protocol/terminal/fail.ts';
import { untilStopped } from '../../protocol/terminal/until-stopped.ts';
import { demoAccounts } from './accounts.ts';
import { buildAndPublish } from './model.ts';
import { deployMarket } from './deployment.ts';
import { Processes } from './processes.ts';
import { collectReport, printReport } from './report.ts';
import { runJobs } from './jobs.ts';
import { openScreen } from './screen.ts';
import { choosePlaces, NODE_NAMES, startChainAndStore, startServices } from './services.ts';

const root = path.dirname(path.dirname(import.meta.dirname));

const options = new Command('npm run demo --')
  .description('Runs the whole market on this machine: a real model, real digits, real proofs, a real chain.')
  .option('--keep', 'leave everything running at the end, until Ctrl-C')
  .option('--report <file>', 'write the last table as JSON')
  .parse()
  .opts();

async function main(): Promise<void> {
  const started = performance.now();
  const screen = openScreen(process.stdout);
  const parent = path.join(root, '.sliceproof');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, 'demo-'));
  const processes = new Processes(path.join(folder, 'logs'));
  const stopped = untilStopped().then((signal) => ({ signal }));
  const accounts = demoAccounts();

  const work = async (): Promise<void> => {
    const places = await choosePlaces(folder);
    screen.say(pc.bold('1  Chain and store'));
    await startChainAndStore(processes, places, folder);
    const client = await deployMarket(places, accounts);
    screen.say(`   chain ${places.rpc}, market ${client.contracts.deployment.addresses.market}`);

    screen.say(pc.bold('2  Model'));
    const model = await buildAndPublish(client, path.join(folder, 'model'), screen);

    screen.say(pc.bold('3  Indexer, aggregator and three nodes'));
    await startServices(processes, places, folder, accounts);
    screen.say(`   ${NODE_NAMES.join(', ')} are bidding; GraphQL at ${places.indexer}/graphql`);

    screen.say(pc.bold('4  One handwritten digit, posted with only its input'));
    const first = await runJobs({ client, model, screen, accounts }, ['7-0']);
    screen.say(pc.bold('5  Several digits at once'));
    const second = await runJobs({ client, model, screen, accounts }, ['2-0', '3-1', '5-0']);

    const { report, remarks } = await collectReport({
      client,
      places,
      folder,
      model,
      accounts,
      jobs: [...first, ...second],
    });
    printReport(report, remarks, client.asset);
    if (options.report !== undefined)
      await writeFile(options.report, `${JSON.stringify(report, undefined, 2)}\n`);
    screen.say(`\n${((performance.now() - started) / 1000).toFixed(0)} s in all.`);

    if (options.keep) {
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

function describePlaces(places: Awaited<ReturnType<typeof choosePlaces>>, folder: string): string {
  const rows = [
    ['chain (JSON-RPC)', places.rpc],
    ['artifact store', places.store],
    ['GraphQL', `${places.indexer}/graphql`],
    ['aggregator', places.aggregator],
    ...NODE_NAMES.map((name) => [`node ${name}`, `${places.nodes[name]}/proofs`]),
    ['deployment', places.deployment],
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
