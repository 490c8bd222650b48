import { existsSync, readFileSync } from 'node:fs';

/** Whether a process is there and is more than a zombie. */
export function isRunning(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  try {
    if (existsSync(status)) return !/^State:\s+Z/m.test(readFileSync(status, 'utf8'));
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
