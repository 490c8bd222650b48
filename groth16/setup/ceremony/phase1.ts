import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { BASE_FIELD, FIELD_BYTES, readLittleEndian } from '../../formats/bn254.ts';
import { CeremonyError } from './errors.ts';
import { PUBLISHED_PHASE1 } from './published-phase1.ts';

/** A phase-1 file: powers of τ that every circuit of a ceremony starts from. */
export interface Phase1File {
  readonly file: string;
  /** It serves circuits of up to 2^power rows. */
  readonly power: number;
  /** blake2b of the file, 0x and 128 hexadecimal digits. */
  readonly blake2b: string;
  /** Its name among the published ones; null when it is none of them. */
  readonly published: string | null;
}

const FILE_HEADER_BYTES = 12;
const SECTION_HEADER_BYTES = 12;
const HEADER_BYTES = 4 + FIELD_BYTES + 8;
const MAX_SECTIONS = 64;
/** Sections that `powersoftau prepare phase2` adds: Lagrange polynomials at τ. */
const PREPARED = [12, 13, 14, 15];

/**
 * Reads a phase-1 file's header and hashes the whole of it. Its points are not checked: for a published file
 * the hash stands for that, and whoever made any other one may know its secrets.
 * @param allowUnpublished take files of which no hash is pinned
 * @throws CeremonyError PHASE1_UNREADABLE, PHASE1_MALFORMED, PHASE1_UNPREPARED, PHASE1_UNPUBLISHED
 */
export async function readPhase1(file: string, allowUnpublished: boolean): Promise<Phase1File> {
  const { power, sections } = await readHeader(file);
  const missing = PREPARED.filter((id) => !sections.has(id));
  if (missing.length > 0) {
    throw new CeremonyError('PHASE1_UNPREPARED', `${file} has no section ${missing[0]}`, {
      hint: 'Prepare it with `snarkjs powersoftau prepare phase2`, or take a published file, which is.',
    });
  }
  const blake2b = await blake2bOf(file);
  const known = PUBLISHED_PHASE1.find((published) => `0x${published.blake2b}` === blake2b);
  if (known === undefined && !allowUnpublished) {
    throw new CeremonyError('PHASE1_UNPUBLISHED', `${file} is none of the published phase-1 files`, {
      hint: 'Whoever made it may be able to forge proofs. For a rehearsal, allow it with --allow-unpublished-phase1.',
      details: { blake2b },
    });
  }
  return { file, power, blake2b, published: known?.name ?? null };
}

async function readHeader(
  file: string,
): Promise<{ readonly power: number; readonly sections: ReadonlySet<number> }> {
  const handle = await open(file).catch((cause: Error) => {
    throw new CeremonyError('PHASE1_UNREADABLE', `${file} can't be read: ${cause.message}`, { cause });
  });
  try {
    const { size } = await handle.stat();
    const header = await read(handle, 0, FILE_HEADER_BYTES);
    const count = header.readUInt32LE(8);
    if (header.toString('latin1', 0, 4) !== 'ptau' || header.readUInt32LE(4) !== 1 || count > MAX_SECTIONS) {
      throw malformed(file, 'expected a .ptau file of version 1');
    }
    const sections = new Map<number, { readonly at: number; readonly length: number }>();
    let at = FILE_HEADER_BYTES;
    for (let index = 0; index < count; index++) {
      const frame = await read(handle, at, SECTION_HEADER_BYTES);
      const id = frame.readUInt32LE(0);
      const length = Number(frame.readBigUInt64LE(4));
      at += SECTION_HEADER_BYTES;
      if (sections.has(id)) throw malformed(file, `section ${id} occurs twice`);
      sections.set(id, { at, length });
      at += length;
    }
    if (at !== size) throw malformed(file, `its sections end at ${at}, it has ${size} bytes`);
    return { power: await powerOf(handle, file, sections.get(1)), sections: new Set(sections.keys()) };
  } catch (cause) {
    if (cause instanceof CeremonyError) throw cause;
    throw malformed(file, (cause as Error).message, cause);
  } finally {
    await handle.close();
  }
}

async function powerOf(
  handle: FileHandle,
  file: string,
  section: { readonly at: number; readonly length: number } | undefined,
): Promise<number> {
  if (section?.length !== HEADER_BYTES) throw malformed(file, 'expected a header over BN254');
  const bytes = await read(handle, section.at, HEADER_BYTES);
  const power = bytes.readUInt32LE(4 + FIELD_BYTES);
  if (bytes.readUInt32LE(0) !== FIELD_BYTES || readLittleEndian(bytes, 4) !== BASE_FIELD) {
    throw malformed(file, 'expected points of BN254');
  }
  if (power < 1 || power > 28) throw malformed(file, `a power of ${power} is not possible`);
  return power;
}

async function read(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, at);
  if (bytesRead !== length) throw new CeremonyError('PHASE1_MALFORMED', 'the file is cut short');
  return bytes;
}

async function blake2bOf(file: string): Promise<string> {
  const hash = createHash('blake2b512');
  for await (const piece of createReadStream(file)) hash.update(piece as Uint8Array);
  return `0x${hash.digest('hex')}`;
}

function malformed(file: string, reason: string, cause?: unknown): CeremonyError {
  return new CeremonyError('PHASE1_MALFORMED', `${file} is no phase-1 file: ${reason}`, {
    hint: 'Fetch it again.',
    cause,
  });
}
