import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');

/** As the documentation has it: through the file that finds a fitting Node. */
function deploy(key: string | undefined, ...args: string[]): ReturnType<typeof spawnSync> {
  const env = { ...process.env, SLICEPROOF_DEPLOYER_KEY: key };
  return spawnSync(process.execPath, ['bin/with-node.js', 'scripts/deploy.ts', ...args], { cwd: root, env });
}

describe('scripts/deploy.ts', () => {
  it('says what it takes, with an example', () => {
    const { status, stdout } = deploy(undefined, '--help');
    expect(status).toBe(0);
    expect(String(stdout)).toContain('SLICEPROOF_DEPLOYER_KEY=0x');
  });

  it('refuses by name to deploy without a key, and with numbers that are none', () => {
    const keyless = deploy('', '--rpc', 'http://127.0.0.1:1');
    expect(keyless.status).toBe(1);
    expect(String(keyless.stderr)).toContain('DEPLOY_KEY_MISSING');
    const malformed = deploy('', '--rpc', 'http://127.0.0.1:1', '--fee-bps', 'ten');
    expect(malformed.status).toBe(1);
    expect(String(malformed.stderr)).toContain('DEPLOY_SETTINGS_MALFORMED');
  });
});
