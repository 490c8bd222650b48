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
