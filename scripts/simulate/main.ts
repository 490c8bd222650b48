// Simulates a market of many nodes, by the functions with which real ones decide:
//
//   node bin/with-node.js --dev scripts/simulate/main.ts --nodes 20 --slices-a-day 5000
//   node bin/with-node.js --dev scripts/simulate/main.ts --page     # writes docs/scale.md and its plots; takes minutes
import { Command } from '@commander-js/extra-typings';
import { InvalidArgumentError } from 'commander';
import { scalePage } from './page.ts';
import { simulate } from './run.ts';
import { readMeasured, ROLLUP } from './setting.ts';

const options = new Command('simulate')
  .description('Simulates a market of many nodes, by the functions with which real ones decide.')
  .option('--nodes <n>', 'that bid and prove', positive, 20)
  .option('--slices-a-day <n>', 'that requesters post', positive, 5_000)
  .option('--seconds <n>', 'of chain time in which jobs are posted', positive, 3_600)
  .option('--block-seconds <n>', 'between blocks', positive, ROLLUP.blockSeconds)
  .option(
    '--pending-seen-after <n>',
    'seconds until others see a transaction that waits; left out: never',
    positive,
  )
  .option('--no-turns', 'each node bids and claims as soon as it pays')
  .option('--seed <n>', 'what everything random follows from', positive, 1)
  .option('--page', 'run the whole series and write docs/scale.md')
  .addHelpText(
    'after',
    '\nExample:\n  $ node bin/with-node.js --dev scripts/simulate/main.ts --nodes 100 --pending-seen-after 0.2',
  )
  .parse()
  .opts();

const measured = readMeasured();
if (options.page === true) await scalePage(measured, (line) => console.error(line));
else {
  const { nodes, slicesADay, seconds, blockSeconds, pendingSeenAfter, turns, seed } = options;
  const setting = { ...ROLLUP, nodes, slicesADay, seconds, blockSeconds, pendingSeenAfter, turns, seed };
  console.log(JSON.stringify(simulate(setting, measured), undefined, 2));
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a number above 0');
}
