import { StoreError } from './store.ts';

/** Milliseconds over which a pace is taken. */
const WINDOW_MS = 10_000;

/** Watches that something goes on coming or going: who is slow is waited for, who does nothing holds a place for nothing. */
export interface Pace {
  /** Aborts when less than the least came in a window. */
  readonly signal: AbortSignal;
  count(bytes: number): void;
  end(): void;
}

/**
 * @param leastBytesPerSecond of the body, on the average of ten seconds
 * @param windowMs what the average is taken over
 */
export function pace(leastBytesPerSecond: number, windowMs: number = WINDOW_MS): Pace {
  const slow = new AbortController();
  let inWindow = 0;
  const timer = setInterval(() => {
    if (inWindow < (leastBytesPerSecond * windowMs) / 1000) {
      slow.abort(
        new StoreError(
          'STORE_TOO_SLOW',
          `expected at least ${leastBytesPerSecond} bytes a second, ${inWindow} came in ${windowMs / 1000} s`,
          { retryable: true },
        ),
      );
    }
    inWindow = 0;
  }, windowMs);
  timer.unref();
  return {
    signal: slow.signal,
    count: (bytes) => void (inWindow += bytes),
    end: () => clearInterval(timer),
  };
}
