import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import Mocha from 'mocha';

const here = pathToFileURL(path.resolve('.')).href;
const shim = pathToFileURL(path.resolve('scripts/mutation/compiler/vitest.ts')).href;

/** A source that is another one, and the modules that it reaches: itself and all that import it. */
export interface SourceChange {
  readonly file: string;
  readonly text: string;
  readonly reached: readonly string[];
}

/** How often sources changed: a module that a change reaches is another one each time. */
let generation = 0;
let change: SourceChange | undefined;
let reached: ReadonlySet<string> = new Set();
const GENERATION = /\?generation=\d+$/;

const stripped = new Map<string, string>();

/** What Node makes of a source, made once. */
function sourceOf(file: string): string {
  if (change?.file === file) return stripTypeScriptTypes(change.text);
  const known = stripped.get(file) ?? stripTypeScriptTypes(readFileSync(file, 'utf8'));
  stripped.set(file, known);
  return known;
}

const fileOf = (url: string): string => path.relative('.', fileURLToPath(url));

registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier === 'vitest' && context.parentURL !== shim) return { url: shim, shortCircuit: true };
    const resolved = next(specifier, context);
    const isOurs = resolved.url.startsWith(here);
    return isOurs && reached.has(fileOf(resolved.url))
      ? { ...resolved, url: `${resolved.url.split('?')[0]}?generation=${generation}` }
      : resolved;
  },
  load: (url, context, next) =>
    GENERATION.test(url)
      ? { format: 'module', source: sourceOf(fileOf(url)), shortCircuit: true }
      : next(url, context),
});

const literally = (title: string): string => title.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Test files of this folder, each loaded once. */
export class Suites {
  readonly #byFile = new Map<string, Mocha>();

  /** @param made what isn't as it stands; modules that it reaches are loaded anew */
  constructor(made?: SourceChange) {
    generation++;
    change = made;
    reached = new Set(made?.reached);
  }

  /** Loads a file; rejects where its suites can't even be made. */
  async load(file: string): Promise<Mocha> {
    const known = this.#byFile.get(file);
    if (known !== undefined) return known;
    // A reporter that says nothing: what failed is counted here.
    const made = new Mocha({ timeout: 0, reporter: class {} as never });
    made.cleanReferencesAfterRun(false);
    made.suite.emit(Mocha.Suite.constants.EVENT_FILE_PRE_REQUIRE, globalThis, file, made);
    await import(`${pathToFileURL(path.resolve(file)).href}?suites=${generation}`);
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
