import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { plot, type Line } from './plot.ts';
import { simulate, type Outcome } from './run.ts';
import { ROLLUP, type Measured, type RealRun, type Setting } from './setting.ts';

const docs = path.join(import.meta.dirname, '..', '..', 'docs');

const NODES = [1, 3, 10, 20, 100];
const SLICES_A_DAY = [1_000, 10_000, 100_000, 1_000_000];
const DAILY = 20_000;
const SECONDS = 10_800;
/** 20 nodes that have never seen one another, and jobs that all come within seconds. */
const CROWD = { nodes: 20, slicesADay: 10_000_000, seconds: 20 };
const SEED = 1;

interface Run {
  readonly nodes: number;
  readonly slicesADay: number;
  readonly outcome: Outcome;
}

/** Runs the series and writes docs/scale.md with its plots. */
export async function scalePage(measured: Measured, log: (line: string) => void): Promise<void> {
  const run = (given: Partial<Setting> & Pick<Setting, 'nodes' | 'slicesADay' | 'seconds'>): Run => {
    log(`${given.nodes} nodes, ${given.slicesADay} slices a day`);
    const outcome = simulate({ ...ROLLUP, seed: SEED, ...given }, measured);
    return { nodes: given.nodes, slicesADay: given.slicesADay, outcome };
  };
  const daily = { slicesADay: DAILY, seconds: SECONDS };
  const racing = NODES.map((nodes) => run({ nodes, ...daily, turns: false }));
  const turning = NODES.map((nodes) => run({ nodes, ...daily }));
  const crowds = [run({ ...CROWD, turns: false }), run(CROWD)];
  const byLoad = SLICES_A_DAY.map((slicesADay) =>
    run({ nodes: 30, slicesADay, seconds: Math.max(600, Math.min(SECONDS, 2e8 / slicesADay)) }),
  );
  write(
    'scale-bids.svg',
    plot('Transactions in vain, for each slice', 'nodes', 'in vain', [
      line('each bids and claims as soon as it pays', racing, inVain),
      line('nodes take turns', turning, inVain),
    ]),
  );
  write(
    'scale-gas.svg',
    plot('Gas of a slice’s whole life', 'nodes', 'gas', [
      line('each bids and claims as soon as it pays', racing, ({ gasASlice }) => gasASlice),
      line('nodes take turns', turning, ({ gasASlice }) => gasASlice),
    ]),
  );
  const text = page({ racing, turning, crowds, byLoad }, measured.realRun);
  const file = path.join(docs, 'scale.md');
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
}

function write(name: string, text: string): void {
  writeFileSync(path.join(docs, name), text);
}

function line(name: string, runs: readonly Run[], value: (outcome: Outcome) => number): Line {
  return { name, points: runs.map(({ nodes, outcome }) => [nodes, Math.max(value(outcome), 0.01)] as const) };
}

/** Transactions for each slice. */
function inVain({ inVainASlice }: Outcome): number {
  return inVainASlice;
}

const percent = (part: number): string => `${(100 * part).toFixed(part < 0.1 || part > 0.99 ? 1 : 0)}%`;
const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

function rowsOf(runs: readonly Run[], first: (run: Run) => string): string {
  return runs
    .map((one) => {
      const { outcome: o } = one;
      const cells = [
        first(one),
        `${o.finalized} of ${o.jobs}`,
        String(o.late),
        o.secondsToResult.map((seconds) => seconds.toFixed(0)).join(' / '),
        o.priceToCost.toFixed(2),
        o.costToLeast.toFixed(3),
        `${o.bidsASlice.toFixed(1)} / ${o.mostBidsASlice}`,
        percent(o.bidsInVain),
        percent(o.claimsInVain),
        `${percent(o.inVain)} / ${percent(o.inVainLater)}`,
        whole(o.gasASlice),
        percent(o.gasShare.settle),
        `${percent(o.fullness[0])} / ${percent(o.fullness[1])}`,
        o.mostCollateral.toFixed(1),
      ];
      return `| ${cells.join(' | ')} |`;
    })
    .join('\n');
}

