import { describe, expect, test } from 'vitest';
import { OwnNonces } from '../../../../protocol/chain/sending/own-nonces.ts';
import { listeningLog } from '../../../prover-node/support/world.ts';

const MINUTE = 60_000;

function open(others?: (from: number, to: number) => Promise<ReadonlySet<number>>) {
  const time = { now: 0 };
  const { log, lines } = listeningLog();
  const nonces = new OwnNonces({ address: '0xabc', log, others, clock: () => time.now });
  return { nonces, time, lines };
}

/** One that has worked for a while. */
async function settled(others?: Parameters<typeof open>[0]) {
  const world = open(others);
  await world.nonces.saw(5);
  world.time.now = 3 * MINUTE;
  return world;
}

describe('another that sends with the key', () => {
  test('is seen by a nonce that this process did not use, named, and remembered for ten minutes', async () => {
    const { nonces, time, lines } = await settled();
    nonces.uses(5);
    await nonces.saw(8);
    expect(nonces.othersSend).toBe(true);
    expect(lines).toMatchObject([{ level: 'error', code: 'KEY_AT_WORK', account: '0xabc', nonces: [6, 7] }]);
    await nonces.saw(8);
    expect(lines).toHaveLength(1);
    time.now += 10 * MINUTE - 1;
    expect(nonces.othersSend).toBe(true);
    time.now += 1;
    expect(nonces.othersSend).toBe(false);
  });

  test('is seen by a nonce of this process that went to another transaction', async () => {
    const { nonces, lines } = await settled();
    nonces.uses(5);
    nonces.lost(5);
    expect(nonces.othersSend).toBe(true);
    expect(lines).toMatchObject([{ nonces: [5] }]);
  });
});

describe('nothing is said', () => {
  test('of own nonces, in whatever order they are seen', async () => {
    const { nonces, lines } = await settled();
    nonces.uses(5);
    nonces.uses(6);
    for (const next of [5, 6, 7, 6, 7]) await nonces.saw(next);
    expect(lines).toEqual([]);
  });

  test('of what an earlier process sent just before this one began', async () => {
    const { nonces, time, lines } = open();
    await nonces.saw(5);
    time.now = 2 * MINUTE - 1;
    await nonces.saw(7);
    time.now = 20 * MINUTE;
    await nonces.saw(7);
    expect([nonces.othersSend, lines]).toEqual([false, []]);
  });

  test('of those who may send too; of the others among them it is', async () => {
    const asked: number[][] = [];
    const { nonces, lines } = await settled((from, to) => {
      asked.push([from, to]);
      return Promise.resolve(new Set([5, 6]));
    });
    await nonces.saw(7);
    expect([nonces.othersSend, asked]).toEqual([false, [[5, 7]]]);
    await nonces.saw(8);
    expect(lines).toMatchObject([{ nonces: [7] }]);
  });
});
