import { setTimeout as sleep } from 'node:timers/promises';
import { HANG_MS } from './hang.ts';

type Falsy = undefined | null | false | 0 | '';

/**
 * Asks until there is an answer, as long as it takes; the answer. What throws is no answer either way and ends the wait.
 * A test waits for what has to come with this alone: with a time of its own it would assert how fast a machine is.
 */
export async function until<T>(ask: () => T | Promise<T>): Promise<Exclude<T, Falsy>> {
  const end = Date.now() + HANG_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer as Exclude<T, Falsy>;
    if (Date.now() > end) throw new Error(`never came: ${ask.toString()}`);
    await sleep(50);
  }
}
