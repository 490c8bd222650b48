import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { npmInstall } from './npm.js';
import { exclusively } from './lock.js';
import { say } from './say.js';

/** What is installed: what runs sliceproof, or what develops it too. */
const SETS = { run: '--omit=dev', develop: '--include=dev' };

/**
 * Installs the locked packages, once for a lock file and a kind of machine. What no package here depends on is the version of
 * Node: what is native among them speaks Node-API.
 * @param root the clone
 * @param set `run` or `develop`; where the latter is installed it stays
 */
export function installPackages(root, set) {
  const stamp = path.join(root, 'node_modules', '.sliceproof-installed');
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .update([process.platform, process.arch].join(' '))
    .digest('hex');
  const lacking = () => lackingSet(stamp, wanted, set);
  if (lacking() === undefined) return;
  const state = path.join(root, '.sliceproof');
  exclusively(path.join(state, 'install.lock'), () => {
    const installing = lacking();
    if (installing === undefined) return;
    say(
      `installing packages${installing === 'develop' ? ', those of development too' : ''} (npm install, once)`,
    );
    rmSync(stamp, { force: true });
    npmInstall(root, [SETS[installing]], path.join(state, 'npm-cache'));
    trim(path.join(root, 'node_modules'));
    writeFileSync(stamp, `${wanted} ${installing}`);
  });
}

/** The set to install; undefined: it is there. */
function lackingSet(stamp, wanted, set) {
  const [contents, installed] = existsSync(stamp) ? readFileSync(stamp, 'utf8').split(' ') : [];
  const target = installed === 'develop' ? 'develop' : set;
  return contents === wanted && installed === target ? undefined : target;
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
