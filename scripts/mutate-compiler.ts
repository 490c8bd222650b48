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
import { firstToNotice, measureTests } from './mutation/compiler/processes.ts';
import { KnownMeasures } from './mutation/compiler/known-measures.ts';
import { KnownTests, testsAmong } from './mutation/compiler/tests-of.ts';
import { SliceproofError } from '../protocol/errors.ts';
import { MutationRecord, SUMMARY } from './mutation/record.ts';
import { count, drawnBy, mutationCommand, say } from './mutation/sample.ts';

/** A test that takes ten times as long as it should, on a machine that does other things too, comes to no end. */
const PATIENCE = 10;

const options = mutationCommand(
  'mutate-compiler',
  'Changes the compiler in small ways, one at a time, and sees whether tests notice.',
)
  .option(
    '--seconds <n>',
    'of the CPU, for the tests of a mutant: those that notice most in a second',
    count,
    10_000,
  )
  .option('--each <n>', 'of each source at most so many mutants, drawn by the seed', count, 100_000)
  .parse()
  .opts();

const root = path.dirname(import.meta.dirname);
const end = Date.now() + options.minutes * 60_000;
const record = new MutationRecord(root, 'mutation-compiler.json');
const snapshot = path.join(root, 'snapshots', 'mutation-compiler.json');
const made = build(root, new RegExp(options.match));
const files = testsAmong(globSync('test/**/*.test.ts', { cwd: root }).sort());

const byRank = drawnBy(options.seed);
const ofEach = Map.groupBy([...made.mutants].sort(byRank), ({ file }) => file);
// One of each source by turns, so that a run that is ended early has tried them all.
const sampled = [...ofEach.values()]
  .flatMap((mutants) => mutants.slice(0, options.each).map((mutant, turn) => ({ mutant, turn })))
  .sort((a, b) => a.turn - b.turn || byRank(a.mutant, b.mutant))
  .map(({ mutant }) => mutant)
  .slice(0, options.sample);

function save(): { readonly killed: number; readonly survived: number } {
  const none = { killed: 0, survived: 0, files: {}, survivors: [] };
  const earlier = existsSync(snapshot) ? SUMMARY.parse(JSON.parse(readFileSync(snapshot, 'utf8'))) : none;
  const summary = record.summary(
    made.mutants.map(({ id }) => id),
    earlier,
  );
  writeFileSync(snapshot, `${JSON.stringify(summary, undefined, 2)}\n`);
  return summary;
}

try {
  const known = new KnownTests();
  const measures = new KnownMeasures(root);
  for (const file of files) {
    const measured = measures.get(file) ?? (await measureTests(made.folder, file));
    if (measured === undefined)
      throw new SliceproofError('MUTATION_FAILED', `${file} ends its process even with nothing changed`);
    measures.set(file, measured);
    known.add(file, measured);
    const seconds = measured.tests.reduce((sum, { cpu }) => sum + cpu, measured.load.cpu) / 1000;
    say(`${seconds.toFixed(1)} s ${file}`);
    for (const { passes, title } of measured.tests)
      if (!passes) say(`left out, fails with nothing changed: ${title}`);
  }
  const wanted = sampled.filter(({ id }) => {
    const before = record.get(id)?.outcome;
    return before === undefined || (options.survivors === true && before === 'survived');
  });
  say(`${made.mutants.length} mutants, ${sampled.length} in the sample, ${wanted.length} to try`);
  for (const mutant of wanted) {
    if (Date.now() > end) break;
    const { id, file, line, operator, from, to } = mutant;
    made.apply(mutant);
    const tests = known.reaching(mutant, options.seconds);
    const first = await firstToNotice(
      made.folder,
      tests.map(({ file: of, title }) => ({ file: of, title })),
      (test) => 10 + PATIENCE * (tests[test].load + tests[test].seconds),
    );
    const by = first === undefined ? undefined : tests[first];
    if (by !== undefined) by.noticed++;
    const told = { file, line, operator, from, to };
    record.set(
      id,
      by === undefined ? { ...told, outcome: 'survived' } : { ...told, outcome: 'killed', by: by.file },
    );
    if (by === undefined) say(`survived ${tests.length} tests: ${file}:${line} ${operator}: ${from} → ${to}`);
    save();
  }
} finally {
  made.remove();
}
const { killed, survived } = save();
say(`${killed} of ${killed + survived} killed`);
