// Generates what is derived from sources, if they changed: run by bin/with-node.js before every command.
//
// Each step names its sources; their hash is kept in a stamp beside the last result, so that a run with nothing to
// do costs a few milliseconds. Everything goes to standard error: standard output is the command's.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface Step {
  readonly name: string;
  /** Files and folders that the result depends on, relative to the project. */
  readonly sources: readonly string[];
  /** Files or folders that must be there when the step is done. */
  readonly results: readonly string[];
  /** Programs of the project's own tools or its scripts, run one after the other. */
  readonly commands: readonly (readonly [string, ...string[]])[];
}

const STEPS: readonly Step[] = [
  {
    name: 'contracts',
    sources: ['contracts', 'hardhat.config.ts', 'scripts/generate-bindings.ts'],
    results: ['artifacts/contracts', 'protocol/contracts/generated/index.ts'],
    commands: [
      ['node_modules/hardhat/dist/src/cli.js', 'compile', '--force', '--no-tests'],
      ['scripts/generate-bindings.ts'],
    ],
  },
  {
    name: 'database client',
    sources: ['indexer/prisma/schema.prisma', 'node_modules/prisma/package.json'],
    results: ['indexer/generated/prisma/client.ts', 'indexer/generated/pothos.ts'],
    commands: [
      ['node_modules/prisma/build/index.js', 'generate', '--schema', 'indexer/prisma/schema.prisma'],
    ],
  },
];

const root = path.dirname(import.meta.dirname);
const stamps = path.join(root, '.sliceproof', 'prepared');
const LOCK_STALE_MS = 5 * 60_000;

function filesUnder(source: string): string[] {
  const full = path.join(root, source);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [full];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

function hashOf(step: Step): string {
  const hash = createHash('sha256').update(JSON.stringify(step)).update(process.version);
  for (const file of step.sources.flatMap(filesUnder)) {
    hash.update(path.relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function isDone(step: Step, hash: string): boolean {
  const stamp = path.join(stamps, step.name);
  return (
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === hash &&
    step.results.every((result) => existsSync(path.join(root, result)))
  );
}

/** Runs `work` while no other process prepares; waits for one that does. */
function exclusively(work: () => void): void {
  const lock = path.join(root, '.sliceproof', 'prepare.lock');
  mkdirSync(path.dirname(lock), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > LOCK_STALE_MS) rmSync(lock, { recursive: true, force: true });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
  try {
    work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function run(step: Step, hash: string): void {
  process.stderr.write(`sliceproof: preparing ${step.name}\n`);
  for (const [script, ...args] of step.commands) {
    const done = spawnSync(process.execPath, [path.join(root, script), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      env: {
        ...process.env,
        // Prisma starts its generators by name.
        PATH: [
          path.dirname(process.execPath),
          path.join(root, 'node_modules', '.bin'),
          process.env.PATH,
        ].join(path.delimiter),
        // Prisma downloads an engine that generating doesn't need, unless it is told of a file that exists.
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        // Nor does it need to ask whether there is a newer Prisma.
        CHECKPOINT_DISABLE: '1',
      },
    });
    if (done.status !== 0) {
      process.stderr.write(
        `${done.stdout}${done.stderr}\nsliceproof: ${[script, ...args].join(' ')} failed\n`,
      );
      process.exitCode = 1;
      return;
    }
  }
  mkdirSync(stamps, { recursive: true });
  writeFileSync(path.join(stamps, step.name), hash);
}

if (STEPS.some((step) => !isDone(step, hashOf(step)))) {
  exclusively(() => {
    for (const step of STEPS) {
      const hash = hashOf(step);
      if (process.exitCode !== 1 && !isDone(step, hash)) run(step, hash);
    }
  });
}
