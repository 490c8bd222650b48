import { readFileSync } from 'node:fs';

/** What the kernel counts processor time in, on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;

/** User and system time among the fields of /proc/PID/stat that follow the name, which may hold blanks and brackets. */
const [USER_TIME, SYSTEM_TIME] = [11, 12];

/** Processor seconds that a process has used; undefined where the system doesn't say, or when it has ended. */
export function cpuSecondsOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS_A_SECOND;
  } catch {
    return undefined;
  }
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
