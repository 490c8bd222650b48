import { setTimeout as sleep } from 'node:timers/promises';
import { BenchError } from './errors.ts';

/** How far a run is, in words that differ when it gets on. */
export interface Progress {
  readonly over: boolean;
  readonly state: string;
}

/** Seconds without anything new: then the run is stuck. */
const STUCK_SECONDS = 900;
const LOOK_MS = 2_000;

/**
 * Looks at a run again and again until it is over, however long that takes as long as it gets on.
 * @param onNews called with each new state, and how many seconds the run took until then
 * @throws BenchError BENCH_STUCK
 */
export async function untilOver(
  look: () => Promise<Progress>,
  onNews: (state: string, seconds: number) => void = () => undefined,
  { stuckSeconds = STUCK_SECONDS, lookMs = LOOK_MS } = {},
): Promise<void> {
  const began = performance.now();
  let [known, at]: [string | undefined, number] = [undefined, began];
  for (;;) {
    const { over, state } = await look();
    const now = performance.now();
    if (state !== known) {
      if (known !== undefined) onNews(state, (now - began) / 1000);
      [known, at] = [state, now];
    }
    if (over) return;
    if (now > at + 1000 * stuckSeconds)
      throw new BenchError('BENCH_STUCK', `nothing has changed for ${stuckSeconds} s: ${state}`);
    await sleep(lookMs);
  }
}
