import { formatUnits, parseUnits } from 'ethers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { amountOfText, parseAmount, textOfAmount } from '../../../protocol/contracts/ledger-units.ts';

const amounts = fc.bigInt({ min: 0n, max: 2n ** 160n });

it('reads and writes amounts as ethers does', () => {
  fc.assert(
    fc.property(amounts, (amount) => {
      const text = textOfAmount(amount);
      expect(text).toBe(formatUnits(amount, 18).replace(/\.0$/, ''));
      expect(amountOfText(text)).toBe(amount);
      expect(amountOfText(text)).toBe(parseUnits(text, 18));
    }),
  );
});

it.each([
  ['0', 0n],
  ['0.000000000000000001', 1n],
  ['007.50', 75n * 10n ** 17n],
  ['1', 10n ** 18n],
])('%s is %s', (text, amount) => expect(amountOfText(text)).toBe(amount));

it('takes from users what a ledger can hold, and nothing else', () => {
  const most = 2n ** 96n - 1n;
  expect(parseAmount(textOfAmount(most))).toBe(most);
  expect(parseAmount(' 12.5 ')).toBe(125n * 10n ** 17n);
  const wrong = [
    textOfAmount(most + 1n),
    '9'.repeat(40),
    '-5',
    '+5',
    'five',
    '1e-30',
    '0x10',
    '1,5',
    '1,000',
    '1_000',
    '.5',
    '5.',
    '0.0000000000000000001',
    '٣',
    'NaN',
    'Infinity',
    '',
    ' ',
    '5 TST',
  ];
  for (const text of wrong)
    expect(() => parseAmount(text), text).toThrow(expect.objectContaining({ code: 'AMOUNT_MALFORMED' }));
});
