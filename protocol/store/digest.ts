import { getBytes, hexlify, sha256 as sha256Of } from 'ethers';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { create as createMultihash } from 'multiformats/hashes/digest';
import { z } from 'zod';
import { BadInputError } from '../errors.ts';

/** multihash code of sha2-256. */
const SHA2_256 = 0x12;

/** 0x and 64 lower-case hexadecimal digits. */
export const sha256Schema = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 lower-case hexadecimal digits');

/** A file by what is in it. */
export const artifactSchema = z.object({
  /** CIDv1, raw codec, sha2-256, base32. */
  cid: z.string().regex(/^[a-z2-7]{1,128}$/, 'expected a CID in base32'),
  sha256: sha256Schema,
  /** Size in bytes. */
  bytes: z.number().int().nonnegative(),
});

export type Artifact = z.infer<typeof artifactSchema>;

/** The address and size of these bytes. */
export function artifactOf(bytes: Uint8Array): Artifact {
  const sha256 = sha256Of(bytes);
  return { cid: cidOf(sha256), sha256, bytes: bytes.length };
}

/** The CIDv1 (raw, base32) of bytes with this sha-256. */
export function cidOf(sha256: string): string {
  return CID.createV1(raw.code, createMultihash(SHA2_256, getBytes(sha256))).toString();
}

/**
 * The sha-256 in a CID, the inverse of {@link cidOf}.
 * @throws BadInputError CID_UNSUPPORTED for another codec or hash, or text that is no CID
 */
export function digestOfCid(cid: string): string {
  let parsed: CID;
  try {
    parsed = CID.parse(cid);
  } catch (cause) {
    throw new BadInputError('CID_UNSUPPORTED', `expected a CID, got ${cid}`, { cause });
  }
  if (parsed.version !== 1 || parsed.code !== raw.code || parsed.multihash.code !== SHA2_256) {
    throw new BadInputError('CID_UNSUPPORTED', `expected CIDv1 of raw bytes with sha2-256, got ${cid}`);
  }
  return hexlify(parsed.multihash.digest);
}
