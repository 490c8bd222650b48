// npm run generate: what is derived from sources and kept in the repository, so that nobody has to compile before using it.
//
//   npm run generate               writes it
//   npm run generate -- --check    compares it with what the sources give now; part of `npm test`
//   npm run generate -- --check --recompile
//                                  the same, and has solc compile what contracts/compiled has; part of `.ci/run`
import path from 'node:path';
import { SliceproofError } from '../protocol/errors.ts';
import { describeError, exitCodeOf } from '../protocol/terminal/fail.ts';
import { generateBindings } from './generate/bindings.ts';
import { compileAll, compileContracts } from './generate/compile.ts';
import { generateDatabaseClient } from './generate/database-client.ts';
import { differences } from './generate/differences.ts';
import { inDraft } from './generate/draft.ts';
import { generateExplorer } from './generate/explorer.ts';
import { generateSchema } from './generate/schema.ts';

const root = path.dirname(import.meta.dirname);
const checks = process.argv.includes('--check');
const recompiles = process.argv.includes('--recompile');

/** Where each is, and what makes it there or elsewhere. */
const GENERATED: Readonly<Record<string, (target: string) => void>> = {
  // Compared only where solc makes it again: else it would be compared with itself.
  ...(checks && !recompiles
    ? {}
    : { 'contracts/compiled': (target: string) => compileAll(target, recompiles) }),
  'protocol/contracts/generated': (target) => {
    compileContracts();
    generateBindings(path.join(root, 'cache', 'typechain'), target);
  },
  'indexer/generated': generateDatabaseClient,
  'indexer/schema.graphql': generateSchema,
  'indexer/explorer/generated': generateExplorer,
};

function check(): void {
  inDraft('generated', (folder) => {
    const stale = Object.entries(GENERATED).flatMap(([place, make]) => {
      const fresh = path.join(folder, place.replaceAll('/', '-'));
      make(fresh);
      return differences(path.join(root, place), fresh).map((file) => path.join(place, file));
    });
    if (stale.length === 0) return;
    throw new SliceproofError(
      'GENERATED_STALE',
      `${stale.length} generated files are not what their sources give: ${stale.slice(0, 5).join(', ')}${stale.length > 5 ? ' …' : ''}`,
      { hint: 'Run `npm run generate` and commit what it writes.' },
    );
  });
}

try {
  if (checks) check();
  else for (const [place, make] of Object.entries(GENERATED)) make(path.join(root, place));
} catch (error) {
  process.stderr.write(describeError(error));
  process.exitCode = exitCodeOf(error);
}
