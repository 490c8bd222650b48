import { BadInputError } from '../errors.ts';

/** For arguments that are ids on chain, of a job or a model. @throws BadInputError ID_MALFORMED */
export function expectId(text: string): string {
  if (/^0x[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw new BadInputError(
    'ID_MALFORMED',
    `expected an id, 0x and 64 hexadecimal digits, got ${text.slice(0, 80)}`,
  );
}
