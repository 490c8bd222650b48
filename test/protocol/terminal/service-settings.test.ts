import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..', '..');
const run = promisify(execFile);
const key = `0x${'5c'.repeat(32)}`;

/** `sliceproof …` with these variables in its environment. */
async function sliceproof(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await run(process.execPath, ['bin/cli.ts', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, NO_COLOR: '1', COLUMNS: '250', ...env },
  });
  return stdout;
}

describe('config print', () => {
  it.each(['node', 'worker', 'aggregator', 'indexer', 'store'])(
    'of the %s says what counts and where it comes from',
    async (service) => {
      const table = await sliceproof([service, 'config', 'print', '--log-level', 'debug'], {
        [`SLICEPROOF_${service.toUpperCase()}_${service === 'store' ? 'FOLDER' : 'DATA_DIR'}`]:
          '/from/the/environment',
        // A worker must have one.
        SLICEPROOF_WORKER_DATABASE_URL: 'postgres://127.0.0.1/proofs',
      });
      expect(table).toMatch(/log-level\s*│ debug\s*│ flag/);
      expect(table).toMatch(/(data-dir|folder)\s*│ \/from\/the\/environment\s*│ environment/);
      expect(table).toMatch(/(deployment|host|backend)\s*│ \S+\s*│ default/);
    },
  );

  it('reads the file, and shows no secret, as a table or as JSON', async () => {
    const args = ['node', 'config', 'print', '--config', 'prover-node/node.example.toml'];
    const table = await sliceproof(args, { SLICEPROOF_PRIVATE_KEY: key });
    expect(table).toMatch(/name\s*│ north\s*│ file/);
    expect(table).toMatch(/private-key\s*│ \*\*\*\s*│ environment/);
    const json = await sliceproof([...args, '--json'], { SLICEPROOF_PRIVATE_KEY: key });
    expect(JSON.parse(json)).toMatchObject({ name: 'north', privateKey: '***' });
    expect(table + json).not.toContain('5c5c');
  });
});
