import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify as toToml } from 'smol-toml';

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string };

/** `sliceproof node start` or `worker start` in a process of its own. */
export interface ServiceProcess {
  readonly pid: number;
  readonly lines: readonly LogLine[];
  /** The first line, old or new, that has this message. */
  said(message: string): Promise<LogLine>;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

const cli = fileURLToPath(new URL('../../../bin/cli.ts', import.meta.url));

/** @param settings as in the file, kebab-case */
export function startNodeProcess(
  folder: string,
  settings: Readonly<Record<string, unknown>>,
  privateKey: string,
): Promise<ServiceProcess> {
  const keyed = { 'private-key-env': 'TEST_NODE_KEY', ...settings };
  return startProcess('node', folder, keyed, { TEST_NODE_KEY: privateKey });
}

/** @param settings as in the file, kebab-case */
export async function startProcess(
  service: 'node' | 'worker',
  folder: string,
  settings: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv = {},
): Promise<ServiceProcess> {
  const file = path.join(folder, `${String(settings.name)}.toml`);
  await writeFile(file, toToml({ [service]: settings }));
  const child: ChildProcess = spawn(process.execPath, [cli, service, 'start', '--config', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stderr! }).on('line', (text) => {
    if (process.env.SHOW_LOG) process.stderr.write(`${text}\n`);
    try {
      lines.push(JSON.parse(text) as LogLine);
    } catch {
      lines.push({ msg: text });
    }
    for (const look of waiting) look();
  });
  return {
    pid: child.pid!,
    lines,
    said: (message) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const line = lines.find(({ msg }) => msg === message);
          if (!line) return;
          waiting.delete(look);
          resolve(line);
        };
        waiting.add(look);
        void exited.then(([code]) =>
          reject(
            new Error(
              `the ${service} ended with ${code} before it said "${message}": ${JSON.stringify(lines.at(-1))}`,
            ),
          ),
        );
        look();
      }),
    async kill(signal) {
      child.kill(signal);
      return (await exited)[0];
    },
  };
}

/** Runs one command of the command line to its end. */
export function runCli(
  parameters: readonly string[],
  privateKey: string,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return promisify(execFile)(process.execPath, [cli, ...parameters], {
    env: { ...process.env, TEST_NODE_KEY: privateKey },
  });
}
