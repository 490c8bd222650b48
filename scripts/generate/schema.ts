import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SliceproofError } from '../../protocol/errors.ts';

const root = path.resolve(import.meta.dirname, '..', '..');

/**
 * Makes indexer/schema.graphql of indexer/graphql: the schema as the package has it, and in which a change of it shows.
 * In a process of its own, since what it imports may have been generated a moment ago.
 * @param target the file that it becomes, or another one to compare with it
 * @throws SliceproofError GENERATE_FAILED
 */
export function generateSchema(target: string): void {
  const done = spawnSync(process.execPath, [path.join(import.meta.dirname, 'print-schema.ts')], {
    cwd: root,
    encoding: 'utf8',
  });
  if (done.status !== 0) {
    throw new SliceproofError(
      'GENERATE_FAILED',
      `The schema could not be made:\n${done.stdout}${done.stderr}`,
    );
  }
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, done.stdout);
}
