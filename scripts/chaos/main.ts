// npm run chaos: a market of real processes under faults, and what it cost.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from '@commander-js/extra-typings';
import { ConfigError, SliceproofError } from '../../protocol/errors.ts';
import { writeWhole } from '../../protocol/files/write-whole.ts';
import { describeError, exitCodeOf } from '../../protocol/terminal/fail.ts';
import { printTable, standardOutput } from '../../protocol/terminal/output.ts';
import { untilStopped } from '../../protocol/terminal/until-stopped.ts';
import { countJobs, type Counts } from './counts.ts';
import { doFault, FAULTS, type Done, type FaultKind } from './faults.ts';
import { indexDiffers } from './indexed.ts';
import { Random } from '../random.ts';
import { openChaosWorld, type ChaosWorld } from './world.ts';

const root = path.dirname(path.dirname(import.meta.dirname));

const options = new Command('npm run chaos --')
  .description(
    'Runs chain, market, store, aggregator, indexer, two nodes and a requester as processes, and has them meet kill -9, broken files, a bad network and a second node with one key. Ends with what that cost: nothing may be lost.',
  )
  .option('--seed <n>', 'which faults come in which order', '1')
  .option('--jobs <n>', 'jobs to be posted and finished', '200')
  .option('--faults <kinds>', `of ${FAULTS.join(', ')}, separated by commas`, FAULTS.join(','))
  .option('--pause-seconds <n>', 'time between faults at most', '6')
  .option('--block-seconds <n>', 'time between blocks', '1')
  .option('--report <file>', 'write the counts as JSON')
  .addHelpText('after', '\nExample:\n  $ npm run chaos -- --seed 7 --jobs 20 --faults kill,files')
  .parse()
  .opts();

/** Seconds without any progress of any job after which a run counts as stuck: longer than every deadline of a job. */
const STUCK_SECONDS = 1500;
const LOOK_MS = 2000;

interface Report {
  readonly seed: number;
  readonly seconds: number;
  readonly counts: Counts;
  readonly faults: Readonly<Record<string, number>>;
  readonly kills: Readonly<Record<string, number>>;
  /** Processes that ended without being killed, by exit code or signal; they were started again. */
  readonly ends: Readonly<Record<string, readonly string[]>>;
  readonly brokenFilesSetAside: number;
  readonly secondsAtWork: number;
  readonly rpcRequests: number;
  /** What the indexer has otherwise than the chain. */
  readonly indexDiffers: readonly string[];
  /** What a person had to do: nothing does it here, so a job that isn't finished counts. */
  readonly recoveredByHand: number;
}

async function main(): Promise<boolean> {
  const [seed, jobs, pause, blockSeconds] = [
    options.seed,
    options.jobs,
    options.pauseSeconds,
    options.blockSeconds,
  ].map(numberOf);
  const kinds = options.faults.split(',').map(kindOf);
  const started = performance.now();
  const since = (): number => Math.round((performance.now() - started) / 1000);
  const say = (text: string): void =>
    void process.stderr.write(`${String(since()).padStart(5)} s  ${text}\n`);
  const parent = path.join(root, '.sliceproof');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, 'chaos-'));
  say(`seed ${seed}, ${jobs} jobs, faults: ${kinds.join(', ')}; logs in ${path.join(folder, 'logs')}`);
  const random = new Random(seed);
  const world = await openChaosWorld(folder, new Random(seed + 1), blockSeconds);
  const done: Done = { counts: new Map(), secondsAtWork: 0 };
  const stop = new AbortController();
  void untilStopped().then(() => stop.abort());
  try {
    say('the market is there');
    world.startRequester(jobs);
    const faults = goOnFaulting(world, kinds, { random, done, pause, say, signal: stop.signal });
    await finished(world, jobs, say, stop.signal);
    stop.abort();
    await faults;
    const head = await world.client.provider.getBlockNumber();
    const counts = await countJobs(world.client.contracts);
    const report: Report = {
      seed,
      seconds: since(),
      counts,
      faults: Object.fromEntries([...done.counts].sort()),
      kills: Object.fromEntries(world.fleet.kills),
      ends: Object.fromEntries(world.fleet.ends),
      brokenFilesSetAside: world.broken(),
      secondsAtWork: done.secondsAtWork,
      rpcRequests: world.ways.rpc.requests(),
      indexDiffers: await indexDiffers(world.indexer, head, counts),
      recoveredByHand: jobs - counts.finalized - counts.closed,
    };
    print(report);
    if (options.report !== undefined)
      await writeWhole(options.report, `${JSON.stringify(report, undefined, 2)}\n`);
    const isClean =
      counts.bondsLost +
        counts.collateralLost +
        counts.paidTwice +
        report.secondsAtWork +
        report.indexDiffers.length +
        report.recoveredByHand ===
        0 && counts.finalized === jobs;
    await world.close();
    if (isClean) await rm(folder, { recursive: true, force: true });
    else say(`what the processes wrote is in ${path.join(folder, 'logs')}`);
    return isClean;
  } catch (error) {
    await world.close();
    throw error;
  }
}

