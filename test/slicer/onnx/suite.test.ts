import { describe, expect, it } from 'vitest';
import { hasSuite, suiteCases, verdictOf } from '../../support/onnx-suite.ts';

/** Every so many of the cases: all of them take a quarter of an hour of the processor. `SLICEPROOF_DEEP=1` takes all. */
const EVERY = process.env.SLICEPROOF_DEEP ? 1 : 12;

describe.skipIf(!hasSuite)(
  'ONNX’s own suite (skipped where Debian’s libonnx-testdata is not installed)',
  () => {
    it('is proved, executed or refused by name, operator by operator, and never wrong', async () => {
      const table: Record<string, Record<string, number>> = {};
      const wrong: string[] = [];
      let number = 0;
      for (const given of suiteCases()) {
        if (number++ % EVERY !== 0) continue;
        const verdict = await verdictOf(given);
        if (verdict.kind === 'wrong') wrong.push(`${given.name}: ${verdict.message}`);
        const row = (table[given.operator] ??= {});
        const column = verdict.kind === 'refused' ? verdict.code : verdict.kind;
        row[column] = (row[column] ?? 0) + 1;
      }
      expect(wrong).toEqual([]);
      await expect(JSON.stringify(sorted(table), undefined, 2)).toMatchFileSnapshot(
        `../../../snapshots/onnx-suite${EVERY === 1 ? '' : '-sample'}.json`,
      );
    });
  },
);

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
