// Changes the contracts in small ways, one at a time, and sees whether their tests notice:
//
//   node bin/with-node.js --dev scripts/mutate-contracts.ts --sample 500 --jobs 2 --minutes 60
//   node bin/with-node.js --dev scripts/mutate-contracts.ts --match market/Endings --survivors
//
// Works on copies of the tree. All changes of a build are compiled together and switched on one by one. Outcomes are kept
// in .sliceproof/mutation.json, so that a run goes on where the last one ended; totals and survivors are written to
// snapshots/mutation.json. See docs/mutation.md.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SliceproofError } from '../protocol/errors.ts';
import { build, type Build } from './mutation/build.ts';
import type { Mutant } from './mutation/mutant.ts';
import { fitStack, groupsOf } from './mutation/plan.ts';
import { MutationRecord, SUMMARY, type Tried } from './mutation/record.ts';
import { count, drawnBy, mutationCommand, say } from './mutation/sample.ts';
import { readProject } from './mutation/schemata.ts';
import { testsOf } from './mutation/tests-of.ts';
import { Worker } from './mutation/workers.ts';

const SECONDS_A_MUTANT = 180;
const SECONDS_WITHOUT = 600;

const options = mutationCommand(
  'mutate-contracts',
  'Changes the contracts in small ways, one at a time, and sees whether their tests notice.',
)
  .option('--jobs <n>', 'processes that run tests', count, 1)
  .parse()
  .opts();

const root = path.dirname(import.meta.dirname);
const end = Date.now() + options.minutes * 60_000;
const project = readProject(root);
const record = new MutationRecord(root, 'mutation.json');
const allTests = globSync('test/contracts/**/*.test.ts', { cwd: root }).sort();

const untried = ({ id }: Mutant): number => (record.get(id) === undefined ? 1 : 0);
const byRank = drawnBy(options.seed);

/** How often each test file was the one that noticed, for a source: it is asked first the next time. */
const noticed = new Map<string, Map<string, number>>();

function inOrder(source: string, files: readonly string[]): string[] {
  const times = noticed.get(source);
  const of = (file: string): number => times?.get(file) ?? 0;
  return [...files].sort((a, b) => of(b) - of(a));
}

async function tryMutant(worker: Worker, mutant: Mutant, except: readonly string[]): Promise<void> {
  const { number, id, file, line, operator, from, to } = mutant;
  const files = inOrder(file, testsOf(file, allTests));
  const failed = await worker.run({ mutant: number, files, except }, SECONDS_A_MUTANT);
  // Tests that come to no end have noticed.
  const by = failed === undefined ? 'time' : Object.keys(failed)[0];
  if (by !== undefined && failed) {
    const times = noticed.get(file) ?? new Map<string, number>();
    noticed.set(file, times.set(by, (times.get(by) ?? 0) + 1));
  }
  const outcome: Tried['outcome'] = by === undefined ? 'survived' : 'killed';
  record.set(id, { file, line, operator, from, to, outcome, ...(by === undefined ? {} : { by }) });
  if (outcome === 'survived' || process.stdout.isTTY) {
    say(`${outcome}: ${file}:${line} ${operator}: ${from} → ${to}`);
  }
}

async function tryBuild({ folder }: Build, wanted: readonly Mutant[]): Promise<void> {
  const queue = [...wanted];
  const workers = Array.from({ length: options.jobs }, () => new Worker(folder));
  const files = [...new Set(wanted.flatMap(({ file }) => testsOf(file, allTests)))];
  const before = await workers[0].run({ mutant: 0, files, except: [] }, SECONDS_WITHOUT);
  if (before === undefined)
    throw new SliceproofError(
      'MUTATION_FAILED',
      `the tests come to no end even with no mutant on: ${workers[0].words}`,
    );
  const except = Object.values(before).flat();
  say(`${wanted.length} mutants to try; ${except.length} tests fail with none on and are left out`);
  for (const title of except) say(`  left out: ${title}`);
  await Promise.all(
    workers.map(async (worker) => {
      for (let next = queue.shift(); next && Date.now() < end; next = queue.shift()) {
        await tryMutant(worker, next, except);
      }
      worker.stop();
    }),
  );
}

const every: Mutant[] = [];
const plans = groupsOf(project, new RegExp(options.match)).map((files) => {
  const plan = fitStack(root, project, files, new Set());
  every.push(...plan.schemata.mutants);
  return { files, ...plan };
});
const known = new Set(every.map(({ id }) => id));
const sampled = new Set(
  [...every]
    .sort(byRank)
    .slice(0, options.sample)
    .map(({ id }) => id),
);
say(`${every.length} mutants, ${sampled.size} of them in the sample`);

for (const { schemata } of plans) {
  const wanted = schemata.mutants
    .filter(({ id }) => sampled.has(id))
    .filter(({ id }) => {
      const before = record.get(id)?.outcome;
      return before === undefined || (options.survivors === true && before === 'survived');
    })
    .sort((a, b) => untried(a) - untried(b) || byRank(a, b));
  if (wanted.length === 0 || Date.now() > end) continue;
  const made = await build(root, schemata);
  try {
    await tryBuild(made, wanted);
  } finally {
    made.remove();
  }
}

const snapshot = path.join(root, 'snapshots', 'mutation.json');
const summary = record.summary(known, SUMMARY.parse(JSON.parse(readFileSync(snapshot, 'utf8'))));
writeFileSync(snapshot, `${JSON.stringify(summary, undefined, 2)}\n`);
const { killed, survived } = summary;
say(`${killed} of ${killed + survived} killed`);
