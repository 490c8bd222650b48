import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { cpuSecondsOf } from '../../../groth16/prove/process-usage.ts';
import { SliceproofError } from '../../../protocol/errors.ts';
import type { Measured, MeasuredTest, Message, Task, Test } from './run.ts';
import type { SourceChange } from './suites.ts';

/** What V8 has optimised counts no calls: a test would reach nothing of what the tests before it have made hot. */
const COUNTING = ['--no-opt', '--no-maglev'];

/** A process that runs tests of a build. */
function start(folder: string, flags: readonly string[] = []): ChildProcess {
  return fork(path.join(folder, 'scripts', 'mutation', 'compiler', 'run.ts'), {
    cwd: folder,
    execArgv: [...process.execArgv, ...flags],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {
      ...process.env,
      NODE_ENV: 'test',
      NODE_COMPILE_CACHE: path.join(folder, '.compiled'),
    },
  });
}

const LOOK_MS = 250;

/** Who takes longer, in seconds of the processor, isn't asked: a change is tried in less. */
const DEAR_SECONDS = 5;

/**
 * Runs a file's tests with nothing changed.
 * @returns what those took and reached that end their work and aren't dear, and the titles of the others
 */
export async function measureTests(
  folder: string,
  file: string,
): Promise<Measured & { readonly leftOut: readonly string[] }> {
  const tests: MeasuredTest[] = [];
  const leftOut: string[] = [];
  let load: Measured['load'] = { cpu: 0, reached: {} };
  let titles: readonly string[] | undefined;
  for (let from = 0; titles === undefined || from < titles.length; from++) {
    const child = start(folder, COUNTING);
    child.send({ kind: 'measure', file, from } satisfies Task);
    let began: number | undefined;
    const used = (): number => cpuSecondsOf(child.pid ?? 0) ?? 0;
    const watch = setInterval(() => {
      if (began !== undefined && used() - began > DEAR_SECONDS) child.kill('SIGKILL');
    }, LOOK_MS);
    child.on('message', (message: Message) => {
      if (message.kind === 'loaded') ({ load, titles } = message);
      if (message.kind === 'begins') [from, began] = [message.test, used()];
      if (message.kind === 'measured') tests.push(message.test);
    });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    clearInterval(watch);
    if (titles === undefined)
      throw new SliceproofError('MUTATION_FAILED', `${file} ends its process even with nothing changed`);
    if (code === 0) break;
    leftOut.push(titles[from]);
  }
  return { load, tests, leftOut };
}

/** Milliseconds without any use of the processor after which a test that waits comes to no end. */
const STILL_MS = 120_000;

/** Modules of earlier changes are never let go of. */
const CHANGES_OF_A_PROCESS = 60;

/**
 * Runs tests against one change after the other in a process that keeps what no change reaches: libraries, the field, tables
 * that were made. A process that a change killed is replaced.
 */
export class Trials {
  readonly #folder: string;
  readonly #stillMs: number;
  #child: ChildProcess | undefined;
  #tried = 0;

  /** @param stillMs see {@link STILL_MS} */
  constructor(folder: string, stillMs = STILL_MS) {
    this.#folder = folder;
    this.#stillMs = stillMs;
  }

  /**
   * Runs tests in their order against a change.
   * @param seconds of the processor that a test may take, loading its file included: a busy machine notices no change
   * @returns the number of the first that failed, came to no end or killed its process; undefined: all passed
   */
  firstToNotice(
    change: SourceChange,
    tests: readonly Test[],
    seconds: (test: number) => number,
  ): Promise<number | undefined> {
    if (tests.length === 0) return Promise.resolve(undefined);
    if (++this.#tried % CHANGES_OF_A_PROCESS === 0 || this.#child?.connected === false) this.end();
    const child = (this.#child ??= start(this.#folder));
    const used = (): number => cpuSecondsOf(child.pid ?? 0) ?? performance.now() / 1000;
    return new Promise((resolve) => {
      let current = 0;
      let [began, last, movedAt] = [used(), 0, performance.now()];
      const watch = setInterval(() => {
        const [cpu, now] = [used(), performance.now()];
        if (cpu > last) [last, movedAt] = [cpu, now];
        if (cpu - began > seconds(current) || now - movedAt > this.#stillMs) child.kill('SIGKILL');
      }, LOOK_MS);
      const hear = (message: Message): void => {
        if (message.kind === 'done') done(message.failed);
        if (message.kind !== 'begins') return;
        current = message.test;
        [began, movedAt] = [used(), performance.now()];
      };
      const gone = (): void => {
        this.#child = undefined;
        done(current);
      };
      const done = (failed: number | undefined): void => {
        clearInterval(watch);
        child.off('message', hear).off('exit', gone);
        resolve(failed);
      };
      child.on('message', hear).once('exit', gone);
      child.send({ kind: 'try', change, tests } satisfies Task);
    });
  }

  end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}
