import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fail } from './say.js';

/**
 * Whatever the user's own settings or the shell's say: no scripts of packages, no changes of the lock file, and not the
 * peers that nobody here uses (see .npmrc).
 */
const ALWAYS = [
  'install',
  '--ignore-scripts',
  '--no-save',
  '--no-audit',
  '--no-fund',
  '--legacy-peer-deps',
  '--global=false',
  '--loglevel=error',
];

/**
 * npm install in a folder.
 * @param spare where npm keeps what it fetched, when it can't in the home
 */
export function npmInstall(folder, args, spare) {
  const done = spawnSync('npm', [...ALWAYS, ...args], {
    cwd: folder,
    // npm's own progress belongs to standard error: standard output is the command's.
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    env: hasWritableCache() ? process.env : { ...process.env, npm_config_cache: spare },
  });
  if (done.error)
    fail(`npm could not be started: ${done.error.message}`, 'Install Node with npm from https://nodejs.org.');
  if (done.status !== 0) {
    fail(
      `npm install ${args.join(' ')} failed in ${folder}`,
      'npm says above what it lacked; the same command goes on where this one stopped.',
    );
  }
}

/** Whether npm can keep what it fetches where it is told to, which `npm run` always says, or where it does by default. */
function hasWritableCache() {
  let place = path.resolve(process.env.npm_config_cache ?? path.join(homedir(), '.npm'));
  while (!existsSync(place) && place !== path.dirname(place)) place = path.dirname(place);
  try {
    // With a dot in it, that a file isn't taken for a folder.
    accessSync(`${place}${path.sep}.`, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
