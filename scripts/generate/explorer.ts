import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { SliceproofError } from '../../protocol/errors.ts';
import { homeInClone } from '../child-environment.ts';

const root = path.resolve(import.meta.dirname, '..', '..');

/**
 * Makes indexer/explorer/generated of indexer/explorer: the pages as the indexer serves them.
 * @param target the folder that it becomes, or another one to compare with it
 * @throws SliceproofError GENERATE_FAILED
 */
export function generateExplorer(target: string): void {
  const done = spawnSync(
    process.execPath,
    [
      path.join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
      ...['build', '--config', 'indexer/explorer/vite.config.ts', '--outDir', target, '--logLevel', 'warn'],
    ],
    { cwd: root, encoding: 'utf8', env: { ...process.env, ...homeInClone(root), NODE_ENV: 'production' } },
  );
  if (done.status !== 0) {
    throw new SliceproofError('GENERATE_FAILED', `vite build failed:\n${done.stdout}${done.stderr}`);
  }
}
