import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Head } from '../../../protocol/chain/head.ts';
import { Heads, idleSeconds, type NextOptions, type Time } from '../../../protocol/chain/heads.ts';

/** A clock that stands still unless the test moves it. */
class StandingTime implements Time {
  #now = 0;
  readonly #sleepers = new Map<() => void, number>();

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(wake);
        resolve();
      };
      this.#sleepers.set(wake, this.#now + milliseconds);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  async pass(seconds: number): Promise<void> {
    const end = this.#now + 1000 * seconds;
    for (;;) {
      await setImmediate();
      const [first] = [...this.#sleepers].sort(([, a], [, b]) => a - b);
      if (first === undefined || first[1] > end) break;
      this.#now = first[1];
      first[0]();
    }
    this.#now = end;
  }
}

/** A chain of blocks that come every so many seconds. */
function chainOf(blockSeconds: number) {
  const time = new StandingTime();
  let looks = 0;
  const blockOf = (number: number): Head => ({
    number,
    hash: `0x${number}`,
    parentHash: `0x${number - 1}`,
    timestamp: Math.floor(number * blockSeconds),
    baseFee: 1n,
    gasLimit: 30_000_000n,
    logsBloom: undefined,
  });
  const head = (): number => 1000 + Math.floor(time.now() / (1000 * blockSeconds));
  const heads = new Heads((block) => {
    looks += block === undefined ? 1 : 0;
    return Promise.resolve(blockOf(block ?? head()));
  }, time);
  return { heads, head, time, looks: () => looks };
}

/** Follows the heads; the numbers that were seen. */
function follow(heads: Heads, options: NextOptions = {}): number[] {
  const seen: number[] = [];
  void (async () => {
    let last: Head | undefined;
    for (;;) {
      last = await heads.next(last, options);
      seen.push(last.number);
    }
  })();
  return seen;
}

test.each([4, 12])('sees each block of %i s at once, with one look at almost each', async (blockSeconds) => {
  const { heads, looks, time } = chainOf(blockSeconds);
  const seen = follow(heads);
  await time.pass(100 * blockSeconds);
  expect(seen.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, i) => 1000 + i));
  expect(heads.blockSeconds).toBeCloseTo(blockSeconds, 0);
  expect(looks()).toBeLessThan(115);
});

test.each([0.25, 1, 2, 4, 12])(
  'asks at most 18 times a minute for who is idle, with blocks of %s s',
  async (blockSeconds) => {
    const { heads, looks, time } = chainOf(blockSeconds);
    follow(heads, { restSeconds: () => idleSeconds(1) });
    await time.pass(600);
    expect(looks()).toBeLessThanOrEqual(182);
    expect(looks()).toBeGreaterThan(45);
  },
);

test('looks once for all that wait, as soon as the hastiest of them needs it', async () => {
  const { heads, head, looks, time } = chainOf(4);
  const idle = follow(heads, { restSeconds: () => 1000 });
  await time.pass(10);
  expect(idle).toHaveLength(1);
  const before = looks();
  follow(heads);
  follow(heads);
  await time.pass(40);
  expect(idle.at(-1)).toBeGreaterThanOrEqual(head() - 1);
  expect(looks() - before).toBeLessThan(14);
});

test('asks nothing while nobody waits, and anew when somebody wants to know', async () => {
  const { heads, head, looks, time } = chainOf(4);
  expect((await heads.now()).number).toBe(head());
  await time.pass(3);
  await heads.now();
  expect(looks()).toBe(1);
  await time.pass(60);
  expect(looks()).toBe(1);
  expect((await heads.now()).number).toBe(head());
});

test('tells each that waits of a failure, and goes on for the next', async () => {
  const time = new StandingTime();
  let away = true;
  const heads = new Heads(
    () =>
      away
        ? Promise.reject(new Error('away'))
        : Promise.resolve({ number: 1, hash: '0x1', timestamp: 1 } as Head),
    time,
  );
  const both = Promise.allSettled([heads.next(undefined), heads.next(undefined)]);
  await time.pass(2);
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  away = false;
  const next = heads.next(undefined);
  await time.pass(2);
  expect((await next).number).toBe(1);
});

test('takes a shorter chain for one only when two looks find it: machines of a service lag', async () => {
  const time = new StandingTime();
  const numbers = [10, 11, 10, 12, 10, 10];
  const heads = new Heads((block) => {
    const number = block ?? numbers.shift() ?? 10;
    return Promise.resolve({ number, hash: `0x${number}`, timestamp: number } as Head);
  }, time);
  const seen = follow(heads);
  await time.pass(60);
  expect(seen).toEqual([10, 11, 12, 10]);
});

test('a wait ends with its signal', async () => {
  const { heads } = chainOf(4);
  const known = await heads.now();
  const stop = new AbortController();
  const waiting = heads.next(known, { signal: stop.signal });
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});
