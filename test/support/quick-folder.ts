import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import path from 'node:path';

const MEMORY = '/dev/shm';
const NAME = /^sliceproof-tests-(\d+)-/;

/** More than all tests were seen to have in it at once, and leave for their processes. */
const ROOM = 4 * 2 ** 30;

/**
 * Where the tests of a run have their temporary folders: one of its own in memory, where the system has a place for that
 * and room. A database, a store and a model are thousands of files, and on a disk most of what the system did for the tests was to
 * write what they throw away.
 */
export function quickFolder(): string {
  const parent = hasRoom() ? MEMORY : tmpdir();
  if (parent === MEMORY) removeLeftOver();
  return mkdtempSync(path.join(parent, `sliceproof-tests-${process.pid}-`));
}

function hasRoom(): boolean {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
    const mount = mounts.find((line) => line.split(' ')[1] === MEMORY);
    // What is installed in a test has programs.
    if (mount === undefined || !/^tmpfs .*\brw\b/.test(mount) || /\bnoexec\b/.test(mount)) return false;
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM && freemem() >= 2 * ROOM;
  } catch {
    return false;
  }
}

/** Of runs that were killed: memory that nobody would give back. */
function removeLeftOver(): void {
  for (const name of readdirSync(MEMORY)) {
    const pid = NAME.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    rmSync(path.join(MEMORY, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
