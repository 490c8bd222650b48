import { sha256 } from 'ethers';
import { z } from 'zod';

/** 0x and 64 lower-case hexadecimal digits. */
export const sha256Schema = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 lower-case hexadecimal digits');

/** A file's sha-256 as transcripts name it. */
export function sha256Of(bytes: Uint8Array): string {
  return sha256(bytes);
}
