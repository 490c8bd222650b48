import { cpSync, globSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { mutantsOf, type Mutant } from './mutants.ts';

/** What of the tree is copied: the compiler, and all that its tests import. */
export const COPIED = [
  'slicer',
  'groth16',
  'protocol',
  'test',
  'scripts',
  'examples',
  'snapshots',
  'package.json',
  'tsconfig.json',
];

/** A copy of the tree, and the changes that can be made to it. */
export interface Build {
  readonly folder: string;
  readonly mutants: readonly Mutant[];
  remove(): void;
}

/** Compiler and intervals; but the cost model, which proves nothing, and the constants of Poseidon, which are generated. */
export function isTried(file: string): boolean {
  return (
    /^slicer\/(circuit|integer\/(interval|nodes))/.test(file) &&
    !/^slicer\/circuit\/(count\/|errors|poseidon\/(grain|parameters))/.test(file)
  );
}

export function build(root: string, pattern: RegExp): Build {
  const all = globSync('slicer/**/*.ts', { cwd: root }).sort();
  const files = all.filter((file) => isTried(file) && pattern.test(file));
  const config = ts.readConfigFile(path.join(root, 'tsconfig.json'), (name) => ts.sys.readFile(name));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const program = ts.createProgram(
    files.map((file) => path.join(root, file)),
    options,
  );
  const checker = program.getTypeChecker();
  const folder = mkdtempSync(path.join(tmpdir(), 'sliceproof-mutation-'));
  for (const name of COPIED) cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const mutants = files.flatMap((file) => {
    const source = program.getSourceFile(path.join(root, file));
    return source === undefined ? [] : mutantsOf(file, source, checker);
  });
  return {
    folder,
    mutants,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
