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
  /snapshot|normal-form|lookups\/(hiding|prove)|circuit\/mutation\.test|exact\/(three-semantics|kinds)/;
const COUNTS =
  /\b(costs?|saves|books)\b|rows (that are counted|an activation|and has as many)|fewest rows|multiply-adds/;

/** The test files that the compiler is held against. A mutant that none of them notices has survived. */
export function testsAmong(all: readonly string[]): readonly string[] {
  return all.filter((file) => TESTS.test(file) && !NOT_ASKED.test(file));
}

/** What a test came to where it was asked. */
interface Tally {
  readonly asked: number;
  readonly noticed: number;
}

interface KnownTest extends Test {
  /** Of the CPU; the first test of a file that is asked loads it. */
  readonly seconds: number;
  readonly load: number;
  readonly reached: readonly Reached[];
  /** How likely it is to notice a change that it reaches, before it was asked about any. */
  readonly prior: number;
  /** About the changes of each source. */
  readonly bySource: Map<string, Tally>;
}

/** A test that makes circuits of whole programs holds a change against all that is said of circuits. */
const WHOLE = 'slicer/circuit/compile.ts';
const PRIOR_OF_WHOLE = 0.4;
const PRIOR_OF_PART = 0.15;

/** As many answers as what is believed of a test is worth, before there are any of its own. */
const BELIEF = 2;

/** What the tests of a file share: where one didn't notice, another is the less likely to. */
const NEXT_OF_FILE = 0.8;

/** A test takes some time to be begun. */
const BEGIN_SECONDS = 0.02;

/** What each test reaches, and takes, and how often it noticed when it was asked. */
export class KnownTests {
  readonly #tests: KnownTest[] = [];

  add(file: string, { load, tests }: Measured): void {
    for (const { title, cpu, passes, reached } of tests) {
      if (!passes || COUNTS.test(title)) continue;
      const times = { seconds: cpu / 1000, load: load.cpu / 1000 };
      const prior = WHOLE in reached ? PRIOR_OF_WHOLE : PRIOR_OF_PART;
      this.#tests.push({
        file,
        title,
        ...times,
        prior,
        reached: [load.reached, reached],
        bySource: new Map(),
      });
    }
  }

  /** Who reaches a change, so many seconds' worth: in turn who is likeliest to notice in a second. */
  reaching({ file, start }: Pick<Mutant, 'file' | 'start'>, seconds: number): readonly KnownTest[] {
    const left = new Set(
      this.#tests.filter(({ reached }) =>
        reached.some((one) => one[file]?.some(([from, to]) => from <= start && start < to)),
      ),
    );
    const chances = new Map([...left].map((test) => [test, chanceOf(test, file)]));
    const order: KnownTest[] = [];
    const loaded = new Map<string, number>();
    const secondsOf = (test: KnownTest): number =>
      BEGIN_SECONDS + test.seconds + (loaded.has(test.file) ? 0 : test.load);
    const worth = (test: KnownTest): number =>
      (chances.get(test)! * NEXT_OF_FILE ** (loaded.get(test.file) ?? 0)) / secondsOf(test);
    for (let spent = 0; left.size > 0 && spent < seconds;) {
      const next = [...left].reduce((best, test) => (worth(test) > worth(best) ? test : best));
      left.delete(next);
      order.push(next);
      spent += secondsOf(next);
      loaded.set(next.file, (loaded.get(next.file) ?? 0) + 1);
    }
    return order;
  }

  /** What came of a change: which of the tests noticed that were asked in turn, if one did. */
  learn({ file }: Pick<Mutant, 'file'>, asked: readonly KnownTest[], first: number | undefined): void {
    for (const [i, { bySource }] of asked.slice(0, (first ?? asked.length) + 1).entries()) {
      const before = bySource.get(file) ?? { asked: 0, noticed: 0 };
      bySource.set(file, { asked: before.asked + 1, noticed: before.noticed + Number(i === first) });
    }
  }
}

/** What a test came to on a source weighs more than what it came to elsewhere, and that more than what was believed. */
function chanceOf({ prior, bySource }: KnownTest, source: string): number {
  const all = [...bySource.values()];
  const sum = (of: keyof Tally): number => all.reduce((total, one) => total + one[of], 0);
  const anywhere = (sum('noticed') + BELIEF * prior) / (sum('asked') + BELIEF);
  const own = bySource.get(source) ?? { asked: 0, noticed: 0 };
  return (own.noticed + BELIEF * anywhere) / (own.asked + BELIEF);
}
