import { inflateRawSync } from 'node:zlib';
import { BadInputError } from '../errors.ts';

/** A file in an archive, packed. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes that it says it has, unpacked. */
  readonly size: number;
  /** @throws BadInputError INPUT_FORMAT: damaged, or not what the directory says; no more than `size` is unpacked */
  unpack(): Uint8Array;
}

const DIRECTORY_END = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

/** The end of the directory, and the longest comment that may follow it. */
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;

const refuse = (problem: string, cause?: unknown): BadInputError =>
  new BadInputError('INPUT_FORMAT', `expected an archive of numpy.savez: ${problem}`, { cause });

/**
 * What a ZIP archive holds (PKWARE's APPNOTE 6.3, without ZIP64 and encryption): by its directory, as Python reads it. Sizes and
 * CRC-32 are checked, so that what was damaged on its way isn't taken for numbers.
 * @throws BadInputError INPUT_FORMAT
 */
export function zipEntries(bytes: Uint8Array): readonly ZipEntry[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return directoryOf(file);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw refuse('it ends within its directory', cause);
  }
}

function directoryOf(file: Buffer): readonly ZipEntry[] {
  const end = directoryEnd(file);
  const entries: ZipEntry[] = [];
  const count = file.readUInt16LE(end + 10);
  for (let at = file.readUInt32LE(end + 16), i = 0; i < count; i++) {
    if (file.readUInt32LE(at) !== DIRECTORY_ENTRY) throw refuse(`entry ${i} of its directory is none`);
    const [flags, method] = [file.readUInt16LE(at + 8), file.readUInt16LE(at + 10)];
    const [crc, packed, size] = [16, 20, 24].map((place) => file.readUInt32LE(at + place));
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((place) => file.readUInt16LE(at + place));
    const local = file.readUInt32LE(at + 42);
    const name = file.subarray(at + 46, at + 46 + nameBytes).toString('utf8');
    entries.push({
      name,
      size,
      unpack: () => {
        const data = unpacked({ body: bodyAt(file, local, packed, name), flags, method, size, name });
        if (data.length === size && crc32(data) === crc) return data;
        throw refuse(`${name} is damaged: its ${data.length} bytes are not the ${size} of the directory`);
      },
    });
    at += 46 + nameBytes + extraBytes + commentBytes;
  }
  return entries;
}

function directoryEnd(file: Buffer): number {
  const last = file.length - END_BYTES;
  for (let at = last; at >= 0 && at >= last - LONGEST_COMMENT; at--) {
    if (file.readUInt32LE(at) === DIRECTORY_END) return at;
  }
  throw refuse('it has no directory');
}

function bodyAt(file: Buffer, local: number, packed: number, name: string): Buffer {
  const isThere = local + 30 <= file.length && file.readUInt32LE(local) === LOCAL_HEADER;
  const start = isThere ? local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28) : 0;
  if (!isThere || start + packed > file.length) throw refuse(`${name} isn't where its directory says`);
  return file.subarray(start, start + packed);
}

function unpacked(entry: {
  readonly body: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly size: number;
  readonly name: string;
}): Uint8Array {
  const { body, flags, method, size, name } = entry;
  if ((flags & 1) !== 0) throw refuse(`${name} is encrypted`);
  if (method === STORED) return body;
  if (method !== DEFLATED) throw refuse(`${name} is packed by method ${method}, not by deflate`);
  try {
    return inflateRawSync(body, { maxOutputLength: Math.max(1, size) });
  } catch (cause) {
    throw refuse(`${name} is damaged: ${(cause as Error).message}`, cause);
  }
}

/** Remainders of bytes by the polynomial of IEEE 802.3, bits reversed. */
const REMAINDERS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) rest = REMAINDERS[(rest ^ byte) & 0xff] ^ (rest >>> 8);
  return ~rest >>> 0;
}
