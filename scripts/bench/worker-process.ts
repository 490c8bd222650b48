import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { BenchError } from './errors.ts';

const cli = fileURLToPath(new URL('../../bin/cli.ts', import.meta.url));

/** A `sliceproof worker start` that is ready. */
export async function startWorkerProcess(
  folder: string,
  name: string,
  settings: { readonly databaseUrl: string; readonly store: string },
): Promise<{ stop(): Promise<void> }> {
  const child = spawn(
    process.execPath,
    [
      ...[cli, 'worker', 'start', '--name', name, '--data-dir', path.join(folder, name)],
      ...['--database-url', settings.databaseUrl, '--store', settings.store],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = once(child, 'exit');
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.includes('worker ready')) resolve();
    });
    void exited.then(() => reject(new BenchError('BENCH_PROCESS', `${name} ended before it was ready`)));
  });
  return {
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
