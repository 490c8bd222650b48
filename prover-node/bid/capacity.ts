/** Proving that has to be done: seconds of one worker, and when it must be done at the latest. */
export interface Work {
  readonly seconds: number;
  /** Seconds from now. */
  readonly dueIn: number;
}

export interface Capacity {
  readonly workers: number;
  /** How many times longer than estimated a proof may take without being late; at least 1. */
  readonly safety: number;
}

/**
 * A hold, or a bid that may become one, as work. Nothing is proved before the window has closed, so the time
 * until then is taken off, as if it could be begun now.
 */
export function holdAsWork(seconds: number, now: number, windowEnd: number, lockEnd: number): Work {
  return { seconds, dueIn: lockEnd - Math.max(windowEnd, now) };
}

/**
 * Whether all of this can be proved in time: the earliest due goes first to the worker that is free first (what
 * the proving queue does), every proof taking `safety` times as long as estimated.
 */
export function fits(work: readonly Work[], { workers, safety }: Capacity): boolean {
  const free = new Array<number>(Math.max(0, workers)).fill(0);
  if (free.length === 0) return work.length === 0;
  for (const { seconds, dueIn } of [...work].sort((a, b) => a.dueIn - b.dueIn)) {
    const worker = free.indexOf(Math.min(...free));
    free[worker] += seconds * safety;
    if (!(free[worker] <= dueIn)) return false;
  }
  return true;
}
