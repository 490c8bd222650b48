// Changes the contracts in small ways, one at a time, and sees whether their tests notice:
//
//   node bin/with-node.js scripts/mutate-contracts.ts [--match PATTERN] [--sample N] [--seed TEXT] [--minutes M]
//
// Works on a copy of the tree and writes each outcome to snapshots/mutation.json, so it can be stopped at any time and
// goes on where it was: a mutant whose file has not changed since is not tried again. `--match` takes sources whose path fits
// the pattern, `--sample` so many mutants of all that there are, drawn by the seed. See docs/mutation.md.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { globSync } from 'node:fs';
import { z } from 'zod';
import { testsOf } from './mutation/tests-of.ts';
import { mutantsOf, mutate, type Mutant } from './mutation/mutators.ts';

const root = path.dirname(import.meta.dirname);
const record = path.join(root, 'snapshots', 'mutation.json');
const OUTCOMES = z.record(
  z.string(),
  z.strictObject({
    file: z.string(),
    line: z.number(),
    operator: z.string(),
    change: z.string(),
    outcome: z.enum(['killed', 'survived', 'invalid']),
  }),
);
type Outcomes = z.infer<typeof OUTCOMES>;

const { values } = parseArgs({
  options: {
    match: { type: 'string', default: '' },
    sample: { type: 'string', default: '100' },
    seed: { type: 'string', default: 'sliceproof' },
    minutes: { type: 'string', default: '600' },
  },
});
const deadline = Date.now() + Number(values.minutes) * 60_000;

const hash = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);

interface Trial {
  readonly id: string;
  readonly file: string;
  readonly mutant: Mutant;
}

const sources = globSync('contracts/**/*.sol', { cwd: root })
  .filter((file) => !/contracts\/(test|interfaces)\//.test(file) && new RegExp(values.match).test(file))
  .sort();
const trials = sources
  .flatMap((file): Trial[] => {
    const source = readFileSync(path.join(root, file), 'utf8');
    return mutantsOf(source).map((mutant) => ({
      id: hash(file, source, String(mutant.start), mutant.to),
      file,
      mutant,
    }));
  })
  .sort((a, b) => (hash(values.seed, a.id) < hash(values.seed, b.id) ? -1 : 1))
  .slice(0, Number(values.sample));

const copy = mkdtempSync(path.join(tmpdir(), 'sliceproof-mutation-'));
for (const name of ['contracts', 'test/contracts', 'protocol', 'slicer', 'scripts', 'artifacts', 'cache']) {
  cpSync(path.join(root, name), path.join(copy, name), { recursive: true });
}
for (const name of ['hardhat.config.ts', 'package.json', 'tsconfig.json', 'snapshots']) {
  cpSync(path.join(root, name), path.join(copy, name), { recursive: true });
}
symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));

function run(...args: readonly string[]): boolean {
  const env = { ...process.env, SLICEPROOF_FUZZ: '5' };
  return (
    spawnSync(process.execPath, args, { cwd: copy, stdio: 'ignore', env, timeout: 600_000 }).status === 0
  );
}

const hardhat = path.join('node_modules', 'hardhat', 'dist', 'src', 'cli.js');

function outcomeOf({ file, mutant }: Trial): Outcomes[string]['outcome'] {
  const source = readFileSync(path.join(root, file), 'utf8');
  writeFileSync(path.join(copy, file), mutate(source, mutant));
  try {
    if (!run(hardhat, 'compile', '--no-tests')) return 'invalid';
    // Bindings carry bytecode.
    if (!run(path.join('scripts', 'generate-bindings.ts'))) return 'invalid';
    return testsOf(file).every((tests) => run(hardhat, 'test', '--no-compile', ...tests))
      ? 'survived'
      : 'killed';
  } finally {
    writeFileSync(path.join(copy, file), source);
  }
}

const read = (): Outcomes =>
  existsSync(record) ? OUTCOMES.parse(JSON.parse(readFileSync(record, 'utf8'))) : {};

let tried = 0;
for (const trial of trials) {
  if (Date.now() > deadline) break;
  if (trial.id in read()) continue;
  const { file, mutant } = trial;
  const outcome = outcomeOf(trial);
  const before = readFileSync(path.join(root, file), 'utf8').slice(0, mutant.start);
  const entry = {
    file,
    line: before.split('\n').length,
    operator: mutant.operator,
    change: `${mutant.from.trim()} → ${mutant.to.trim() || '(nothing)'}`,
    outcome,
  };
  // Read again: another run may have written meanwhile.
  writeFileSync(record, `${JSON.stringify({ ...read(), [trial.id]: entry }, undefined, 2)}\n`);
  console.log(`${++tried} ${entry.outcome}: ${file}:${entry.line} ${entry.operator} ${entry.change}`);
}
rmSync(copy, { recursive: true, force: true });

const done = Object.values(read()).filter(({ outcome }) => outcome !== 'invalid');
const killed = done.filter(({ outcome }) => outcome === 'killed').length;
console.log(`${killed} of ${done.length} killed`);
