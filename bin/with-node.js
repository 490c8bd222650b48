// Runs a TypeScript file of this project on a machine that has only git, Node >= 18 and npm.
//
//   node bin/with-node.js FILE.ts [arguments]
//
// Plain JavaScript without a dependency, since nothing may be installed yet. Three steps, each skipped
// when it is already done: get Node 24 from the npm registry if the running Node is older (Hardhat 3 and
// pg-boss 12 need it, and it runs TypeScript without a build), install the locked dependencies *under that
// Node* (npm leaves out Hardhat's native package under an older one), generate what is derived from
// sources (contract bindings, database client).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const NODE_MAJOR = 24;
const nodePathFile = path.join(root, '.sliceproof', 'node-path');
const stampFile = path.join(root, 'node_modules', '.sliceproof-installed');

/** Runs a command to its end with the terminal of this process; leaves with its code when it fails. */
function must(command, args, options) {
  const done = spawnSync(command, args, { stdio: 'inherit', cwd: root, ...options });
  if (done.error) {
    process.stderr.write(`sliceproof: could not start ${command}: ${done.error.message}\n`);
    process.exit(1);
  }
  if (done.status !== 0) process.exit(done.status ?? 1);
  return done;
}

function nodeOfNpm() {
  if (existsSync(nodePathFile)) {
    const known = readFileSync(nodePathFile, 'utf8');
    if (existsSync(known)) return known;
  }
  process.stderr.write(
    `sliceproof: Node ${process.versions.node} is running, fetching Node ${NODE_MAJOR} with npm (once)\n`,
  );
  const asked = spawnSync(
    'npx',
    ['--loglevel=error', '-y', '-p', `node@${NODE_MAJOR}`, '-c', 'node -p process.execPath'],
    { cwd: path.parse(root).root, encoding: 'utf8', shell: process.platform === 'win32' },
  );
  const found = (asked.stdout ?? '').trim().split('\n').pop();
  if (asked.status !== 0 || !found || !existsSync(found)) {
    process.stderr.write(
      `sliceproof: Node ${NODE_MAJOR} or newer is needed, ${process.versions.node} is running, and npm could not fetch it.\n` +
        `${asked.stderr ?? ''}Install Node ${NODE_MAJOR} from https://nodejs.org and try again.\n`,
    );
    process.exit(1);
  }
  mkdirSync(path.dirname(nodePathFile), { recursive: true });
  writeFileSync(nodePathFile, found);
  return found;
}

function install() {
  const lock = readFileSync(path.join(root, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).update(process.version).digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;
  process.stderr.write('sliceproof: installing dependencies (npm ci)\n');
  must('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], {
    shell: process.platform === 'win32',
    // npm's own progress belongs to standard error: standard output is the command's.
    stdio: ['ignore', 2, 2],
  });
  writeFileSync(stampFile, wanted);
}

const [script, ...args] = process.argv.slice(2);
if (!script) {
  process.stderr.write('usage: node bin/with-node.js FILE.ts [arguments]\n');
  process.exit(2);
}

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
  const node = nodeOfNpm();
  const PATH = `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}`;
  // Signals reach the whole process group of a terminal; a supervisor that signals only this process
  // must reach the child too, so this one waits asynchronously and forwards.
  const { spawn } = await import('node:child_process');
  const child = spawn(node, [fileURLToPath(import.meta.url), script, ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
} else {
  install();
  must(process.execPath, [path.join(root, 'scripts', 'prepare.ts')], { stdio: ['ignore', 2, 2] });
  process.argv = [process.argv[0], path.resolve(root, script), ...args];
  await import(new URL(script, `file://${root}/`).href);
}
