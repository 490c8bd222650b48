import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import Mocha from 'mocha';

const shim = pathToFileURL(path.resolve('scripts/mutation/compiler/vitest.ts')).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vitest' && context.parentURL !== shim
      ? { url: shim, shortCircuit: true }
      : next(specifier, context),
});

const literally = (title: string): string => title.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Test files of this folder, each loaded once. */
export class Suites {
  readonly #byFile = new Map<string, Mocha>();

  /** Loads a file; rejects where its suites can't even be made. */
  async load(file: string): Promise<Mocha> {
    const known = this.#byFile.get(file);
    if (known !== undefined) return known;
    // A reporter that says nothing: what failed is counted here.
    const made = new Mocha({ timeout: 0, reporter: class {} as never });
    made.cleanReferencesAfterRun(false);
    made.addFile(path.resolve(file));
    await made.loadFilesAsync();
    this.#byFile.set(file, made);
    return made;
  }

  /** Whether a test of a file passes. */
  async passes(file: string, title: string): Promise<boolean> {
    const suite = await this.load(file);
    suite.grep(new RegExp(`^${literally(title)}$`));
    return new Promise((resolve) => suite.run((failures) => resolve(failures === 0)));
  }
}

/** Full titles of a suite's tests, in their order. */
export function titlesOf({ tests, suites }: Mocha.Suite): readonly string[] {
  return [...tests.map((test) => test.fullTitle()), ...suites.flatMap(titlesOf)];
}
