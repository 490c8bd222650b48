import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Child {
  /** Every line printed so far. */
  readonly lines: readonly string[];
  /** Resolves once a printed line satisfies `wanted`; rejects when the process ends first. */
  until(wanted: (line: string) => boolean): Promise<void>;
  /** SIGKILL, and waits until the process is gone. */
  kill(): Promise<void>;
}

/** Starts a script of this folder in a process of its own. */
export function startChild(script: string, ...args: readonly string[]): Child {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const waiting = new Set<{
    wanted: (line: string) => boolean;
    resolve: () => void;
    reject: (e: Error) => void;
  }>();
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(line);
    for (const waiter of waiting) if (waiter.wanted(line)) waiter.resolve();
  });
  const exited = once(child, 'exit');
  void exited.then(([code]) => {
    for (const waiter of waiting) waiter.reject(new Error(`${script} ended with ${String(code)}`));
  });
  return {
    lines,
    until: (wanted) =>
      new Promise((resolve, reject) => {
        if (lines.some(wanted)) resolve();
        else waiting.add({ wanted, resolve, reject });
      }),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
