import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Who imports whom among the sources below a folder, by what stands in their texts. Types count, too. */
export class Imports {
  readonly #root: string;
  readonly #of = new Map<string, readonly string[]>();

  constructor(root: string) {
    this.#root = root;
  }

  /** A file and all that it imports, directly or not. */
  reachedFrom(file: string): ReadonlySet<string> {
    const reached = new Set([file]);
    for (const one of reached) for (const imported of this.#importedBy(one)) reached.add(imported);
    return reached;
  }

  /** Of what these files import, a file and all that import it, directly or not. */
  dependentsOf(file: string, files: readonly string[]): ReadonlySet<string> {
    const importers = new Map<string, string[]>();
    for (const one of new Set(files.flatMap((from) => [...this.reachedFrom(from)]))) {
      for (const imported of this.#importedBy(one)) {
        const known = importers.get(imported);
        if (known === undefined) importers.set(imported, [one]);
        else known.push(one);
      }
    }
    const dependents = new Set([file]);
    for (const one of dependents) for (const importer of importers.get(one) ?? []) dependents.add(importer);
    return dependents;
  }

  #importedBy(file: string): readonly string[] {
    const known = this.#of.get(file);
    if (known !== undefined) return known;
    const imported = ts
      .preProcessFile(readFileSync(path.join(this.#root, file), 'utf8'))
      .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
      .map(({ fileName }) => path.posix.join(path.posix.dirname(file), fileName))
      .filter((name) => existsSync(path.join(this.#root, name)));
    this.#of.set(file, imported);
    return imported;
  }
}
