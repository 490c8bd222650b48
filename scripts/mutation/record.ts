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

const TOTALS = z.object({ killed: z.number(), survived: z.number() });

/** What of a record is committed, in snapshots/mutation.json. */
export const SUMMARY = TOTALS.extend({
  files: z.record(z.string(), TOTALS),
  survivors: z.array(z.object({ place: z.string(), operator: z.string(), from: z.string(), to: z.string() })),
});
export type Summary = z.infer<typeof SUMMARY>;

/** What became of each mutant, by its id; kept between runs, and not committed. */
export class MutationRecord {
  readonly #file: string;
  readonly #outcomes: Record<string, Tried>;

  /** @param name of the file that keeps it, in .sliceproof */
  constructor(root: string, name: string) {
    this.#file = path.join(root, '.sliceproof', name);
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

  /**
   * What is committed: totals of each file, and every survivor among these ids. Files of which this record knows nothing
   * (it isn't committed, and begins anew on another machine) keep what an earlier summary says.
   */
  summary(ids: Iterable<string>, earlier: Summary): Summary {
    const tried = [...ids].flatMap((id) => this.#outcomes[id] ?? []);
    const own = new Set(tried.map(({ file }) => file));
    const count = (outcome: Tried['outcome'], file: string): number =>
      tried.filter((one) => one.outcome === outcome && one.file === file).length;
    const files = Object.fromEntries(
      [...new Set([...own, ...Object.keys(earlier.files)])]
        .sort()
        .map((file) => [
          file,
          own.has(file)
            ? { killed: count('killed', file), survived: count('survived', file) }
            : earlier.files[file],
        ]),
    );
    const survivors = tried
      .filter(({ outcome }) => outcome === 'survived')
      .map(({ file, line, operator, from, to }) => ({ place: `${file}:${line}`, operator, from, to }));
    const kept = earlier.survivors.filter(({ place }) => !own.has(place.split(':')[0]));
    const sum = (of: 'killed' | 'survived'): number =>
      Object.values(files).reduce((total, file) => total + file[of], 0);
    return {
      killed: sum('killed'),
      survived: sum('survived'),
      files,
      survivors: [...survivors, ...kept].sort((a, b) => (a.place < b.place ? -1 : 1)),
    };
  }
}
