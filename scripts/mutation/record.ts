import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const OUTCOME = z.strictObject({
  file: z.string(),
  line: z.number(),
  operator: z.string(),
  from: z.string(),
  to: z.string(),
  outcome: z.enum(['killed', 'survived', 'invalid']),
  /** The test file that noticed. */
  by: z.string().optional(),
});
export type Tried = z.infer<typeof OUTCOME>;
const OUTCOMES = z.record(z.string(), OUTCOME);

/** What became of each mutant, by its id; kept between runs, and not committed. */
export class MutationRecord {
  readonly #file: string;
  readonly #outcomes: Record<string, Tried>;

  constructor(root: string) {
    this.#file = path.join(root, '.sliceproof', 'mutation.json');
    this.#outcomes = existsSync(this.#file)
      ? OUTCOMES.parse(JSON.parse(readFileSync(this.#file, 'utf8')))
      : {};
  }

  get(id: string): Tried | undefined {
    return this.#outcomes[id];
  }

  set(id: string, tried: Tried): void {
    this.#outcomes[id] = tried;
    mkdirSync(path.dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, JSON.stringify(this.#outcomes));
  }

  /** What is committed: totals of each file, and every survivor among these ids. */
  summary(ids: Iterable<string>): object {
    const tried = [...ids].flatMap((id) => this.#outcomes[id] ?? []);
    const files = [...new Set(tried.map(({ file }) => file))].sort();
    const count = (outcome: Tried['outcome'], file?: string): number =>
      tried.filter((one) => one.outcome === outcome && (file === undefined || one.file === file)).length;
    return {
      killed: count('killed'),
      survived: count('survived'),
      invalid: count('invalid'),
      files: Object.fromEntries(
        files.map((file) => [file, { killed: count('killed', file), survived: count('survived', file) }]),
      ),
      survivors: tried
        .filter(({ outcome }) => outcome === 'survived')
        .map(({ file, line, operator, from, to }) => ({ place: `${file}:${line}`, operator, from, to }))
        .sort((a, b) => (a.place < b.place ? -1 : 1)),
    };
  }
}
