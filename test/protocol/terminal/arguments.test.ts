import { describe, expect, it } from 'vitest';
import { expectId } from '../../../protocol/terminal/arguments.ts';

describe('arguments of commands', () => {
  it('are ids of 32 bytes, written in lower case from then on', () => {
    expect(expectId(`0x${'aB'.repeat(32)}`)).toBe(`0x${'ab'.repeat(32)}`);
    for (const wrong of ['', '0x12', 'ab'.repeat(32), `0x${'ab'.repeat(33)}`, `0x${'ag'.repeat(32)}`])
      expect(() => expectId(wrong)).toThrow(expect.objectContaining({ code: 'ID_MALFORMED' }));
  });
});
