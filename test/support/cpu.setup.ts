import { readFileSync } from 'node:fs';
import { afterAll } from 'vitest';

/** CPU milliseconds. */
export interface Cpu {
  readonly user: number;
  readonly system: number;
}

declare module 'vitest' {
  interface TaskMeta {
    /** What a file took: its worker and the processes that it started and that ended, from the first import to the last hook. */
    cpu?: Cpu;
  }
}

const TICK_MS = 10;

/** Of processes that were started here and ended; where there is no /proc, nobody says. */
function ofChildren(): Cpu {
  try {
    // The name of the program is in brackets, and may have blanks.
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
    return { user: Number(fields[13]) * TICK_MS, system: Number(fields[14]) * TICK_MS };
  } catch {
    return { user: 0, system: 0 };
  }
}

function soFar(): Cpu {
  const [own, children] = [process.cpuUsage(), ofChildren()];
  return { user: own.user / 1000 + children.user, system: own.system / 1000 + children.system };
}

const before = soFar();

// Of hooks the first is called last.
// eslint-disable-next-line no-empty-pattern -- Vitest wants a pattern, and nothing of the context is needed
afterAll(({}, { file }) => {
  const { user, system } = soFar();
  file.meta.cpu = { user: user - before.user, system: system - before.system };
});
