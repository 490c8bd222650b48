import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { cpuSecondsOf, treeUsageOf } from '../../../groth16/prove/process-usage.ts';
import { until } from '../../support/until.ts';

const BUSY = `const end = process.cpuUsage().user + 100_000; while (process.cpuUsage().user < end);`;

test.runIf(process.platform === 'linux')(
  'what a process has used is told with what it started, whether that lives or has ended',
  async () => {
    const parent = spawn(process.execPath, [
      '-e',
      `const { spawn, spawnSync } = require('node:child_process');
       spawnSync(process.execPath, ['-e', ${JSON.stringify(BUSY)}]);
       spawn(process.execPath, ['-e', ${JSON.stringify(`${BUSY} setInterval(() => 0, 1000); process.once('disconnect', () => process.exit());`)}], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
       process.stdin.resume().once('end', () => process.exit());`,
    ]);
    try {
      const pid = parent.pid!;
      // Twice 0.1 s for what both are busy with: nothing of it is the parent's own.
      const usage = await until(() => {
        const now = treeUsageOf(pid);
        return now && now.cpuSeconds >= (cpuSecondsOf(pid) ?? Infinity) + 0.2 && now;
      });
      expect(usage.peakRssBytes).toBeGreaterThan(2 ** 24);
    } finally {
      const ended = new Promise((resolve) => parent.once('exit', resolve));
      parent.stdin.end();
      await ended;
    }
    expect(treeUsageOf(parent.pid!)).toBeUndefined();
  },
);
