// What nothing hangs on waits for a worker to spare, and gives way.
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { Places, type Stakes } from '../../prover-node/prove/places.ts';

const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await turn();
};
const stakes = (due: readonly string[], soon: Readonly<Record<string, number>> = {}): Stakes => ({
  due: new Set(due),
  soon: new Map(Object.entries(soon)),
  bound: new Set([...due, ...Object.keys(soon)]),
});

let stop: AbortController;
/** Begun, in order, and what ends each. */
let begun: string[];
let ends: Map<string, () => void>;
beforeEach(() => {
  stop = new AbortController();
  begun = [];
  ends = new Map();
});

function whenSpare(places: Places, name: string, seconds = 10): Promise<string> {
  const make = (signal: AbortSignal): Promise<string> => {
    begun.push(name);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      ends.set(name, () => resolve(name));
    });
  };
  return places.whenSpare(name, seconds, make, stop.signal);
}

test('one after the other where there is one worker, in the order that they came', async () => {
  const places = new Places(1);
  const all = ['a', 'b', 'c'].map((name) => whenSpare(places, name));
  for (const name of ['a', 'b', 'c']) {
    await settled();
    expect(begun.at(-1)).toBe(name);
    expect(places.has(name)).toBe(true);
    ends.get(name)?.();
  }
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c']);
  expect(begun).toEqual(['a', 'b', 'c']);
  expect(places.waiting).toBe(0);
});

test('a stake that is due has it at once; then it is begun anew, and whoever waits for it never knows', async () => {
  const places = new Places(1);
  const trial = whenSpare(places, 'trial');
  await settled();
  places.consider(stakes(['hold']));
  await settled();
  expect(places.has('trial')).toBe(false);
  expect(places.waiting).toBe(1);
  expect(await places.tryNow('hold', 10, () => Promise.resolve())).toBe('done');
  // What is due is not to be proved any more.
  places.consider(stakes([]));
  await settled();
  expect(begun).toEqual(['trial', 'trial']);
  ends.get('trial')?.();
  expect(await trial).toBe('trial');
});

test('it is not begun where it would not be done when a window closes', async () => {
  const places = new Places(1);
  places.consider(stakes([], { hold: 20 }));
  expect(places.hasSpare(20)).toBe(true);
  expect(places.hasSpare(21)).toBe(false);
  // Of unknown length.
  expect(places.hasSpare(Number.POSITIVE_INFINITY)).toBe(false);
  expect(new Places(2).hasSpare(Number.POSITIVE_INFINITY)).toBe(true);
});

test('what a stake comes to need has its worker at once, and keeps it', async () => {
  const places = new Places(1);
  places.consider(stakes(['hold']));
  const trial = whenSpare(places, 'trial');
  await settled();
  expect(begun).toEqual([]);
  places.consider(stakes(['trial']));
  await settled();
  expect(begun).toEqual(['trial']);
  places.consider(stakes(['trial', 'other']));
  expect(places.has('trial')).toBe(true);
  ends.get('trial')?.();
  expect(await trial).toBe('trial');
});

test('what fails is whoever asked for it to hear of, and the worker is free', async () => {
  const places = new Places(1);
  const broken = (): Promise<never> => Promise.reject(new Error('broken'));
  await expect(places.whenSpare('a', 1, broken, stop.signal)).rejects.toThrow('broken');
  await expect(places.tryNow('a', 1, broken)).rejects.toThrow('broken');
  expect(places.hasSpare(1)).toBe(true);
});

test('a node that stops begins nothing that waits', async () => {
  const places = new Places(1);
  places.consider(stakes(['hold']));
  const stopped = whenSpare(places, 'a');
  const aborted = whenSpare(places, 'b');
  await settled();
  stop.abort(new Error('over'));
  await expect(aborted).rejects.toThrow('over');
  await expect(stopped).rejects.toThrow('over');
  stop = new AbortController();
  const late = whenSpare(places, 'c');
  await settled();
  places.stop();
  await expect(late).rejects.toMatchObject({ code: 'NODE_WORKSHOP_CLOSED', retryable: true });
  expect(begun).toEqual([]);
});
