import { spawnSync } from 'node:child_process';
import { cpSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { SliceproofError } from '../../protocol/errors.ts';
import { homeInClone } from '../child-environment.ts';
import { inDraft } from './draft.ts';

const root = path.resolve(import.meta.dirname, '..', '..');

/**
 * Makes indexer/generated of indexer/prisma/schema.prisma: Prisma's client.
 * @param target the folder that it becomes; `indexer/generated`, or another one to compare with it
 * @throws SliceproofError GENERATE_FAILED
 */
export function generateDatabaseClient(target: string): void {
  // The schema names its outputs relative to itself.
  inDraft('prisma', (folder) => {
    cpSync(
      path.join(root, 'indexer', 'prisma', 'schema.prisma'),
      path.join(folder, 'prisma', 'schema.prisma'),
    );
    const done = spawnSync(
      process.execPath,
      [
        path.join(root, 'node_modules', 'prisma', 'build', 'index.js'),
        ...['generate', '--schema', path.join(folder, 'prisma', 'schema.prisma')],
      ],
      {
        cwd: root,
        encoding: 'utf8',
        env: {
          ...process.env,
          ...homeInClone(root),
          // Prisma starts its generators by name.
          PATH: [
            path.dirname(process.execPath),
            path.join(root, 'node_modules', '.bin'),
            process.env['PATH'],
          ].join(path.delimiter),
          // Prisma downloads an engine that generating doesn't need, unless it is told of a file that exists.
          PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        },
      },
    );
    if (done.status !== 0) {
      throw new SliceproofError('GENERATE_FAILED', `prisma generate failed:\n${done.stdout}${done.stderr}`);
    }
    rmSync(target, { recursive: true, force: true });
    renameSync(path.join(folder, 'generated'), target);
  });
}
