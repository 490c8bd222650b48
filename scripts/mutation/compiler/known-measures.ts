import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Imports } from './imports.ts';
import type { Measured } from './run.ts';

/** What was measured in another way isn't known. */
const HOW = 'nothing optimised';

type ByFile = Record<string, { readonly digest: string; readonly measured: Measured }>;

/** What test files reached and took, kept in .sliceproof for as long as neither they nor what they import change. */
export class KnownMeasures {
  readonly #root: string;
  readonly #file: string;
  readonly #measured: ByFile;
  readonly #imports: Imports;
  readonly #digests = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
    this.#file = path.join(root, '.sliceproof', 'mutation-compiler-tests.json');
    this.#measured = existsSync(this.#file) ? (JSON.parse(readFileSync(this.#file, 'utf8')) as ByFile) : {};
    this.#imports = new Imports(root);
  }

  get(file: string): Measured | undefined {
    const known = this.#measured[file];
    return known?.digest === this.#digest(file) ? known.measured : undefined;
  }

  set(file: string, measured: Measured): void {
    this.#measured[file] = { digest: this.#digest(file), measured };
    mkdirSync(path.dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, JSON.stringify(this.#measured));
  }

  /** Of a file and of all that it imports. */
  #digest(file: string): string {
    const hash = createHash('sha256').update(`${HOW}\n`);
    for (const one of [...this.#imports.reachedFrom(file)].sort())
      hash.update(`${one} ${this.#digestOf(one)}\n`);
    return hash.digest('hex');
  }

  #digestOf(file: string): string {
    const known = this.#digests.get(file);
    if (known !== undefined) return known;
    const digest = createHash('sha256')
      .update(readFileSync(path.join(this.#root, file)))
      .digest('hex');
    this.#digests.set(file, digest);
    return digest;
  }
}
