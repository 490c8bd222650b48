import { setTimeout as sleep } from 'node:timers/promises';
import { HANG_MS } from './hang.ts';

type Falsy = undefined | null | false | 0 | '';

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 200;

/**
 * Asks until there is an answer, as long as it takes; the answer. What throws is no answer either way and ends the wait.
 * A test waits for what has to come with this alone: with a time of its own it would assert how fast a machine is.
 */
export async function until<T>(ask: () => T | Promise<T>): Promise<Exclude<T, Falsy>> {
  const end = Date.now() + HANG_MS;
  // Seldom in the end: many ask over HTTP, and a long wait would cost as much as what it waits for.
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const answer = await ask();
    if (answer) return answer as Exclude<T, Falsy>;
    if (Date.now() > end) throw new Error(`never came: ${ask.toString()}`);
    await sleep(pause);
  }
}
