import { readdirSync } from 'node:fs';
import path from 'node:path';
import { SliceproofError } from '../../protocol/errors.ts';

/** What Hardhat compiles. */
const COMPILED = /^(?:contracts|test\/solidity|test\/support\/solidity)\/.*\.sol$/;

const TESTS = path.join('test', 'contracts');

/**
 * The tests of changed contracts: those with a contract's name, or in the folder that has its path, and where a contract has
 * neither all of them.
 * @param changed relative to `root`
 * @returns undefined: none; an empty list: all
 * @throws SliceproofError CHECK_NOT_GENERATED: contracts changed, and what solc makes of them did not
 */
export function contractTestsOf(root: string, changed: readonly string[]): string[] | undefined {
  const contracts = changed.filter((file) => COMPILED.test(file));
  // Tests deploy what was generated.
  if (contracts.length > 0 && !changed.some((file) => file.startsWith(path.join('contracts', 'compiled')))) {
    throw new SliceproofError(
      'CHECK_NOT_GENERATED',
      'contracts changed, and contracts/compiled did not: tests would run them as they were',
      { hint: 'Run `npm run generate` first.' },
    );
  }
  const all = readdirSync(path.join(root, TESTS), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => path.join(TESTS, file));
  const own = changed.filter((file) => all.includes(file));
  if (contracts.length + own.length === 0) return undefined;
  const mirrored = contracts.map((file) => {
    const place = path.join('test', file);
    const named = place.replace(/\.sol$/, '.test.ts');
    if (all.includes(named)) return [named];
    const folder = path.dirname(place);
    return folder === TESTS ? [] : all.filter((test) => path.dirname(test) === folder);
  });
  return mirrored.some((tests) => tests.length === 0)
    ? []
    : [...new Set([...mirrored.flat(), ...own])].sort();
}
