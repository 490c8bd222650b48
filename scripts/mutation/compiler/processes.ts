import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
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

/**
 * Runs tests in their order.
 * @param seconds that a test may take, loading its file included
 * @returns the number of the first that failed, came to no end or killed its process; undefined: all passed
 */
export function firstToNotice(
  folder: string,
  tests: readonly Test[],
  seconds: (test: number) => number,
): Promise<number | undefined> {
  const child = start(folder, { kind: 'try', tests });
  return new Promise((resolve) => {
    let current = 0;
    let outcome: { readonly failed: number | undefined } | undefined;
    const limit = (): NodeJS.Timeout => setTimeout(() => child.kill('SIGKILL'), seconds(current) * 1000);
    let timer = limit();
    child.on('message', (message: Message) => {
      clearTimeout(timer);
      if (message.kind === 'done') outcome = message;
      if (message.kind !== 'begins') return;
      current = message.test;
      timer = limit();
    });
    child.once('exit', () => {
      clearTimeout(timer);
      resolve(outcome === undefined ? current : outcome.failed);
    });
  });
}
