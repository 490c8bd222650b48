import { describe, expect, it } from 'vitest';
import { decodeVerifyingKey } from '../../../groth16/formats/verifying-key.ts';

describe('a verifying key’s file', () => {
  it.each<[string, Uint8Array]>([
    ['no JSON', Buffer.from('{"protocol":')],
    ['no text', Uint8Array.of(0xff, 0xfe, 0x00)],
    ['nothing', new Uint8Array(0)],
    ['another thing', Buffer.from('{"protocol":"plonk"}')],
  ])('is refused by name when it is %s', (_, file) => {
    expect(() => decodeVerifyingKey(file)).toThrow(
      expect.objectContaining({
        code: 'VERIFYING_KEY_MALFORMED',
        message: expect.stringMatching(/^not a Groth16/) as string,
      }),
    );
  });
});
