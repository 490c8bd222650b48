import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel counts processor time in, on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;

/** The parent's id, and user and system time, of the process and of its children that have ended, among the fields of /proc/PID/stat that follow the name, which may hold blanks and brackets. */
const [PARENT, USER_TIME, SYSTEM_TIME, CHILDREN_USER_TIME, CHILDREN_SYSTEM_TIME] = [1, 11, 12, 13, 14];

/** Processor seconds that a process has used; undefined where the system doesn't say, or when it has ended. */
export function cpuSecondsOf(pid: number): number | undefined {
  const fields = statOf(pid);
  return fields && secondsOf(fields, [USER_TIME, SYSTEM_TIME]);
}

/** What a process has used, with all that it started and that these started. */
export interface TreeUsage {
  /** Of those that have ended, too, once their parent knows that they have. */
  readonly cpuSeconds: number;
  /** The most resident memory that any one of those that live has had. */
  readonly peakRssBytes: number;
}

/** Undefined where the system doesn't say, or when the process has ended. */
export function treeUsageOf(pid: number): TreeUsage | undefined {
  const root = statOf(pid);
  if (!root) return undefined;
  const all = [USER_TIME, SYSTEM_TIME, CHILDREN_USER_TIME, CHILDREN_SYSTEM_TIME];
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = Number(/^\d+$/.test(name) ? statOf(Number(name))?.[PARENT] : undefined);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const sum = { cpuSeconds: 0, peakRssBytes: 0 };
  const add = (each: number): void => {
    const fields = statOf(each);
    if (fields) sum.cpuSeconds += secondsOf(fields, all);
    sum.peakRssBytes = Math.max(sum.peakRssBytes, peakRssBytesOf(each));
    for (const child of children.get(each) ?? []) add(child);
  };
  add(pid);
  return sum;
}

/** Fields of /proc/PID/stat that follow the name. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function secondsOf(fields: readonly string[], which: readonly number[]): number {
  return which.reduce((sum, field) => sum + Number(fields[field]), 0) / TICKS_A_SECOND;
}

/** The most resident memory that a process has had; 0 where the system doesn't say, or when it has ended. */
export function peakRssBytesOf(pid: number): number {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return peak === null ? 0 : Number(peak[1]) * 1_024;
  } catch {
    return 0;
  }
}
