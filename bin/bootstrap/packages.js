import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { npmInstall } from './npm.js';
import { exclusively } from './lock.js';
import { say } from './say.js';

/** What is installed: what runs sliceproof, or what develops it too. */
const SETS = { run: '--omit=dev', develop: '--include=dev' };

/**
 * Installs the locked packages, once for a lock file and a kind of Node; a patch release of Node is the same kind.
 * @param root the clone
 * @param set `run` or `develop`
 */
export function installPackages(root, set) {
  const stamp = path.join(root, 'node_modules', '.sliceproof-installed');
  const wanted = contentsOf(root);
  if (isInstalled(stamp, wanted, set)) return;
  const state = path.join(root, '.sliceproof');
  exclusively(path.join(state, 'install.lock'), () => {
    if (isInstalled(stamp, wanted, set)) return;
    say(`installing packages${set === 'develop' ? ', those of development too' : ''} (npm install, once)`);
    rmSync(stamp, { force: true });
    npmInstall(root, [SETS[set]], path.join(state, 'npm-cache'));
    trim(path.join(root, 'node_modules'));
    writeFileSync(stamp, `${wanted} ${set}`);
  });
}

function contentsOf(root) {
  return createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .update([process.versions.modules, process.platform, process.arch].join(' '))
    .digest('hex');
}

function isInstalled(stamp, wanted, set) {
  if (!existsSync(stamp)) return false;
  const [contents, installed] = readFileSync(stamp, 'utf8').split(' ');
  return contents === wanted && (installed === set || installed === 'develop');
}

/** Takes away what this machine can never run: ONNX Runtime for all others, and a package's own test data. 280 MB of 580. */
function trim(modules) {
  const drop = (...names) => rmSync(path.join(modules, ...names), { recursive: true, force: true });
  const runtimes = path.join('onnxruntime-node', 'bin');
  for (const api of entriesOf(path.join(modules, runtimes))) {
    for (const platform of entriesOf(path.join(modules, runtimes, api))) {
      for (const arch of entriesOf(path.join(modules, runtimes, api, platform))) {
        const ours = platform === process.platform && arch === process.arch;
        if (!ours) drop(runtimes, api, platform, arch);
      }
    }
  }
  drop('wasmcurves', 'test');
}

function entriesOf(folder) {
  return existsSync(folder) ? readdirSync(folder) : [];
}
