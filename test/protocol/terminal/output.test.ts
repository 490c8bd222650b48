import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { printTable } from '../../../protocol/terminal/output.ts';

const ACCOUNT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

function printed(
  columns: number | undefined,
  head: readonly string[],
  rows: readonly (string | number)[][],
): string {
  let text = '';
  printTable({ json: false, columns, write: (part) => void (text += part) }, head, rows);
  return text;
}

const widthOf = (text: string): number =>
  Math.max(...text.split('\n').map((line) => stripVTControlCharacters(line).length));

describe('a table', () => {
  const head = ['slice', 'holder', 'state'];
  const rows = [[1, ACCOUNT, pc.green('proved')]];

  it('has whole accounts where there is room for them, and shortened ones where there isn’t', () => {
    expect(printed(100, head, rows)).toContain(ACCOUNT);
    const narrow = printed(50, head, rows);
    expect(narrow).toContain('0x7099…79C8');
    expect(widthOf(narrow)).toBeLessThanOrEqual(50);
  });

  it('is a card a row where even that is too wide, with everything in it', () => {
    const cards = printed(20, head, [...rows, [2, ACCOUNT, 'open']]);
    expect(stripVTControlCharacters(cards)).toBe(
      `slice   1\nholder  ${ACCOUNT}\nstate   proved\n\nslice   2\nholder  ${ACCOUNT}\nstate   open\n`,
    );
  });

  it('is never wider than the line, and 80 where nobody says how wide that is', () => {
    const cell = fc.string({ unit: 'grapheme-ascii', maxLength: 30 });
    const table = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        table,
        fc.option(fc.integer({ min: 45, max: 120 }), { nil: undefined }),
        (cells, columns) => {
          expect(widthOf(printed(columns, head, cells))).toBeLessThanOrEqual(columns ?? 80);
        },
      ),
    );
  });
});
