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

  it('may have quotes, colons, backslashes and keys of all kinds in its words', () => {
    const names = ['"', '\\', '":', '\\":', '{"a":1,"a":2}', '', '": "', '\\\\"'];
    for (const spaces of [undefined, 1, '\t']) {
      const text = JSON.stringify({ ...whole, names }, undefined, spaces);
      expect(decode(Buffer.from(text))).toEqual({ ...whole, names });
      expect(decode(Buffer.from(text.replace('"number":', '"number" \r\n\t:')))).toEqual({ ...whole, names });
    }
  });

  it.each(['1.0', '1.00000000000000000001', '1e0', '1E+0', '-0', '-0.0', '0.5'])(
    'may have to hold whole numbers, and %s is none',
    (number) => {
      const decodeWhole = (text: string): unknown =>
        decodeJson(Buffer.from(text), {
          schema: z.unknown(),
          maxBytes: 2000,
          wholeNumbers: true,
          refuse: (reason) => new BadInputError('SOMETHING_MALFORMED', reason),
        });
      const texts = [
        number,
        `[0,${number}]`,
        `[${number}, "a"]`,
        `{"a":${number},"b":1}`,
        `{"b":[true,null],"a": ${number}}`,
      ];
      for (const text of texts)
        expect(() => decodeWhole(text), text).toThrow(
          `expected whole numbers, written as such, found ${number}`,
        );
      for (const text of [
        '-10',
        '{"a":[0,-7,1200], "b": true, "c": 9007199254740991}',
        `"${number}"`,
        `{"${number}":"${number}"}`,
      ])
        expect(decodeWhole(text)).toEqual(JSON.parse(text));
    },
  );

  it.each<[string, Uint8Array]>([
    ['a key twice', Buffer.from('{"number":"-7","names":["a"],"number":"7"}')],
    ['a key twice, written in two ways', Buffer.from('{"number":"-7","names":["a"],"n\\u0075mber" : "7"}')],
    ['a key twice, alike', Buffer.from('{"number":"7","names":["a"],"number":"7"}')],
    ['a name of every object', Buffer.from('{"number":"7","names":["a"],"__proto__":{"more":1}}')],
    ['another name of every object', Buffer.from('{"number":"7","names":["a"],"constructor":1}')],
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
