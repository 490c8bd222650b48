import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSecondsOf, peakRssBytesOf } from '../../../groth16/prove/process-usage.ts';
import { ownEnvironment } from '../../child-environment.ts';
import { BenchError } from '../errors.ts';

const root = path.resolve(import.meta.dirname, '..', '..', '..');
export interface MeasuredIndexer {
  readonly url: string;
  /** Resolves when it is at this block; asked as often as `meanwhile` takes, and a second more. */
  reached(block: number, meanwhile: () => Promise<void>): Promise<void>;
  /** Undefined where the system doesn't say, or when it has ended. */
  cpuSeconds(): number | undefined;
  peakBytes(): number | undefined;
  stop(): Promise<void>;
}

/** `sliceproof indexer start` as a user starts it, with its settings as they are. */
export async function startMeasuredIndexer(args: readonly string[]): Promise<MeasuredIndexer> {
  const child = spawn(
    process.execPath,
    [path.join(root, 'bin', 'cli.ts'), 'indexer', 'start', '--port', '0', ...args],
    {
      cwd: root,
      env: ownEnvironment(root, process.env),
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const ended = once(child, 'exit');
  const said: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (said.length > 20) said.shift();
      const ready = /"url":"([^"]+)".*"msg":"indexer ready"/.exec(line)?.[1];
      if (ready !== undefined) resolve(ready);
    });
    child.once('exit', () =>
      reject(new BenchError('BENCH_PROCESS', `the indexer ended: ${said.join('\n')}`)),
    );
  });
  const pid = child.pid!;
  return {
    url,
    cpuSeconds: () => cpuSecondsOf(pid),
    peakBytes: () => peakRssBytesOf(pid) || undefined,
    async reached(block, meanwhile) {
      for (;;) {
        if (child.exitCode !== null)
          throw new BenchError('BENCH_PROCESS', `the indexer ended: ${said.join('\n')}`);
        await meanwhile();
        // One that is busy may let go of a connection that was kept: it is asked again.
        const health = await fetch(`${url}/health`)
          .then((response) => response.json() as Promise<{ state: string; cursor?: number }>)
          .catch(() => undefined);
        if (health?.state === 'live' && (health.cursor ?? -1) >= block) return;
        await sleep(1000);
      }
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
