import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Schemata } from './schemata.ts';
import { SliceproofError } from '../../protocol/errors.ts';
import { homeInClone } from '../child-environment.ts';

/** What of the tree is copied: the contracts, and all that their tests import. */
export const COPIED = [
  'contracts',
  'test/contracts',
  'test/support/request-id.ts',
  'client',
  'desk/tag.ts',
  'protocol',
  'groth16',
  'slicer',
  'scripts',
  'snapshots',
  'package.json',
  'tsconfig.json',
];

/** A copy of the tree, compiled with mutants in its contracts. */
export interface Build {
  readonly folder: string;
  remove(): void;
}

/** @throws SliceproofError MUTATION_FAILED with the compiler's words if it can't be compiled */
export async function build(root: string, { sources }: Schemata): Promise<Build> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sliceproof-mutation-'));
  for (const name of COPIED) cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  cpSync(path.join(root, 'scripts', 'mutation', 'hardhat.config.ts'), path.join(folder, 'hardhat.config.ts'));
  for (const [file, text] of sources) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const log = path.join(folder, 'build.log');
  const hardhat = path.join('node_modules', 'hardhat', 'dist', 'src', 'cli.js');
  const compiled =
    (await run(folder, log, [hardhat, 'compile', '--no-tests'])) &&
    // Bindings carry bytecode.
    (await run(folder, log, [path.join('scripts', 'generate', 'bindings.ts')]));
  if (compiled) return { folder, remove };
  const words = readFileSync(log, 'utf8');
  remove();
  throw new SliceproofError('MUTATION_FAILED', words);
}

function run(cwd: string, log: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...homeInClone(cwd) },
    });
    const keep = (data: Buffer): void => writeFileSync(log, data, { flag: 'a' });
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('close', (code) => resolve(code === 0));
  });
}
