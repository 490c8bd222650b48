import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from '../../support/until.ts';

const cli = fileURLToPath(new URL('../../../bin/cli.ts', import.meta.url));

/** `sliceproof indexer start …` as a process of its own. */
export interface IndexerProcess {
  readonly url: string;
  readonly log: readonly Record<string, unknown>[];
  health(): Promise<{ state: string; head?: number; cursor?: number }>;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<unknown>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  terminate(): Promise<number | null>;
}

export async function startIndexerProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<IndexerProcess> {
  // Optimised code of the embedded database costs more than it saves in the seconds that such a process lives.
  const child = spawn(process.execPath, ['--liftoff-only', cli, 'indexer', 'start', '--port', '0', ...args], {
    cwd: path.dirname(path.dirname(cli)),
    env: { ...process.env, DATABASE_URL: '', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const log: Record<string, unknown>[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.push(line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : { line });
  });
  const url = await until(() => {
    if (child.exitCode !== null) throw new Error(`the indexer ended: ${JSON.stringify(log)}`);
    return log.find(({ msg }) => msg === 'indexer ready')?.url as string | undefined;
  });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return (await exited)[0];
  };
  return {
    url,
    log,
    ended: exited,
    health: async () => (await fetch(`${url}/health`)).json() as Promise<{ state: string }>,
    kill: async () => void (await end('SIGKILL')),
    terminate: () => end('SIGTERM'),
  };
}
