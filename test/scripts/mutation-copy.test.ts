import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { COPIED } from '../../scripts/mutation/build.ts';

const root = path.resolve(import.meta.dirname, '..', '..');

function testsOfContracts(): string[] {
  const folder = path.join(root, 'test', 'contracts');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file));
}

/** These files and all of ours that they import, however far. */
function withImports(files: readonly string[]): ReadonlySet<string> {
  const seen = new Set(files);
  for (const file of seen) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/from '(\.{1,2}\/[^']+\.ts)'/g)) {
      const imported = path.resolve(path.dirname(file), name);
      if (existsSync(imported)) seen.add(imported);
    }
  }
  return seen;
}

describe('the copy in which mutants are compiled and tried', () => {
  it('has whatever the contract tests and its workers import', () => {
    const needed = withImports([...testsOfContracts(), path.join(root, 'scripts', 'mutation', 'worker.ts')]);
    const lacking = [...needed]
      .map((file) => path.relative(root, file))
      .filter((file) => !COPIED.some((place) => file === place || file.startsWith(`${place}${path.sep}`)));
    expect(lacking).toEqual([]);
  });
});
