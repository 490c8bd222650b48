// What files of signed requests and bids are made of.
import { z } from 'zod';

export const integer = z
  .union([z.bigint(), z.number().int(), z.string().regex(/^\d{1,78}$/)])
  .transform((value) => BigInt(value));
/** One that fits the contract's field of so many bits. */
export const integerBelow = (bits: number) =>
  integer.refine((value) => value >= 0n && value >> BigInt(bits) === 0n, `expected ${bits} bits at most`);
export const word = z.string().regex(/^0x[0-9a-fA-F]{64}$/);
export const account = z.string().regex(/^0x[0-9a-fA-F]{40}$/);
/** Of a key, or whatever a contract takes: 2,048 bytes at most. */
export const signatureBytes = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2})*$/)
  .max(4098);

/** Of a key alone: 65 bytes. */
export const keySignature = z
  .string()
  .regex(/^0x[0-9a-fA-F]{130}$/, 'expected 0x and 130 hexadecimal digits');

/** A value with its integers as text, so that it can be written as JSON. */
export function withTexts(value: object): unknown {
  const text = JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? part.toString() : part,
  );
  return JSON.parse(text);
}
