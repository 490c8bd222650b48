import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

const root = path.resolve(import.meta.dirname, '..', '..');

/** `sliceproof …` as a process of its own. */
export interface CliProcess {
  readonly pid: number;
  /** What it wrote to standard error, line by line. */
  readonly lines: readonly string[];
  /** The first line that is wanted; waits for it as long as the process lives. */
  line(wanted: (line: string) => boolean): Promise<string>;
  /** Resolves to its exit code when it ends by itself. */
  readonly ended: Promise<number | null>;
  kill(): Promise<void>;
}

const { NODE_COMPILE_CACHE } = process.env;

/** Where Node keeps what it compiled of the modules, if the whole run has such a place: for environments that are given. */
export const compileCache: Readonly<Record<string, string>> =
  NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };

/** Starts it with nothing in its environment but what is given. */
export function startCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  nodeFlags: readonly string[] = [],
): CliProcess {
  const child = spawn(process.execPath, [...nodeFlags, path.join(root, 'bin', 'cli.ts'), ...args], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      NO_COLOR: '1',
      ...compileCache,
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    pid: child.pid as number,
    lines,
    ended,
    line: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find(wanted);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void ended.then((code) => reject(new Error(`ended with ${code}:\n${lines.join('\n')}`)));
      }),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
