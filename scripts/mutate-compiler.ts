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
import { runTests } from './mutation/compiler/processes.ts';
import { testsAmong } from './mutation/compiler/tests-of.ts';
import { SliceproofError } from '../protocol/errors.ts';
import { MutationRecord, SUMMARY } from './mutation/record.ts';
import { drawnBy, mutationCommand, say } from './mutation/sample.ts';

const SECONDS_A_MUTANT = 400;
const SECONDS_WITHOUT = 1200;

const options = mutationCommand(
  'mutate-compiler',
  'Changes the compiler in small ways, one at a time, and sees whether tests notice.',
)
  .parse()
  .opts();

const root = path.dirname(import.meta.dirname);
const end = Date.now() + options.minutes * 60_000;
const record = new MutationRecord(root, 'mutation-compiler.json');
const snapshot = path.join(root, 'snapshots', 'mutation-compiler.json');
const made = build(root, new RegExp(options.match));
const files = testsAmong(globSync('test/**/*.test.ts', { cwd: root }).sort());

const byRank = drawnBy(options.seed);
const sampled = [...made.mutants].sort(byRank).slice(0, options.sample);

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

/** Seconds of each test file, and how often it was the one that noticed: asked first is who notices most in a second. */
const seconds = new Map<string, number>();
const noticed = new Map<string, number>();
const worth = (file: string): number => (1 + (noticed.get(file) ?? 0)) / (0.5 + (seconds.get(file) ?? 0));

try {
  const except: string[] = [];
  for (const file of files) {
    const task = { files: [file], except: [], stopsAtFirst: false };
    const outcome = await runTests(made.folder, task, SECONDS_WITHOUT);
    if (outcome === undefined)
      throw new SliceproofError('MUTATION_FAILED', `${file} comes to no end even with nothing changed`);
    const { failed, cpu } = outcome[file];
    except.push(...failed);
    seconds.set(file, cpu / 1000);
    say(`${(cpu / 1000).toFixed(1)} s ${file}`);
  }
  for (const title of except) say(`left out, fails with nothing changed: ${title}`);
  const wanted = sampled.filter(({ id }) => {
    const before = record.get(id)?.outcome;
    return before === undefined || (options.survivors === true && before === 'survived');
  });
  say(`${made.mutants.length} mutants, ${sampled.length} in the sample, ${wanted.length} to try`);
  for (const mutant of wanted) {
    if (Date.now() > end) break;
    const { id, file, line, operator, from, to } = mutant;
    made.apply(mutant);
    const ordered = [...files].sort((a, b) => worth(b) - worth(a));
    const came = await runTests(
      made.folder,
      { files: ordered, except, stopsAtFirst: true },
      SECONDS_A_MUTANT,
    );
    // Tests that come to no end have noticed.
    const by =
      came === undefined ? 'time' : Object.entries(came).find(([, { failed }]) => failed.length > 0)?.[0];
    if (by !== undefined) noticed.set(by, (noticed.get(by) ?? 0) + 1);
    const outcomeOf = by === undefined ? 'survived' : 'killed';
    record.set(id, {
      file,
      line,
      operator,
      from,
      to,
      outcome: outcomeOf,
      ...(by === undefined ? {} : { by }),
    });
    if (by === undefined) say(`survived: ${file}:${line} ${operator}: ${from} → ${to}`);
    save();
  }
} finally {
  made.remove();
}
const { killed, survived } = save();
say(`${killed} of ${killed + survived} killed`);
