import type { JsonRpcProvider } from 'ethers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROJECTION } from '../../indexer/projection/version.ts';
import { ChainReader } from '../../indexer/sync/chain-reader.ts';
import { nextStep, type Cursor } from '../../indexer/sync/step.ts';

const HEAD = 40;
const word = (number: number, fork = 0): string =>
  `0x${fork.toString(16)}${number.toString(16).padStart(63, '0')}`;
const cursor: Cursor = {
  number: 30,
  hash: word(30),
  finalNumber: 20,
  genesisHash: word(0),
  projection: PROJECTION,
};
const known = Array.from({ length: 11 }, (_, i) => ({ number: 30 - i, hash: word(30 - i) }));

/** @param missing the requests, in their order, that are answered with null @param forkAt from there on other blocks */
function chain(missing: readonly boolean[], forkAt = Number.POSITIVE_INFINITY, head = HEAD): ChainReader {
  let asked = 0;
  const send = (_: string, [tag]: readonly [string]): Promise<unknown> => {
    if (missing[asked++]) return Promise.resolve(null);
    const number = tag === 'latest' ? head : Number(tag);
    const fork = number >= forkAt ? 1 : 0;
    return Promise.resolve({
      number: `0x${number.toString(16)}`,
      hash: word(number, fork),
      parentHash: word(Math.max(0, number - 1), number > forkAt ? 1 : 0),
      timestamp: '0x1',
    });
  };
  return new ChainReader({ send } as unknown as JsonRpcProvider, []);
}

const step = async (reader: ChainReader) =>
  nextStep(reader, cursor, () => Promise.resolve(known), {
    head: await reader.head(true),
    finality: 10,
  });

describe('what to do next', () => {
  test.each([
    ['a longer chain', undefined, HEAD, { kind: 'extend', from: 31 }],
    ['the same chain', undefined, 30, { kind: 'wait', behind: false }],
    ['a shorter one', undefined, 25, { kind: 'wait', behind: true }],
    ['another one from block 28 on', 28, HEAD, { kind: 'reorganised', ancestor: { number: 27 } }],
    [
      'another one from below what can be undone',
      15,
      HEAD,
      { kind: 'restart', reason: 'deeper than finality' },
    ],
    ['another one', 0, HEAD, { kind: 'restart', reason: 'other chain' }],
  ])('follows from %s', async (_, forkAt, head, expected) => {
    expect(await step(chain([], forkAt, head))).toMatchObject(expected);
  });

  test('is never to go back because an RPC has not got a block', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 20 }),
        fc.constantFrom(25, 30, HEAD),
        async (missing, head) => {
          const next = await step(chain(missing, undefined, head)).catch((error: unknown) => error);
          expect(next).toEqual(
            expect.toSatisfy(
              (one: { kind?: string; retryable?: boolean }) =>
                one.kind === 'extend' || one.kind === 'wait' || one.retryable === true,
            ),
          );
        },
      ),
    );
  });
});
