import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { COPIED } from './build.ts';
import type { Measured } from './run.ts';

type ByFile = Record<string, { readonly digest: string; readonly measured: Measured }>;

/** What test files reached and took, kept in .sliceproof for as long as neither they nor what they may import change. */
export class KnownMeasures {
  readonly #root: string;
  readonly #file: string;
  readonly #sources: string;
  readonly #measured: ByFile;

  constructor(root: string) {
    this.#root = root;
    this.#file = path.join(root, '.sliceproof', 'mutation-compiler-tests.json');
    this.#measured = existsSync(this.#file) ? (JSON.parse(readFileSync(this.#file, 'utf8')) as ByFile) : {};
    const folders = COPIED.filter((name) => !/^(examples|snapshots|scripts)$|\./.test(name)).join(',');
    const sources = globSync(`{${folders}}/**/*.ts`, { cwd: root }).filter(
      (name) => !name.endsWith('.test.ts'),
    );
    this.#sources = sources
      .sort()
      .map((name) => this.#digestOf(name))
      .join();
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

  #digest(file: string): string {
    return createHash('sha256')
      .update(`${this.#sources},${this.#digestOf(file)}`)
      .digest('hex');
  }

  #digestOf(name: string): string {
    return createHash('sha256')
      .update(readFileSync(path.join(this.#root, name)))
      .digest('hex');
  }
}
