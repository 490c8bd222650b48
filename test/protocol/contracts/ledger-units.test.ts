import { formatUnits, parseUnits } from 'ethers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { amountOfText, textOfAmount } from '../../../protocol/contracts/ledger-units.ts';

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