/** One fault after the other until the run is over; the last is seen to its end. */
async function goOnFaulting(
  world: ChaosWorld,
  kinds: readonly FaultKind[],
  {
    random,
    done,
    pause,
    say,
    signal,
  }: {
    readonly random: Random;
    readonly done: Done;
    readonly pause: number;
    readonly say: (text: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  while (!signal.aborted) {
    await sleep(1000 + random.next() * pause * 1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    await doFault(random.of(kinds), world, random, done, say);
  }
}

/** @throws SliceproofError CHAOS_STUCK when nothing goes on any more */
async function finished(
  { fleet, client }: ChaosWorld,
  jobs: number,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let last = '';
  let movedAt = performance.now();
  while (!fleet.isDone('requester') && !signal.aborted) {
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    const { jobs: posted, finalized, closed, slicesPaid } = await countJobs(client.contracts);
    const now = `${finalized + closed} of ${jobs} jobs finished, ${posted} posted, ${slicesPaid} slices paid`;
    if (now !== last) {
      movedAt = performance.now();
      say(now);
    }
    last = now;
    if (performance.now() - movedAt < STUCK_SECONDS * 1000) continue;
    throw new SliceproofError('CHAOS_STUCK', `nothing has moved for ${STUCK_SECONDS} s: ${now}`);
  }
}

function print({ counts, faults, ends, ...rest }: Report): void {
  const output = standardOutput(false);
  const rows: [string, string | number][] = [
    ['jobs', counts.jobs],
    ['finalized', counts.finalized],
    ['closed without a result', counts.closed],
    ['slices paid', counts.slicesPaid],
    ['settlements', counts.settlements],
    ['bonds lost', counts.bondsLost],
    ['collateral lost (holds)', counts.collateralLost],
    ['paid twice', counts.paidTwice],
    ['second nodes with one key at work', rest.secondsAtWork],
    ['left for somebody’s hand', rest.recoveredByHand],
    ['kills', Object.values(rest.kills).reduce((sum, count) => sum + count, 0)],
    ['broken files set aside', rest.brokenFilesSetAside],
    ['indexer differs from the chain', rest.indexDiffers.join(', ') || 'no'],
    ...Object.entries(ends).map(([name, how]): [string, string] => [
      `${name} ended by itself`,
      how.join(', '),
    ]),
    ['RPC requests', rest.rpcRequests],
    ['seconds', rest.seconds],
  ];
  printTable(output, ['of the run', 'count'], rows);
  printTable(output, ['fault', 'count'], Object.entries(faults));
}

function numberOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new ConfigError('CHAOS_OPTION', `expected a whole number, got ${text}`);
}

function kindOf(text: string): FaultKind {
  const kind = FAULTS.find((one) => one === text.trim());
  if (kind !== undefined) return kind;
  throw new ConfigError('CHAOS_OPTION', `expected faults of ${FAULTS.join(', ')}, got ${text}`);
}

try {
  process.exit((await main()) ? 0 : 1);
} catch (error) {
  process.stderr.write(describeError(error));
  process.exit(exitCodeOf(error));
}
