import { readFileSync, writeFileSync } from 'node:fs';

/** Starts a new measurement of this process's peak memory where the system can (Linux); else does nothing. */
export function resetPeakMemory(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Elsewhere the peak is that of the process's whole life, an upper bound.
  }
}

/** Highest resident memory since the last reset, or of the process's life where it can't be reset. */
export function peakMemoryBytes(): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line !== null) return Number(line[1]) * 1_024;
  } catch {
    // No /proc.
  }
  return process.resourceUsage().maxRSS * 1_024;
}
