// Runs a TypeScript file of this project on a machine that has only git, Node >= 18 and npm.
//
//   node bin/with-node.js [--dev] FILE.ts [arguments]
//
// Plain JavaScript without a dependency, since nothing may be installed yet. Two steps, each skipped when it is already
// done: a Node that runs TypeScript, from npm, where the running one doesn't; the locked packages, installed *under that
// Node* (npm leaves out native packages that the running one is too old for). `--dev` installs those of development too.
import module from 'node:module';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fetchedNode, isNewEnough, LEAST_NODE } from './bootstrap/node.js';
import { installPackages } from './bootstrap/packages.js';
import { fail } from './bootstrap/say.js';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** Given to the second start, which must be the last. */
const RESTARTED = '--restarted';

/** Options of this file come before the script's name; all that follows is the script's. */
const given = process.argv.slice(2);
const named = given.findIndex((arg) => arg !== RESTARTED && arg !== '--dev');
const own = named < 0 ? given : given.slice(0, named);
const [script, ...args] = named < 0 ? [] : given.slice(named);

if (!script) {
  process.stderr.write('usage: node bin/with-node.js [--dev] FILE.ts [arguments]\n');
  process.exit(2);
}

if (isNewEnough(process.version)) {
  installPackages(root, own.includes('--dev') ? 'develop' : 'run');
  // What Node compiles of the modules stays in the clone, for the next start and for every process that this one starts.
  process.env.NODE_COMPILE_CACHE ??= path.join(root, '.sliceproof', 'compile-cache');
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  process.argv = [process.argv[0], path.resolve(root, script), ...args];
  await import(pathToFileURL(process.argv[1]).href);
} else if (own.includes(RESTARTED)) {
  fail(
    `a newer Node was started, and it says that it is ${process.version}`,
    `Install Node ${LEAST_NODE} or newer from https://nodejs.org and try again.`,
  );
} else {
  await restart(fetchedNode(root));
}

/** Runs this very command under another Node, in its place as far as signals and the exit code go. */
async function restart(node) {
  const { spawn } = await import('node:child_process');
  const child = spawn(node, [fileURLToPath(import.meta.url), RESTARTED, ...own, script, ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}` },
  });
  // A terminal signals the whole group, a supervisor only this process: it lives until its child ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`${node} could not be started: ${error.message}`, 'Try again.'));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
