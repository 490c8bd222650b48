import { describe, expect, it } from 'vitest';
import { piecesFit, type Whole } from '../../protocol/box.ts';
import { joinWhole, splitWhole } from '../../protocol/wholes.ts';

/** A 2×3×4 tensor in three pieces: the first channel, and the second in two blocks of columns. */
const whole: Whole = {
  name: 'image',
  shape: [2, 3, 4],
  pieces: [
    { tensor: 0, start: [0, 0, 0], end: [1, 3, 4] },
    { tensor: 2, start: [1, 0, 0], end: [2, 3, 1] },
    { tensor: 1, start: [1, 0, 1], end: [2, 3, 4] },
  ],
};
const values = Float64Array.from({ length: 24 }, (_, i) => i);
const tensors = [{ shape: [1, 3, 4] }, { shape: [1, 3, 3] }, { shape: [1, 3, 1] }];

describe('a tensor in pieces', () => {
  it('is split and joined again', () => {
    const pieces = splitWhole(whole, values);
    expect(pieces.map((piece) => Array.from(piece))).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
      [12, 16, 20],
      [13, 14, 15, 17, 18, 19, 21, 22, 23],
    ]);
    expect(joinWhole(whole, pieces)).toEqual(values);
  });

  it('is refused when its pieces do not cover it once each', () => {
    const [first, second] = whole.pieces;
    for (const pieces of [
      [first, second],
      [first, second, second],
      [first, first],
    ]) {
      const cut = { ...whole, pieces };
      expect(() => joinWhole(cut, splitWhole(cut, values))).toThrow(
        expect.objectContaining({ code: 'WHOLE_PIECES' }),
      );
    }
  });

  it('fits tensors of its pieces’ shapes, and no others', () => {
    expect(piecesFit(whole, tensors)).toBe(true);
    expect(piecesFit(whole, tensors.slice(0, 2))).toBe(false);
    expect(piecesFit(whole, [...tensors.slice(0, 2), { shape: [1, 1, 3] }])).toBe(false);
    expect(piecesFit({ ...whole, pieces: whole.pieces.slice(1) }, tensors)).toBe(false);
    expect(piecesFit({ ...whole, shape: [2, 3, 5] }, tensors)).toBe(false);
  });
});
