import type { Screen } from './screen.ts';

/** Seconds of waiting after which it is said in a line that stays, where nothing changes in place; then twice as many. */
const FIRST_LINE = 20;
const TICK_MS = 500;

/**
 * Shows what is waited for, and since when, as long as work runs: in place on a terminal, now and then as a line
 * elsewhere. There is no end but the work's.
 * @param describe what is waited for now
 */
export async function whileWaiting<T>(screen: Screen, work: Promise<T>, describe: () => string): Promise<T> {
  const started = performance.now();
  let next = FIRST_LINE;
  const tick = setInterval(() => {
    const seconds = (performance.now() - started) / 1000;
    const text = `   ${describe()} (${seconds.toFixed(0)} s)`;
    if (screen.live) screen.show(text);
    else if (seconds >= next) {
      screen.say(text);
      next *= 2;
    }
  }, TICK_MS);
  try {
    return await work;
  } finally {
    clearInterval(tick);
    screen.clear();
  }
}
