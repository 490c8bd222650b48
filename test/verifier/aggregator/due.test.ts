import { describe, expect, test } from 'vitest';
import { settleReason } from '../../../verifier/aggregator/settle/due.ts';

const limits = { maxBatch: 3, maxAgeSeconds: 30 };
const proof = { payableFrom: 0, settleBy: 9_940, receivedAt: 0 };

describe('proofs are due', () => {
  test('when they fill a batch', () => {
    expect(settleReason([proof, proof], limits, 100, 0)).toBeUndefined();
    expect(settleReason([proof, proof, proof], limits, 100, 0)).toBe('size');
  });

  test('when one has waited long enough', () => {
    expect(settleReason([proof], limits, 100, 29_999)).toBeUndefined();
    expect(settleReason([proof], limits, 100, 30_000)).toBe('age');
  });

  test('when the clock was set back since it came', () => {
    expect(settleReason([{ ...proof, receivedAt: 3_600_000 }], limits, 100, 0)).toBe('age');
  });

  test('when one’s time runs out, before anything else', () => {
    expect(settleReason([proof], limits, 9_939, 0)).toBeUndefined();
    expect(settleReason([proof, proof, proof], limits, 9_940, 0)).toBe('deadline');
  });

  test('never while their bid windows are open', () => {
    const open = { ...proof, payableFrom: 100 };
    expect(settleReason([open, open, open], limits, 100, 60_000)).toBeUndefined();
    expect(settleReason([open, open, open], limits, 101, 60_000)).toBe('size');
    expect(settleReason([], limits, 101, 60_000)).toBeUndefined();
  });
});
