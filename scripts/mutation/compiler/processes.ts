import { fork } from 'node:child_process';
import path from 'node:path';
import type { Outcome, Task } from './run.ts';

/**
 * Runs tests of a build in a process of its own: constants of modules, and what suites make, are those of the change.
 * @returns undefined if it came to no end in so many seconds, or died
 */
export function runTests(folder: string, task: Task, seconds: number): Promise<Outcome | undefined> {
  const child = fork(path.join(folder, 'scripts', 'mutation', 'compiler', 'run.ts'), {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {
      ...process.env,
      NODE_ENV: 'test',
      NODE_COMPILE_CACHE: path.join(folder, '.compiled'),
    },
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    let outcome: Outcome | undefined;
    child.once('message', (message) => (outcome = message as Outcome));
    child.once('exit', () => {
      clearTimeout(timer);
      resolve(outcome);
    });
    child.send(task);
  });
}
