import ts from 'typescript';
import { SliceproofError } from '../../protocol/errors.ts';

/** What this build reads of the project's own package.json. */
export interface Project {
  readonly version: string;
  readonly license: string;
  readonly description: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Only a process of its own loads it, and says what to do where it isn't there: whoever runs no model needs none. */
const PEER = 'onnxruntime-node';

/** Newer ones want a newer Node than the library; npm takes the newest that the Node at hand may run. */
const OLDER_TOO: Readonly<Record<string, string>> = { 'p-queue': '^9.3.5', 'p-retry': '^7.1.1' };

/** Names of packages that emitted modules or their types import. */
export function packagesOf(texts: Iterable<string>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const text of texts) {
    for (const { fileName } of ts.preProcessFile(text, true).importedFiles) {
      if (/^(\.|node:)/.test(fileName)) continue;
      names.add(
        fileName
          .split('/')
          .slice(0, fileName.startsWith('@') ? 2 : 1)
          .join('/'),
      );
    }
  }
  return names;
}

/**
 * `dependencies` and `peerDependencies` of a package that imports these.
 * @param how `range`: a library shares what its user has; `exact`: a program runs with what it was tested with
 * @throws SliceproofError BUILD_DEPENDENCY
 */
export function needs(project: Project, names: ReadonlySet<string>, how: 'range' | 'exact') {
  const dependencies = Object.fromEntries(
    [...names]
      .filter((name) => name !== PEER && name !== 'sliceproof')
      .sort()
      .map((name) => [name, versionOf(project, name, how)]),
  );
  return {
    dependencies,
    peerDependencies: { [PEER]: versionOf(project, PEER, 'exact') },
    peerDependenciesMeta: { [PEER]: { optional: true } },
  };
}

function versionOf({ dependencies }: Project, name: string, how: 'range' | 'exact'): string {
  const version = dependencies[name];
  if (version === undefined) {
    throw new SliceproofError(
      'BUILD_DEPENDENCY',
      `what is published imports ${name}, which is no dependency`,
    );
  }
  if (how === 'exact') return version;
  const range = version.startsWith('^') ? version : `^${version}`;
  return name in OLDER_TOO ? `${OLDER_TOO[name]} || ${range}` : range;
}
