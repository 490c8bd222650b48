/** Proving that has to be done: seconds of one worker, and when it must be done at the latest. */
export interface Work {
  readonly seconds: number;
  /** Seconds from now. */
  readonly dueIn: number;
}

/** What the operator gives to proving. */
export interface Workforce {
  readonly workers: number;
  /** How many times longer than estimated a proof may take without being late; at least 1. */
  readonly safety: number;
}

export interface Capacity extends Workforce {
  /** Seconds that pass around a proof: until it is seen that it is due, and from the proof until its settlement counts. */
  readonly stepSeconds: number;
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
 * the proving queue does), every proof taking `safety` times as long as estimated, and counting a step later.
 */
export function fits(work: readonly Work[], { workers, safety, stepSeconds }: Capacity): boolean {
  const free = new Array<number>(Math.max(0, workers)).fill(0);
  if (free.length === 0) return work.length === 0;
  for (const { seconds, dueIn } of [...work].sort((a, b) => a.dueIn - b.dueIn)) {
    const worker = free.indexOf(Math.min(...free));
    free[worker] += seconds * safety;
    if (!(free[worker] + stepSeconds <= dueIn)) return false;
  }
  return true;
}
