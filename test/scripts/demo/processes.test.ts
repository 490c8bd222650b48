import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { until } from '../../support/until.ts';
import { Processes } from '../../../scripts/demo/processes.ts';

let folder: string;
let processes: Processes;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof processes '));
  processes = new Processes(path.join(folder, 'logs'));
});
afterEach(async () => {
  await processes.stop();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** Starts a script that is ready when it prints `ready at …`. */
async function start(name: string, source: string): Promise<string> {
  const script = path.join(folder, `${name} script.mjs`);
  await writeFile(script, source);
  return processes.start({
    name,
    args: [script],
    readyAt: (line) => /^ready at (.*)$/.exec(line)?.[1],
  });
}

const FOREVER = 'setInterval(() => undefined, 1000);';

describe('the demo’s processes', () => {
  test('say themselves where they serve, and are waited for as long as they live', async () => {
    const go = path.join(folder, 'go');
    const source = `
      import { existsSync } from 'node:fs';
      console.error(JSON.stringify({ msg: 'node goes on', doing: 'measuring how fast it proves' }));
      setInterval(() => { if (existsSync(${JSON.stringify(go)})) console.log('ready at http://here'); }, 20);`;
    const ready = start('slow', source);
    await until(() => processes.waitingFor.includes('measuring'));
    expect(processes.waitingFor).toBe('waiting for slow: measuring how fast it proves');
    await writeFile(go, '');
    expect(await ready).toBe('http://here');
  });

  test('fail the demo with their last lines when they end, whoever is waited for', async () => {
    const waiting = start('patient', FOREVER);
    const failing = start('broken', 'console.error("the disk is full"); process.exitCode = 3;');
    for (const failed of [waiting, failing, processes.failure]) {
      await expect(failed).rejects.toMatchObject({
        code: 'DEMO_PROCESS_ENDED',
        message: expect.stringMatching(/^broken ended \(exit code 3\):\n(.*\n)*the disk is full$/) as string,
      });
    }
    expect(await readFile(path.join(folder, 'logs', 'broken.log'), 'utf8')).toContain('the disk is full');
  });

  test('get nothing of the settings of whoever runs the demo, and a home that can be written', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://mine');
    vi.stubEnv('PGHOST', 'mine');
    vi.stubEnv('SLICEPROOF_RPC', 'http://mine');
    vi.stubEnv('SLICEPROOF_CONFIG', '/mine.toml');
    const url = await start('curious', `console.log('ready at ' + JSON.stringify(process.env)); ${FOREVER}`);
    const env = JSON.parse(url) as Record<string, string>;
    expect(JSON.stringify(env)).not.toContain('mine');
    const root = path.resolve(import.meta.dirname, '..', '..', '..');
    for (const name of ['CONFIG', 'CACHE', 'DATA', 'STATE']) {
      expect(path.relative(root, env[`XDG_${name}_HOME`])).toMatch(/^\.sliceproof\//);
    }
  });
});
