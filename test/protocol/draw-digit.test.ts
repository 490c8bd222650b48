import { describe, expect, it } from 'vitest';
import { drawDigit } from '../../protocol/draw-digit.ts';

describe('drawDigit', () => {
  it('draws two rows of pixels with one line of text', () => {
    const pixels = [...[1, 1, 0, 0, 0.5, 0.25, 0], ...[1, 0, 1, 0, 0.5, 0.25, 0]];
    expect(drawDigit(pixels, 7)).toBe('█▀▄ ▒░');
  });

  it('draws an odd last row over empty paper', () => {
    expect(drawDigit([0, 0, 0, 0, 1, 1], 2)).toBe('\n▀▀');
  });
});
