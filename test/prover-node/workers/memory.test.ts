import { expect, test } from 'vitest';
import { Memory } from '../../../prover-node/workers/memory.ts';

const MIB = 2 ** 20;
const never = new AbortController().signal;
const key = { sha256: `0x${'1'.repeat(64)}`, bytes: 10 * MIB };

test('a proof is reckoned by its key until it was seen what it takes', () => {
  const memory = new Memory(1000 * MIB);
  expect(memory.estimate(key)).toBeGreaterThan(key.bytes);
  memory.record(key.sha256, 77 * MIB);
  expect(memory.estimate(key)).toBe(77 * MIB);
});

test('what does not fit waits for what runs, and what will never fit is for another machine', async () => {
  const memory = new Memory(100);
  const first = await memory.take(60, never);
  const order: string[] = [];
  const second = memory.take(60, never).then((release) => {
    order.push('second');
    release();
  });
  const small = await memory.take(40, never);
  order.push('small');
  small();
  await Promise.resolve();
  expect(order).toEqual(['small']);
  first();
  await second;
  expect(order).toEqual(['small', 'second']);
  await expect(memory.take(101, never)).rejects.toMatchObject({ code: 'PROVE_MEMORY', retryable: true });
});

test('whoever is given up leaves no room taken', async () => {
  const memory = new Memory(100);
  const release = await memory.take(100, never);
  const giveUp = new AbortController();
  const waiting = memory.take(50, giveUp.signal);
  giveUp.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  release();
  (await memory.take(100, never))();
});
