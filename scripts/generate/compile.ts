import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { SliceproofError } from '../../protocol/errors.ts';
import { homeInClone } from '../child-environment.ts';

const root = path.resolve(import.meta.dirname, '..', '..');

/**
 * Compiles the contracts that changed; Hardhat's TypeChain plugin leaves its output in cache/typechain.
 * @throws SliceproofError GENERATE_FAILED
 */
export function compileContracts(): void {
  const hardhat = path.join(root, 'node_modules', 'hardhat', 'dist', 'src', 'cli.js');
  const done = spawnSync(process.execPath, [hardhat, 'build', '--no-tests'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...homeInClone(root) },
  });
  if (done.status !== 0) {
    throw new SliceproofError('GENERATE_FAILED', `hardhat build failed:\n${done.stdout}${done.stderr}`);
  }
}
