import { spawnSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { SliceproofError } from '../../protocol/errors.ts';
import { homeInClone } from '../child-environment.ts';
import { COMPILE_ANEW, COMPILED_TO } from './compiled.ts';
import { inDraft } from './draft.ts';

const root = path.resolve(import.meta.dirname, '..', '..');

/**
 * Compiles the contracts that changed; Hardhat's TypeChain plugin leaves its output in cache/typechain. What it left
 * there before is removed first: it writes the types of all contracts, but keeps those of contracts that are no more.
 * @throws SliceproofError GENERATE_FAILED
 */
export function compileContracts(): void {
  rmSync(path.join(root, 'cache', 'typechain'), { recursive: true, force: true });
  build(['--no-tests']);
}

/**
 * Makes contracts/compiled of the contracts and their tests.
 * @param target the folder that it becomes
 * @param anew whether solc compiles what is kept, too
 * @throws SliceproofError GENERATE_FAILED
 */
export function compileAll(target: string, anew: boolean): void {
  inDraft('compiled', (folder) => {
    const fresh = path.join(folder, 'compiled');
    build(['--force'], { [COMPILED_TO]: fresh, ...(anew ? { [COMPILE_ANEW]: '1' } : {}) });
    rmSync(target, { recursive: true, force: true });
    renameSync(fresh, target);
  });
}

function build(args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  const hardhat = path.join(root, 'node_modules', 'hardhat', 'dist', 'src', 'cli.js');
  const done = spawnSync(process.execPath, [hardhat, 'build', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...homeInClone(root), ...env },
  });
  if (done.status !== 0) {
    throw new SliceproofError('GENERATE_FAILED', `hardhat build failed:\n${done.stdout}${done.stderr}`);
  }
}
