import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { cpuSecondsOf } from '../../../groth16/prove/process-usage.ts';
import type { Measured, Message, Task, Test } from './run.ts';

/** A process that runs tests of a build: constants of modules, and what suites make, are those of the change. */
function start(folder: string, task: Task): ChildProcess {
  const child = fork(path.join(folder, 'scripts', 'mutation', 'compiler', 'run.ts'), {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {
      ...process.env,
      NODE_ENV: 'test',
      NODE_COMPILE_CACHE: path.join(folder, '.compiled'),
    },
  });
  child.send(task);
  return child;
}

/** @returns undefined if the process died */
export function measureTests(folder: string, file: string): Promise<Measured | undefined> {
  const child = start(folder, { kind: 'measure', file });
  return new Promise((resolve) => {
    let measured: Measured | undefined;
    child.on('message', (message: Message) => {
      if (message.kind === 'measured') measured = message.measured;
    });
    child.once('exit', () => resolve(measured));
  });
}

/** Milliseconds without any use of the processor after which a test that waits comes to no end. */
const STILL_MS = 120_000;
const LOOK_MS = 250;

/**
 * Runs tests in their order.
 * @param seconds of the processor that a test may take, loading its file included: a busy machine notices no change
 * @param stillMs see {@link STILL_MS}
 * @returns the number of the first that failed, came to no end or killed its process; undefined: all passed
 */
export function firstToNotice(
  folder: string,
  tests: readonly Test[],
  seconds: (test: number) => number,
  stillMs = STILL_MS,
): Promise<number | undefined> {
  const child = start(folder, { kind: 'try', tests });
  const used = (): number => cpuSecondsOf(child.pid ?? 0) ?? performance.now() / 1000;
  return new Promise((resolve) => {
    let current = 0;
    let outcome: { readonly failed: number | undefined } | undefined;
    let [began, last, movedAt] = [used(), 0, performance.now()];
    const watch = setInterval(() => {
      const [cpu, now] = [used(), performance.now()];
      if (cpu > last) [last, movedAt] = [cpu, now];
      if (cpu - began > seconds(current) || now - movedAt > stillMs) child.kill('SIGKILL');
    }, LOOK_MS);
    child.on('message', (message: Message) => {
      if (message.kind === 'done') outcome = message;
      if (message.kind !== 'begins') return;
      current = message.test;
      [began, movedAt] = [used(), performance.now()];
    });
    child.once('exit', () => {
      clearInterval(watch);
      resolve(outcome === undefined ? current : outcome.failed);
    });
  });
}
