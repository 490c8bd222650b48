import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clearRows, keepUndo, rowLoader, undoTo, writeRows } from '../../indexer/database/derived-rows.ts';
import { Changes } from '../../indexer/projection/changes.ts';
import { book } from '../../indexer/projection/ledger.ts';
import { backends, contentsOf, openIndex, type TestIndex } from './support/index.ts';

const ACCOUNTS = ['0xa', '0xb', '0xc'];

const movement = fc.record({
  account: fc.constantFrom(...ACCOUNTS),
  kind: fc.constantFrom('DEPOSIT' as const, 'FEE' as const),
  // Past every size that a number of JSON or of the database could round.
  balance: fc.bigInt({ min: 1n, max: 2n ** 250n }),
});
const block = fc.array(movement, { maxLength: 3 });

describe.each(backends)('undoing blocks on $backend', ({ server, skip }) => {
  describe.skipIf(skip)('(skipped where no PostgreSQL answers)', () => {
    let index: TestIndex;
    beforeAll(async () => {
      index = await openIndex(server);
    });
    afterAll(() => index.close());

    test('leaves what was there before them, whatever they did', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(block, { minLength: 1, maxLength: 5 }),
          fc.nat(),
          async (blocks, choice) => {
            const { prisma } = index;
            await prisma.$transaction((tx) => clearRows(tx));
            const states = [await contentsOf(index)];
            for (const [i, movements] of blocks.entries()) {
              await prisma.$transaction(async (tx) => {
                const changes = new Changes(rowLoader(tx));
                const place = {
                  blockNumber: i + 1,
                  logIndex: 0,
                  timestamp: 5n,
                  transactionHash: '0x1',
                  paidSlices: 0,
                };
                await book(changes, place, movements);
                const changed = changes.take();
                await keepUndo(tx, i + 1, changed);
                await writeRows(tx, changed);
              });
              states.push(await contentsOf(index));
            }
            const ancestor = choice % (blocks.length + 1);
            await prisma.$transaction((tx) => undoTo(tx, ancestor));
            expect(await contentsOf(index)).toEqual(states[ancestor]);
            // What is left can be undone as well.
            await prisma.$transaction((tx) => undoTo(tx, 0));
            expect(await contentsOf(index)).toEqual(states[0]);
          },
        ),
        { numRuns: 15 },
      );
    });
  });
});