const HEAD = `| jobs done | late | seconds, half / 19 of 20 | price to cost | holders' cost to least | bids a slice, mean / most | bids in vain | claims in vain | of all in vain / in the second half | gas a slice | of it settling | blocks' gas, mean / most | collateral |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |`;

interface Series {
  readonly racing: readonly Run[];
  readonly turning: readonly Run[];
  readonly crowds: readonly Run[];
  readonly byLoad: readonly Run[];
}

function page({ racing, turning, crowds, byLoad }: Series, real: RealRun): string {
  const [crowd] = crowds;
  return `# What happens with many nodes

Written by \`scripts/simulate/main.ts --page\`: a simulation, seeded and exact to the last transaction, of a market on a rollup with blocks of
${ROLLUP.blockSeconds} s and room for ${whole(ROLLUP.blockGas)} gas. Nodes decide by the functions of real ones (\`prover-node/bid/in-turn.ts\`, \`decide.ts\`,
\`capacity.ts\`, \`prover-node/turns/\`, \`pricing/cost.ts\`); all of them execute and prove, look after every block and bid on one job at a time as real ones
do; gas is that of the snapshots, proving times those of [bench/README.md](../bench/README.md), networks those of [costs.md](costs.md). How nodes' costs and
speeds differ (lognormal, 0.3), what a coin and a second are worth and when jobs come (at random) is assumed: \`scripts/simulate/setting.ts\` has all of it.

**A real run** of \`npm run bench -- crowd\` on ${real.date}, nodes as processes of one machine and strangers to one another, had ${real.all} % of its transactions and
${real.bids} % of its bids in vain ([bench/README.md](../bench/README.md#many-nodes-on-one-chain) has how many nodes and jobs). How long it takes, and what is paid, it says of two cores for all of them:
read this for what breaks, not for the second figure of a number.

## Nodes take turns

${whole(DAILY)} slices a day for ${whole(SECONDS / 3_600)} hours. Gas is most of what a small slice costs on such a chain, so all nodes' costs are near one another. If each bids as soon
as a slice pays, and claims as soon as an execution does, all do so after the same block, and one of them gets it:

| nodes ${HEAD}
${rowsOf(racing, ({ nodes }) => whole(nodes))}

As they are, [nodes take turns](operations.md#whose-turn-it-is). What is left in vain is from the beginning, when none of them has seen another: each is known to
the others once a bid or a claim of its own has had something.

| nodes ${HEAD}
${rowsOf(turning, ({ nodes }) => whole(nodes))}

![Transactions in vain](scale-bids.svg)

![Gas of a slice's life](scale-gas.svg)

## Many jobs at once

${crowd.nodes} nodes that have never seen one another, and ${crowd.outcome.jobs} jobs within ${CROWD.seconds} s. Of many open jobs each node begins with another:

| ${crowd.nodes} nodes ${HEAD}
${rowsOf(crowds, ({ outcome }) => (outcome === crowd.outcome ? 'as soon as it pays' : 'in turns'))}

## The more slices, the more of the chain

30 nodes of ${ROLLUP.workers} workers each:

| slices a day ${HEAD}
${rowsOf(byLoad, ({ slicesADay }) => whole(slicesADay))}

## Where the design breaks first

- **Strangers**: nodes that have never seen one another race as if there were no turns. What that costs is paid once a day at most, and in a market with many open
  jobs hardly at all; it grows with the number of nodes that begin together.
- **Load**: at a million slices a day a sixth of the transactions is in vain still, also once nodes know one another; why is not looked into yet.
- **Undercuts** cost a bid's gas each, and there is one a block: in a window of five blocks a slice has six bids. Bids that are signed and gathered off chain (the contract
  takes them, \`bidSigned\`, and nodes sign them where they are set to; the simulation has none), of which only the best is brought, spare most of them.
- **One job at a time**: a node sends its next bid when the last one is in a block, so it bids on one job a block at most.
- **Blocks**: settling is about 50,000 gas a proof whatever else is done; a block of ${whole(ROLLUP.blockGas)} gas has room for some ${whole(ROLLUP.blockGas / 50_000)} proofs.
`;
}
