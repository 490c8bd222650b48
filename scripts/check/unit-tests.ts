import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What is imported that starts a chain, a database or a process. */
const STARTS_SOMETHING =
  /from '(?:[^']*\/support\/(?:anvil|chain|child|hardhat|process|world)[^']*|[^']*\/(?:postgres|children)\.ts|node:child_process)'/;

const RELATIVE = /from '(\.[^']*\.ts)'/g;

/** Whether a test starts something, itself or by what of `test/` it imports. */
function startsSomething(root: string, file: string, seen: Set<string> = new Set()): boolean {
  // A test's text may have imports of files that it only writes.
  if (seen.has(file) || !existsSync(path.join(root, file))) return false;
  seen.add(file);
  const source = readFileSync(path.join(root, file), 'utf8');
  if (STARTS_SOMETHING.test(source)) return true;
  return [...source.matchAll(RELATIVE)]
    .map(([, name]) => path.join(path.dirname(file), name))
    .some((name) => name.startsWith(`test${path.sep}`) && startsSomething(root, name, seen));
}

/**
 * The unit tests that mirror changed files: those in the folder of `test/` that has the changed file's path, or the nearest one
 * above it, and start no chain, database or process.
 * @param changed relative to `root`
 */
export function unitTestsOf(root: string, changed: readonly string[]): string[] {
  const tests = readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !file.startsWith('contracts'))
    .map((file) => path.join('test', file));
  const mirrored = changed.flatMap((file) => {
    if (file.endsWith('.test.ts')) return [file];
    const own = file.startsWith(`test${path.sep}`) ? file : path.join('test', file);
    for (let folder = path.dirname(own); folder !== 'test' && folder !== '.'; folder = path.dirname(folder)) {
      const there = tests.filter((test) => test.startsWith(`${folder}${path.sep}`));
      if (there.length > 0) return there;
    }
    return [];
  });
  return [...new Set(mirrored)].filter((test) => tests.includes(test) && !startsSomething(root, test)).sort();
}
