// npm run generate: what is derived from sources and kept in the repository, so that nobody has to compile before using it.
//
//   npm run generate               writes it
//   npm run generate -- --check    compares it with what the sources give now; part of `npm test`
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { SliceproofError } from '../protocol/errors.ts';
import { describeError, exitCodeOf } from '../protocol/terminal/fail.ts';
import { generateBindings } from './generate/bindings.ts';
import { compileContracts } from './generate/compile.ts';
import { generateDatabaseClient } from './generate/database-client.ts';
import { differences } from './generate/differences.ts';

const root = path.dirname(import.meta.dirname);

/** Where each is, and what makes it there or elsewhere. */
const GENERATED: Readonly<Record<string, (target: string) => void>> = {
  'protocol/contracts/generated': (target) => {
    compileContracts();
    generateBindings(path.join(root, 'cache', 'typechain'), target);
  },
  'indexer/generated': generateDatabaseClient,
};

function check(): void {
  const state = path.join(root, '.sliceproof');
  mkdirSync(state, { recursive: true });
  const folder = mkdtempSync(path.join(state, 'generated-'));
  try {
    const stale = Object.entries(GENERATED).flatMap(([place, make]) => {
      const fresh = path.join(folder, path.basename(path.dirname(place)));
      make(fresh);
      return differences(path.join(root, place), fresh).map((file) => path.join(place, file));
    });
    if (stale.length === 0) return;
    throw new SliceproofError(
      'GENERATED_STALE',
      `${stale.length} generated files are not what their sources give: ${stale.slice(0, 5).join(', ')}${stale.length > 5 ? ' …' : ''}`,
      { hint: 'Run `npm run generate` and commit what it writes.' },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  if (process.argv.includes('--check')) check();
  else for (const [place, make] of Object.entries(GENERATED)) make(path.join(root, place));
} catch (error) {
  process.stderr.write(describeError(error));
  process.exitCode = exitCodeOf(error);
}
