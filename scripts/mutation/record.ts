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

type Change = Pick<Tried, 'file' | 'line' | 'operator' | 'from' | 'to'> & { readonly id: string };

function nameOf({ place, operator, from, to }: Summary['survivors'][number]): string {
  return [place, operator, from, to].join('\0');
}

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

  /**
   * Takes from a summary what became of sources that this record knows nothing of, since it isn't committed: of each the first
   * so many changes that the seed draws were tried, and all but the survivors were killed. Where a survivor isn't among them the
   * source has changed, and nothing is known of it.
   * @param drawn by source, its changes as the seed draws them
   */
  recover(drawn: ReadonlyMap<string, readonly Change[]>, { files, survivors }: Summary): void {
    const own = new Set(Object.values(this.#outcomes).map(({ file }) => file));
    for (const [file, changes] of drawn) {
      if (own.has(file) || !(file in files)) continue;
      const left = survivors.filter(({ place }) => place.startsWith(`${file}:`)).map(nameOf);
      const tried = changes.slice(0, files[file].killed + files[file].survived).map((change) => {
        const { line, operator, from, to } = change;
        const at = left.indexOf(nameOf({ place: `${file}:${line}`, operator, from, to }));
        if (at >= 0) left.splice(at, 1);
        const outcome = at >= 0 ? ('survived' as const) : ('killed' as const);
        return [change.id, { file, line, operator, from, to, outcome }] as const;
      });
      if (left.length === 0) Object.assign(this.#outcomes, Object.fromEntries(tried));
    }
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

/**
 * What share of all changes would be killed if each source's others were like those that were tried: a sample of so many
 * from each source says more of small sources than of large ones.
 * @param sizes how many changes each source has
 * @returns 0 … 1; sources of which none was tried are left out
 */
export function weighedShare({ files }: Pick<Summary, 'files'>, sizes: ReadonlyMap<string, number>): number {
  let [killed, all] = [0, 0];
  for (const [file, totals] of Object.entries(files)) {
    const tried = totals.killed + totals.survived;
    const size = sizes.get(file) ?? 0;
    if (tried === 0) continue;
    killed += (size * totals.killed) / tried;
    all += size;
  }
  return all === 0 ? 0 : killed / all;
}
