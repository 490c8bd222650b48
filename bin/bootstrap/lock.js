import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { say } from './say.js';

/**
 * Runs `work` while no other process of this clone does, and waits for one that does as long as it lives: the lock is a
 * file with its holder's process id, so one that was killed leaves nothing to be waited for.
 */
export function exclusively(file, work) {
  mkdirSync(path.dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  let waited;
  for (;;) {
    const holder = take(file, own);
    if (holder === undefined) break;
    if (!isAlive(holder)) {
      clear(file, own, holder);
      continue;
    }
    if (waited !== holder) say(`process ${holder} is installing; waiting for it`);
    waited = holder;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  try {
    return work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** Makes the lock this process's; otherwise says whose it is. The file appears with its text, never empty. */
function take(file, own) {
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, file);
    return undefined;
  } catch (cause) {
    if (cause.code !== 'EEXIST') throw cause;
    return holderOf(file);
  } finally {
    rmSync(own, { force: true });
  }
}

/** Takes the lock of a dead holder away, unless another process was quicker and it is a living one's by now. */
function clear(file, own, dead) {
  try {
    renameSync(file, own);
    if (holderOf(own) !== dead) linkSync(own, file);
  } catch (cause) {
    if (cause.code !== 'ENOENT' && cause.code !== 'EEXIST') throw cause;
  } finally {
    rmSync(own, { force: true });
  }
}

function holderOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (cause) {
    // It was given back in this moment.
    if (cause.code === 'ENOENT') return 0;
    throw cause;
  }
}

function isAlive(pid) {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause.code === 'EPERM';
  }
}
