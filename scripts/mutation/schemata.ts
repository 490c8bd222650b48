import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { instrument, marksAround, withoutPure } from './instrument.ts';
import { ASK_FILE, ASK_SOURCE, type Mutant } from './mutant.ts';
import { analyse, type Node } from './syntax-tree.ts';
import { SliceproofError } from '../../protocol/errors.ts';

/** Sources of a build, and the mutants that they carry. */
export interface Schemata {
  readonly sources: ReadonlyMap<string, string>;
  readonly mutants: readonly Mutant[];
  /** Ids of changes that don't compile. */
  readonly invalid: ReadonlySet<string>;
}

/** Everything that is compiled, and what the compiler makes of it. */
export interface Project {
  readonly sources: ReadonlyMap<string, string>;
  readonly trees: ReadonlyMap<string, Node>;
}

/** What is changed: all contracts but interfaces and what only tests use. */
export function isTried(file: string): boolean {
  return !/^contracts\/(test|interfaces)\//.test(file);
}

/** @throws SliceproofError MUTATION_FAILED if the sources don't compile as they are */
export function readProject(root: string): Project {
  const files = globSync('contracts/**/*.sol', { cwd: root }).sort();
  const sources = new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
  const { trees, complaints } = analyse(root, sources);
  if (complaints.length > 0)
    throw new SliceproofError('MUTATION_FAILED', `the contracts don't compile: ${complaints[0].message}`);
  return { sources, trees };
}

/** The sources with the changes of some files under switches, without those that the compiler refuses. */
export function makeSchemata(
  root: string,
  { sources, trees }: Project,
  changed: readonly string[],
  leftOut: ReadonlySet<string>,
): Schemata {
  const invalid = new Set(leftOut);
  for (;;) {
    const mutants: Mutant[] = [];
    const texts = new Map([[ASK_FILE, ASK_SOURCE]]);
    for (const [file, source] of sources) {
      const made = changed.includes(file)
        ? instrument(file, source, trees.get(file) as Node, mutants.length + 1, invalid)
        : { text: source, mutants: [] };
      mutants.push(...made.mutants);
      texts.set(file, withoutPure(made.text));
    }
    const { complaints } = analyse(root, texts);
    if (complaints.length === 0) return { sources: texts, mutants, invalid };
    const before = invalid.size;
    for (const { file, start, end } of complaints) {
      for (const number of marksAround(texts.get(file) ?? '', start, end))
        invalid.add(mutants[number - 1].id);
    }
    if (invalid.size === before)
      throw new SliceproofError('MUTATION_FAILED', `no mutant is to blame: ${complaints[0].message}`);
  }
}
