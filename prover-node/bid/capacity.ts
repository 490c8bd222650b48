/** Proving that has to be done, or may have to be. */
export interface Work {
  /** Of one worker. */
  readonly seconds: number;
  /** Seconds from now before which it isn't begun. */
  readonly from: number;
  /** Seconds from now by which it must count. */
  readonly dueIn: number;
  /** It isn't begun before so many seconds are left, or as many as it may take with all that goes before it. */
  readonly lead?: number;
  /** It comes up at a time that others choose, `from` and `dueIn` at the earliest: by then anything else may have come before it. */
  readonly floating?: boolean;
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

/** A hold, or a bid that may become one, as work: nothing is proved before the window has closed. */
export function holdAsWork(seconds: number, now: number, windowEnd: number, lockEnd: number): Work {
  return { seconds, from: Math.max(0, windowEnd - now), dueIn: lockEnd - now };
}

/**
 * Whether all of this can be proved in time. Of what waits the queue gives a free worker what is due first, and a proof that is
 * under way is finished: so a work waits for all that is due before it, and for as many later ones as there are workers, which
 * may have been begun a moment before. Every proof takes `safety` times as long as estimated, and counts a step later.
 * @param bound what has to be proved already; a floating work of it that comes too late without `added` is no reason
 * @param added what would be taken on
 */
export function fits(bound: readonly Work[], added: readonly Work[], capacity: Capacity): boolean {
  const before = scheduled(bound, capacity);
  const all = scheduled([...bound, ...added], capacity);
  return all.every(
    (work) =>
      inTime(work, all, capacity) ||
      (work.floating === true &&
        before.includes(work) &&
        Number.isFinite(work.seconds) &&
        !inTime(work, before, capacity)),
  );
}

/** Seconds in which a work counts at the latest that is begun when a worker is free for it. @param all with or without it */
export function countsWithin(work: Work, all: readonly Work[], capacity: Capacity): number {
  return secondsOf(work, longestFirst(all), capacity, Number.POSITIVE_INFINITY);
}

/** Longest first, each with the time when it is begun at the earliest. */
function scheduled(works: readonly Work[], capacity: Capacity): readonly Work[] {
  return longestFirst(works).map((work, _, all) => {
    if (work.lead === undefined) return work;
    const lead = Math.max(work.lead, secondsOf(work, all, capacity, Number.POSITIVE_INFINITY));
    return { ...work, from: Math.max(work.from, work.dueIn - lead) };
  });
}

function inTime(work: Work, all: readonly Work[], capacity: Capacity): boolean {
  // Seen a step later, it may find one under way that could be begun within that.
  const seen = work.from + capacity.stepSeconds;
  return work.from + secondsOf(work, all, capacity, seen) <= work.dueIn;
}

/**
 * @param all longest first
 * @param seen seconds from now before which others that are due later may have been begun
 */
function secondsOf(
  work: Work,
  all: readonly Work[],
  { workers, safety, stepSeconds }: Capacity,
  seen: number,
): number {
  let underWay = 0;
  const ahead = all.filter((other) => {
    if (other === work) return false;
    return work.floating || other.dueIn <= work.dueIn || (other.from < seen && underWay++ < workers);
  });
  return (longestWait(ahead, workers) + work.seconds) * safety + stepSeconds;
}

/**
 * The longest that no worker is free with these works ahead, in whatever order they go: while all are at work, those who have the
 * k longest leave the others no more than the rest.
 * @param ahead longest first
 */
function longestWait(ahead: readonly Work[], workers: number): number {
  let rest = ahead.reduce((sum, { seconds }) => sum + seconds, 0);
  let wait = workers > 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  for (let k = 0; k < workers; k++) {
    wait = Math.min(wait, rest / (workers - k));
    if (k < ahead.length) rest -= ahead[k].seconds;
  }
  return Math.max(0, wait);
}

function longestFirst(works: readonly Work[]): readonly Work[] {
  return [...works].sort((a, b) => b.seconds - a.seconds);
}
