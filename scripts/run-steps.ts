import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { homeInClone } from './child-environment.ts';

const root = path.dirname(import.meta.dirname);

/** A command of the project's own tools: `[package binary, …arguments]`, or `['node', script, …arguments]`. */
export interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

/** What a step's process is started with, in the clone. */
export function processOf([binary, ...args]: Step['command']): {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
} {
  return {
    program: binary === 'node' ? process.execPath : path.join(root, 'node_modules', '.bin', binary),
    args,
    env: {
      ...process.env,
      ...homeInClone(root),
      PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ''}`,
      NODE_OPTIONS: '--unhandled-rejections=strict',
    },
  };
}

/**
 * Runs the steps one after the other with this process's terminal, all of them even when one fails, and leaves
 * with the code 1 if any did.
 */
export function runSteps(steps: readonly Step[]): void {
  const failed: string[] = [];
  for (const { name, command } of steps) {
    const started = performance.now();
    process.stdout.write(`\n== ${name}\n`);
    const { program, args, env } = processOf(command);
    const done = spawnSync(program, args, { stdio: 'inherit', cwd: root, env });
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    process.stdout.write(`== ${name}: ${done.status === 0 ? 'ok' : 'FAILED'} (${seconds} s)\n`);
    if (done.status !== 0) failed.push(name);
  }
  if (failed.length > 0) {
    process.stderr.write(`failed: ${failed.join(', ')}\n`);
    process.exit(1);
  }
}
