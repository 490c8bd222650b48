import { InvalidArgumentError } from 'commander';
import { parseAmount } from '../contracts/ledger-units.ts';
import { BadInputError } from '../errors.ts';

/** For arguments that are ids on chain, of a job or a model. @throws BadInputError ID_MALFORMED */
export function expectId(text: string): string {
  if (/^0x[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw new BadInputError(
    'ID_MALFORMED',
    `expected an id, 0x and 64 hexadecimal digits, got ${text.slice(0, 80)}`,
  );
}

/** For amounts of the market's asset, as they are written; whatever asset that is. @throws BadInputError AMOUNT_MALFORMED */
export function amount(text: string): string {
  parseAmount(text);
  return text;
}

/** For options that are counts or seconds: a whole number from `least` to `most`, which words of 32 bits hold. */
export function wholeNumber(least = 0, most = 2 ** 32 - 1): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      most === 2 ** 32 - 1
        ? `Expected a whole number from ${least}.`
        : `Expected a whole number from ${least} to ${most}.`,
    );
  };
}

/** Most slices that a model has. */
const MOST_SLICES = 256;

/** For options that name slices: `0,2`, each from 0 to 255. In the order in which they come, each once. */
export function sliceIndices(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  const all = parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < MOST_SLICES);
  if (all) return [...new Set(parts.map(Number))];
  throw new InvalidArgumentError('Expected slice indices separated by commas, e.g. 0,2.');
}

/** For options that are numbers: `0.485,0.456,0.406`. */
export function numbers(text: string): number[] {
  const found = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (found.every(Number.isFinite)) return found;
  throw new InvalidArgumentError('Expected numbers separated by commas, e.g. 0.485,0.456,0.406.');
}
