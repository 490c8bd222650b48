// Runs tests of a build: one file's to see what each reaches and takes, or some of several files up to the first that fails.
// Started by processes.ts with the build's folder as its own; speaks by messages.
import { enableCompileCache } from 'node:module';
import { isTried } from './build.ts';
import { Coverage, type Reached } from './coverage.ts';
import { Suites, titlesOf } from './suites.ts';

export interface Test {
  readonly file: string;
  readonly title: string;
}

export type Task =
  | { readonly kind: 'measure'; readonly file: string }
  | { readonly kind: 'try'; readonly tests: readonly Test[] };

/** One file with nothing changed. Times are milliseconds of the CPU. */
export interface Measured {
  readonly load: { readonly cpu: number; readonly reached: Reached };
  readonly tests: readonly {
    readonly title: string;
    readonly cpu: number;
    readonly passes: boolean;
    readonly reached: Reached;
  }[];
}

export type Message =
  | { readonly kind: 'measured'; readonly measured: Measured }
  /** Test number `test` begins. */
  | { readonly kind: 'begins'; readonly test: number }
  /** The number of the test that failed, if one did. */
  | { readonly kind: 'done'; readonly failed: number | undefined };

enableCompileCache();
const suites = new Suites();

const say = (message: Message): Promise<void> =>
  new Promise((resolve) => process.send?.(message, () => resolve()));

async function measure(file: string): Promise<Measured> {
  const coverage = new Coverage(isTried);
  await coverage.start();
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    return Math.round((user + system) / 1000);
  };
  const cpu = await timed(() => suites.load(file));
  const load = { cpu, reached: await coverage.take() };
  const tests: Measured['tests'][number][] = [];
  for (const title of titlesOf((await suites.load(file)).suite)) {
    let passes = false;
    const took = await timed(async () => (passes = await suites.passes(file, title)));
    tests.push({ title, cpu: took, passes, reached: await coverage.take() });
  }
  return { load, tests };
}

async function firstFailure(tests: readonly Test[]): Promise<number | undefined> {
  for (const [i, { file, title }] of tests.entries()) {
    await say({ kind: 'begins', test: i });
    // Suites that can't even be made have noticed.
    if (!(await suites.passes(file, title).catch(() => false))) return i;
  }
  return undefined;
}

process.once('message', (task: Task) => {
  void (async () => {
    await say(
      task.kind === 'measure'
        ? { kind: 'measured', measured: await measure(task.file) }
        : { kind: 'done', failed: await firstFailure(task.tests) },
    );
    process.exit(0);
  })();
});
