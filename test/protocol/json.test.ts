import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BadInputError } from '../../protocol/errors.ts';
import { decodeJson } from '../../protocol/json.ts';

const schema = z.strictObject({
  names: z.array(z.string()),
  // Throws instead of answering, as BigInt does of what is no number.
  number: z.string().refine((text) => BigInt(text) > 0n, 'expected a number above zero'),
});
const decode = (bytes: Uint8Array): z.infer<typeof schema> =>
  decodeJson(bytes, {
    schema,
    maxBytes: 2000,
    refuse: (reason, cause) => new BadInputError('SOMETHING_MALFORMED', reason, { cause }),
  });
const whole = { names: ['a'], number: '7' };
const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

describe('JSON from outside', () => {
  it('is read as its schema says', () => {
    expect(decode(bytesOf(whole))).toEqual(whole);
  });

  it.each<[string, Uint8Array]>([
    ['too much', Buffer.alloc(2001, ' ')],
    ['nothing', Buffer.alloc(0)],
    ['bytes that are no text', Uint8Array.of(0x22, 0xff, 0x22)],
    ['no JSON', Buffer.from('{"names":')],
    ['another document', bytesOf([])],
    ['a field too many', bytesOf({ ...whole, more: 1 })],
    ['what a rule stumbles over', bytesOf({ ...whole, number: 'is-a-cat' })],
    ['very many wrong fields', bytesOf({ ...whole, names: Array(500).fill(1) })],
  ])('is refused by name, with a reason of bounded length, where it is %s', (_, bytes) => {
    try {
      decode(bytes);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'SOMETHING_MALFORMED' });
      expect((error as Error).message.length).toBeLessThanOrEqual(1000);
    }
  });
});
