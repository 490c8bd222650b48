import type { Mutant } from './mutants.ts';
import type { Measured, Test } from './run.ts';
import type { Reached } from './coverage.ts';

/** Tests of what a circuit says and of the numbers that it is made from. */
const TESTS = /^test\/slicer\/(circuit|integer|reference|exact)\/.*\.test\.ts$/;

/**
 * Left out: counts, which say that something changed and not that something is wrong; real proofs and set-ups, which hold for
 * any rows; the edits of whole slices by thousands, which notice little that the others don't and take longest; random
 * programs in ONNX Runtime, which start a process each.
 */
const NOT_ASKED =
  /snapshot|normal-form|lookups\/(hiding|prove)|circuit\/mutation\.test|exact\/(three-semantics|kinds)|serialise/;
const COUNTS = /\b(costs?|saves|books|rows)\b/;

/** The test files that the compiler is held against. A mutant that none of them notices has survived. */
export function testsAmong(all: readonly string[]): readonly string[] {
  return all.filter((file) => TESTS.test(file) && !NOT_ASKED.test(file));
}

interface KnownTest extends Test {
  /** Of the CPU; the first test of a file that is asked loads it. */
  readonly seconds: number;
  readonly load: number;
  readonly reached: readonly Reached[];
  noticed: number;
}

/** What each test reaches, and takes, and how often it was the one that noticed. */
export class KnownTests {
  readonly #tests: KnownTest[] = [];

  add(file: string, { load, tests }: Measured): void {
    for (const { title, cpu, passes, reached } of tests) {
      if (!passes || COUNTS.test(title)) continue;
      const times = { seconds: cpu / 1000, load: load.cpu / 1000 };
      this.#tests.push({ file, title, ...times, reached: [load.reached, reached], noticed: 0 });
    }
  }

  /** Who reaches a change, so many seconds' worth: first who notices most in a second. */
  reaching({ file, start }: Mutant, seconds: number): readonly KnownTest[] {
    const reaches = ({ reached }: KnownTest): boolean =>
      reached.some((one) => one[file]?.some(([from, to]) => from <= start && start < to));
    const worth = ({ noticed, seconds }: KnownTest): number => (1 + noticed) / (0.05 + seconds);
    const loaded = new Set<string>();
    let left = seconds;
    return this.#tests
      .filter(reaches)
      .sort((a, b) => worth(b) - worth(a))
      .filter((test) => {
        const isAsked = left > 0;
        left -= test.seconds + (loaded.has(test.file) ? 0 : test.load);
        loaded.add(test.file);
        return isAsked;
      });
  }
}
