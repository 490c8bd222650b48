import { describe, expect, it } from 'vitest';
import { amount, expectId, sliceIndices, wholeNumber } from '../../../protocol/terminal/arguments.ts';

describe('arguments of commands', () => {
  it('are ids of 32 bytes, written in lower case from then on', () => {
    expect(expectId(`0x${'aB'.repeat(32)}`)).toBe(`0x${'ab'.repeat(32)}`);
    for (const wrong of ['', '0x12', 'ab'.repeat(32), `0x${'ab'.repeat(33)}`, `0x${'ag'.repeat(32)}`])
      expect(() => expectId(wrong)).toThrow(expect.objectContaining({ code: 'ID_MALFORMED' }));
  });

  it('are whole numbers within bounds, and nothing else', () => {
    expect(wholeNumber(1, 256)('256')).toBe(256);
    const wrong = ['0', '257', '-5', '1.5', 'five', '', ' ', '1e3', '0x10', '99999999999'];
    for (const text of wrong)
      expect(() => wholeNumber(1, 256)(text), text).toThrow(/whole number from 1 to 256/);
    expect(() => wholeNumber()(String(2 ** 32))).toThrow('from 0.');
  });

  it('are amounts, looked at before there is a chain and an asset', () => {
    expect(amount('12.5')).toBe('12.5');
    for (const text of ['-5', 'five', '1e3', '0x1'])
      expect(() => amount(text), text).toThrow(expect.objectContaining({ code: 'AMOUNT_MALFORMED' }));
  });

  it('are slices, each once, in the order in which they come', () => {
    expect(sliceIndices('2, 0,2,255')).toEqual([2, 0, 255]);
    for (const text of ['', '0,', '256', '-1', '0 2', 'a', '0,1.5']) {
      expect(() => sliceIndices(text), text).toThrow(/e\.g\. 0,2/);
    }
  });
});
