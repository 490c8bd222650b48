// npm run check: what is worth knowing before a commit, in a minute or so. All of it, and more, is in `npm test` and `npm run lint`.
//
//   npm run check                   what isn't committed yet
//   npm run check -- --since REV    what differs from REV
import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Command } from '@commander-js/extra-typings';
import PQueue from 'p-queue';
import { describeError, exitCodeOf } from '../protocol/terminal/fail.ts';
import { changedFiles } from './check/changed-files.ts';
import { contractTestsOf } from './check/contract-tests.ts';
import { unitTestsOf } from './check/unit-tests.ts';
import { DIRECTIONS } from './lint-directions.ts';
import { processOf, type Step } from './run-steps.ts';

const root = path.dirname(import.meta.dirname);
const CACHE = path.join('.sliceproof', 'check');

const { since } = new Command('npm run check --')
  .description('Types, style and the unit tests of what changed; the contracts only if they did.')
  .option('--since <commit>', 'compare with this commit', 'HEAD')
  .parse()
  .opts();

function stepsFor(changed: readonly string[]): Step[] {
  const code = changed.filter((file) => /\.(ts|js|cjs)$/.test(file) && !file.includes('/generated/'));
  const solidity = changed.filter((file) => file.endsWith('.sol'));
  const contractTests = contractTestsOf(root, changed);
  const tests = unitTestsOf(root, changed);
  return [
    {
      name: 'types',
      command: ['tsc', '--noEmit', '-p', '.', '--incremental', '--tsBuildInfoFile', `${CACHE}/types.json`],
    },
    ...(code.length > 0 ? [{ name: 'style', command: ['eslint', ...code] } as const] : []),
    ...(tests.length > 0 ? [{ name: 'tests', command: ['vitest', 'run', ...tests] } as const] : []),
    ...(changed.length > 0
      ? [
          {
            name: 'format',
            command: ['prettier', '--check', '--log-level', 'warn', '--ignore-unknown', ...changed],
          } as const,
        ]
      : []),
    DIRECTIONS,
    ...(solidity.length > 0 ? [{ name: 'Solidity', command: ['solhint', ...solidity] } as const] : []),
    ...(contractTests !== undefined
      ? [{ name: 'contracts', command: ['hardhat', 'test', 'mocha', ...contractTests] } as const]
      : []),
  ];
}

/** Two at a time; what a step prints is shown whole when it ends, and only if it failed. */
async function run({ name, command }: Step): Promise<boolean> {
  const started = performance.now();
  const { program, args, env } = processOf(command);
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  process.stdout.write(`${code === 0 ? 'ok' : 'FAILED'}  ${name} (${seconds} s)\n`);
  if (code !== 0) process.stdout.write(`${output}${errors}\n`);
  return code === 0;
}

try {
  const changed = changedFiles(root, since);
  process.stdout.write(`${changed.length} files differ from ${since}\n`);
  const queue = new PQueue({ concurrency: 2 });
  const passed = await Promise.all(stepsFor(changed).map((step) => queue.add(() => run(step))));
  if (!passed.every(Boolean)) process.exitCode = 1;
} catch (error) {
  process.stderr.write(describeError(error));
  process.exitCode = exitCodeOf(error);
}
