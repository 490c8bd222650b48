// Runs tests of a build: one file's to see what each reaches and takes, or some of several files up to the first that fails.
// Started by processes.ts with the build's folder as its own; speaks by messages.
import { enableCompileCache } from 'node:module';
import { isTried } from './build.ts';
import { Coverage, type Reached } from './coverage.ts';
import { Suites, titlesOf, type SourceChange } from './suites.ts';

export interface Test {
  readonly file: string;
  readonly title: string;
}

export type Task =
  /** From the test of number `from` on. */
  | { readonly kind: 'measure'; readonly file: string; readonly from: number }
  | { readonly kind: 'try'; readonly change: SourceChange; readonly tests: readonly Test[] };

/** One file's tests with nothing changed. Times are milliseconds of the CPU. */
export interface Measured {
  readonly load: { readonly cpu: number; readonly reached: Reached };
  readonly tests: readonly MeasuredTest[];
}

export interface MeasuredTest {
  readonly title: string;
  readonly cpu: number;
  readonly passes: boolean;
  readonly reached: Reached;
}

export type Message =
  | { readonly kind: 'loaded'; readonly load: Measured['load']; readonly titles: readonly string[] }
  | { readonly kind: 'measured'; readonly test: MeasuredTest }
  /** Test number `test` begins. */
  | { readonly kind: 'begins'; readonly test: number }
  /** The number of the test that failed, if one did. */
  | { readonly kind: 'done'; readonly failed: number | undefined };

enableCompileCache();

const say = (message: Message): Promise<void> =>
  new Promise((resolve) => process.send?.(message, () => resolve()));

async function measure(file: string, from: number): Promise<void> {
  const suites = new Suites();
  const coverage = new Coverage(isTried);
  await coverage.start();
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    return Math.round((user + system) / 1000);
  };
  const cpu = await timed(() => suites.load(file));
  const titles = titlesOf((await suites.load(file)).suite);
  await say({ kind: 'loaded', load: { cpu, reached: await coverage.take() }, titles });
  for (const [i, title] of titles.entries()) {
    if (i < from) continue;
    await say({ kind: 'begins', test: i });
    let passes = false;
    const took = await timed(async () => (passes = await suites.passes(file, title)));
    const reached = await coverage.take();
    // Where changes are tried a process goes on: what fails the second time would notice any change.
    const passesAgain = passes && (await suites.passes(file, title));
    await say({ kind: 'measured', test: { title, cpu: took, passes: passesAgain, reached } });
    await coverage.take();
  }
}

async function firstFailure(change: SourceChange, tests: readonly Test[]): Promise<number | undefined> {
  const suites = new Suites(change);
  for (const [i, { file, title }] of tests.entries()) {
    await say({ kind: 'begins', test: i });
    // Suites that can't even be made have noticed.
    if (!(await suites.passes(file, title).catch(() => false))) return i;
  }
  return undefined;
}

process.on('message', (task: Task) => {
  void (async () => {
    if (task.kind === 'try') {
      await say({ kind: 'done', failed: await firstFailure(task.change, task.tests) });
      return;
    }
    await measure(task.file, task.from);
    process.exit(0);
  })();
});
