import { readFile } from 'node:fs/promises';

/** A process on this machine, told apart from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in a form that only equals itself: see {@link processIdentity}. */
  readonly started: string;
}

/**
 * Numbers of processes come round again, and in a container the same service gets the same number after every
 * restart, so the start time belongs to the identity. Linux tells it for any process (`/proc/PID/stat`, field
 * 22, in ticks since boot; with the boot's id). Elsewhere only this process's own start is known, in seconds.
 */
export async function processIdentity(pid: number): Promise<ProcessIdentity> {
  const linux = await linuxStart(pid);
  if (linux !== undefined) return { pid, started: linux };
  return { pid, started: pid === process.pid ? ownStart() : '' };
}

/**
 * Whether the process that wrote `claimed` still runs here.
 * @param me this process, to recognise its own earlier incarnations
 */
export async function processRuns(claimed: ProcessIdentity, me: ProcessIdentity): Promise<boolean> {
  if (claimed.pid === me.pid) return claimed.started === me.started;
  try {
    process.kill(claimed.pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const now = await processIdentity(claimed.pid);
  return now.started === '' || now.started === claimed.started;
}

function ownStart(): string {
  return `second ${Math.round(Date.now() / 1000 - process.uptime())}`;
}

async function linuxStart(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The second field is the command in parentheses and may hold spaces and parentheses itself.
    const afterCommand = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = afterCommand[0];
    // A zombie holds no files any more.
    if (state === 'Z' || state === 'X') return 'ended';
    return `${boot.trim()} ${afterCommand[19]}`;
  } catch {
    return undefined;
  }
}
