import { generates } from './stack.ts';
import { isTried, makeSchemata, type Project, type Schemata } from './schemata.ts';
import { SliceproofError } from '../../protocol/errors.ts';

/** What is compiled together: small builds keep the tests of other parts fast. */
const GROUPS = [/contracts\/(market|types)\/|SliceMarket/, /./];

/** The files of each build. */
export function groupsOf({ sources }: Project, pattern: RegExp): string[][] {
  const tried = [...sources.keys()].filter((file) => isTried(file));
  return GROUPS.map((_, i) =>
    tried.filter((file) => pattern.test(file) && GROUPS.findIndex((other) => other.test(file)) === i),
  ).filter((files) => files.length > 0);
}

/**
 * Schemata whose code can be generated. Where a file has too many switches for a function's stack, every other one of
 * its own is left for a later build.
 * @returns the schemata, and the ids of what is left
 */
export function fitStack(
  root: string,
  project: Project,
  files: readonly string[],
  leftOut: ReadonlySet<string>,
): { schemata: Schemata; later: ReadonlySet<string> } {
  const later = new Set<string>();
  let schemata = makeSchemata(root, project, files, leftOut);
  const deployed = files.filter((file) => /^(contract|library) /m.test(project.sources.get(file) ?? ''));
  for (const file of deployed) {
    while (!generates(root, schemata.sources, file)) {
      const own = schemata.mutants.filter((mutant) => mutant.file === file);
      if (own.length === 0)
        throw new SliceproofError('MUTATION_FAILED', `${file} has no code even without mutants`);
      own.filter((_, i) => i % 2 === 0).forEach(({ id }) => later.add(id));
      schemata = makeSchemata(root, project, files, new Set([...schemata.invalid, ...later]));
    }
  }
  return { schemata, later };
}
