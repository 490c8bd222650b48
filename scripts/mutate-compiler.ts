// Changes the compiler in small ways, one at a time, and sees whether tests notice, counts of rows aside:
//
//   node bin/with-node.js --dev scripts/mutate-compiler.ts --sample 500 --minutes 60
//   node bin/with-node.js --dev scripts/mutate-compiler.ts --match circuit/gadgets --survivors
//
// Works on a copy of the tree; nothing is compiled, Node takes the sources as they are. Outcomes are kept in
// .sliceproof/mutation-compiler.json, so that a run goes on where the last one ended; totals and survivors are written to
// snapshots/mutation-compiler.json. See docs/mutation.md.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from './mutation/compiler/build.ts';
import { Imports } from './mutation/compiler/imports.ts';
import { measureTests, Trials } from './mutation/compiler/processes.ts';
import { KnownMeasures } from './mutation/compiler/known-measures.ts';
import type { Mutant } from './mutation/compiler/mutants.ts';
import { KnownTests, testsAmong } from './mutation/compiler/tests-of.ts';
import { MutationRecord, SUMMARY, weighedShare, type Summary } from './mutation/record.ts';
import { count, drawnBy, mutationCommand, say } from './mutation/sample.ts';

/** A test that takes ten times as long as it should, and some seconds for code that isn't warm yet, comes to no end. */
const PATIENCE = 10;
const GRACE_SECONDS = 4;

const options = mutationCommand(
  'mutate-compiler',
  'Changes the compiler in small ways, one at a time, and sees whether tests notice.',
)
  .option(
    '--seconds <n>',
    'of the CPU, for the tests of a mutant: those that are likeliest to notice in a second',
    count,
    10_000,
  )
  .option(
    '--tests <pattern>',
    'of these test files alone, for survivors: what they do not notice stays as it was',
    '',
  )
  .option('--jobs <n>', 'processes at a time', count, 1)
  .option('--each <n>', 'of each source at most so many mutants, drawn by the seed', count, 100_000)
  .parse()
  .opts();

const root = path.dirname(import.meta.dirname);
const end = Date.now() + options.minutes * 60_000;
const record = new MutationRecord(root, 'mutation-compiler.json');
const snapshot = path.join(root, 'snapshots', 'mutation-compiler.json');
const built = build(root, new RegExp(options.match));
const files = testsAmong(globSync('test/**/*.test.ts', { cwd: root }).sort()).filter((file) =>
  new RegExp(options.tests).test(file),
);

const byRank = drawnBy(options.seed);
const ofEach = Map.groupBy([...built.mutants].sort(byRank), ({ file }) => file);
// One of each source by turns, so that a run that is ended early has tried them all.
const sampled = [...ofEach.values()]
  .flatMap((mutants) => mutants.slice(0, options.each).map((mutant, turn) => ({ mutant, turn })))
  .sort((a, b) => a.turn - b.turn || byRank(a.mutant, b.mutant))
  .map(({ mutant }) => mutant)
  .slice(0, options.sample);

/** What was committed, but of sources that have no change any more. */
function committed(): Summary {
  const none = { killed: 0, survived: 0, files: {}, survivors: [] };
  const earlier = existsSync(snapshot) ? SUMMARY.parse(JSON.parse(readFileSync(snapshot, 'utf8'))) : none;
  const pattern = new RegExp(options.match);
  const isGone = (file: string): boolean => pattern.test(file) && !ofEach.has(file);
  return {
    ...earlier,
    files: Object.fromEntries(Object.entries(earlier.files).filter(([file]) => !isGone(file))),
    survivors: earlier.survivors.filter(({ place }) => !isGone(place.split(':')[0])),
  };
}

record.recover(ofEach, committed());

function save(): Summary {
  const summary = record.summary(
    built.mutants.map(({ id }) => id),
    committed(),
  );
  writeFileSync(snapshot, `${JSON.stringify(summary, undefined, 2)}\n`);
  return summary;
}

const imports = new Imports(root);
const known = new KnownTests();
const measures = new KnownMeasures(root);

async function measure(file: string): Promise<void> {
  let measured = measures.get(file);
  if (measured === undefined) {
    const { leftOut, ...found } = await measureTests(built.folder, file);
    for (const title of leftOut) say(`left out, takes long with nothing changed: ${title}`);
    measures.set(file, (measured = found));
  }
  known.add(file, measured);
  const seconds = measured.tests.reduce((sum, { cpu }) => sum + cpu, measured.load.cpu) / 1000;
  say(`${seconds.toFixed(1)} s ${file}`);
  for (const { passes, title } of measured.tests)
    if (!passes) say(`left out, fails with nothing changed: ${title}`);
}

async function tryOn(trials: Trials, mutant: Mutant): Promise<void> {
  const { id, file, text, line, operator, from, to } = mutant;
  const tests = known.reaching(mutant, options.seconds);
  const first = await trials.firstToNotice(
    { file, text, reached: [...imports.dependentsOf(file, files)] },
    tests.map(({ file: of, title }) => ({ file: of, title })),
    (test) => GRACE_SECONDS + PATIENCE * (tests[test].load + tests[test].seconds),
  );
  const by = first === undefined ? undefined : tests[first];
  known.learn(mutant, tests, first);
  if (by === undefined) say(`survived ${tests.length} tests: ${file}:${line} ${operator}: ${from} → ${to}`);
  if (by === undefined && options.tests !== '') return;
  const told = { file, line, operator, from, to };
  record.set(
    id,
    by === undefined ? { ...told, outcome: 'survived' } : { ...told, outcome: 'killed', by: by.file },
  );
  save();
}

/** So many at a time, each its own way. */
async function inTurns<T>(
  items: readonly T[],
  work: (item: T, turns: Trials) => Promise<void>,
): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: options.jobs }, async () => {
      const trials = new Trials(built.folder);
      try {
        for (const item of left) {
          if (Date.now() > end) return;
          await work(item, trials);
        }
      } finally {
        trials.end();
      }
    }),
  );
}

try {
  await inTurns(files, measure);
  const wanted = sampled.filter(({ id }) => {
    // A part of the tests says of a survivor that it is none, and of what was never tried nothing.
    const isAgain = options.survivors === true || options.tests !== '';
    return record.get(id)?.outcome === (isAgain ? 'survived' : undefined);
  });
  say(`${built.mutants.length} mutants, ${sampled.length} in the sample, ${wanted.length} to try`);
  await inTurns(wanted, (mutant, trials) => tryOn(trials, mutant));
} finally {
  built.remove();
}
const summary = save();
const share = weighedShare(summary, new Map([...ofEach].map(([file, mutants]) => [file, mutants.length])));
say(`${summary.killed} of ${summary.killed + summary.survived} killed`);
say(`by how many changes each source has: ${(100 * share).toFixed(1)} %`);
