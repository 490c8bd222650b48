import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** What a process that runs models may use. */
export interface ModelLimits {
  /** Bytes of memory of its own, the runtime's included. */
  readonly memoryBytes: number;
  /** Processor seconds of one load or run. A slow or busy machine uses no more of them than another. */
  readonly cpuSeconds: number;
  /** Seconds that a load or a run may stand still, without using the processor. */
  readonly stillSeconds: number;
}

const GIB = 2 ** 30;

/** Half of the machine's memory, within 2 and 16 GiB: what Node and ONNX Runtime map without using counts too. */
export function defaultLimits(): ModelLimits {
  const constrained = process.constrainedMemory?.() ?? 0;
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return {
    memoryBytes: Math.min(16 * GIB, Math.max(2 * GIB, memory / 2)),
    cpuSeconds: 3600,
    stillSeconds: 120,
  };
}

/** Fields of /proc/PID/stat after the name, which may have spaces: user and system time, in ticks. */
const [USER_TIME, SYSTEM_TIME] = [11, 12];
const TICKS_A_SECOND = 100;

/** Processor seconds that a process has used; undefined where the system doesn't say. */
export function cpuSecondsOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS_A_SECOND;
  } catch {
    return undefined;
  }
}
