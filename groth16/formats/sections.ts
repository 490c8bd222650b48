import { FormatError } from './errors.ts';

/** One section of an iden3 binary file: its number and its bytes. */
export interface Section {
  readonly id: number;
  readonly length: number;
  /** The bytes in order; the pieces' lengths add up to `length`. Pieces may be reused after they are taken. */
  readonly pieces: Iterable<Uint8Array>;
}

/** What an iden3 file starts with. */
export interface FileKind {
  /** Four letters, e.g. `r1cs`. */
  readonly magic: string;
  readonly version: number;
}

const FILE_HEADER_BYTES = 12;
const SECTION_HEADER_BYTES = 12;

/** The bytes of a file in order, piece by piece, for hashing or writing without holding the whole. */
export function* filePieces(kind: FileKind, sections: readonly Section[]): Generator<Uint8Array> {
  const header = new Uint8Array(FILE_HEADER_BYTES);
  const view = new DataView(header.buffer);
  header.set(new TextEncoder().encode(kind.magic));
  view.setUint32(4, kind.version, true);
  view.setUint32(8, sections.length, true);
  yield header;
  for (const section of sections) {
    const sectionHeader = new Uint8Array(SECTION_HEADER_BYTES);
    const sectionView = new DataView(sectionHeader.buffer);
    sectionView.setUint32(0, section.id, true);
    sectionView.setBigUint64(4, BigInt(section.length), true);
    yield sectionHeader;
    yield* section.pieces;
  }
}

/** Bytes of the file that {@link filePieces} gives. */
export function fileLength(sections: readonly Section[]): number {
  return sections.reduce((sum, section) => sum + SECTION_HEADER_BYTES + section.length, FILE_HEADER_BYTES);
}

/** The whole file in one array. */
export function writeFileBytes(kind: FileKind, sections: readonly Section[]): Uint8Array {
  const out = new Uint8Array(fileLength(sections));
  let at = 0;
  for (const piece of filePieces(kind, sections)) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/**
 * Splits a file into its sections, which are views of `bytes`. Bytes after the last section are refused, as
 * is a section that occurs twice: readers would disagree on which one counts.
 *
 * @throws FormatError FORMAT_MAGIC, FORMAT_VERSION, FORMAT_TRUNCATED, FORMAT_SECTION_TWICE, FORMAT_TRAILING
 */
export function readSections(bytes: Uint8Array, kind: FileKind): ReadonlyMap<number, Uint8Array> {
  const label = `.${kind.magic} file`;
  if (bytes.length < FILE_HEADER_BYTES) {
    throw truncated(label, `a header of ${FILE_HEADER_BYTES} bytes`, `${bytes.length} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (magic !== kind.magic) {
    throw new FormatError(
      'FORMAT_MAGIC',
      `expected a ${label}, got one that starts with ${JSON.stringify(magic)}`,
    );
  }
  const version = view.getUint32(4, true);
  if (version !== kind.version) {
    throw new FormatError('FORMAT_VERSION', `expected version ${kind.version} of a ${label}, got ${version}`);
  }
  const count = view.getUint32(8, true);
  const sections = new Map<number, Uint8Array>();
  let at = FILE_HEADER_BYTES;
  for (let index = 0; index < count; index++) {
    if (bytes.length - at < SECTION_HEADER_BYTES) {
      throw truncated(label, `${count} sections`, `an end of the file in the header of section ${index + 1}`);
    }
    const id = view.getUint32(at, true);
    const length = view.getBigUint64(at + 4, true);
    at += SECTION_HEADER_BYTES;
    if (length > BigInt(bytes.length - at)) {
      throw truncated(label, `${length} bytes in section ${id}`, `${bytes.length - at}`);
    }
    if (sections.has(id))
      throw new FormatError('FORMAT_SECTION_TWICE', `section ${id} of a ${label} occurs twice`);
    sections.set(id, bytes.subarray(at, at + Number(length)));
    at += Number(length);
  }
  if (at !== bytes.length) {
    throw new FormatError(
      'FORMAT_TRAILING',
      `a ${label} has ${bytes.length - at} bytes after its last section`,
    );
  }
  return sections;
}

/**
 * The section with this number.
 *
 * @throws FormatError FORMAT_SECTION_MISSING, FORMAT_SECTION_LENGTH
 */
export function requireSection(
  sections: ReadonlyMap<number, Uint8Array>,
  kind: FileKind,
  id: number,
  length?: number,
): Uint8Array {
  const section = sections.get(id);
  if (section === undefined) {
    throw new FormatError(
      'FORMAT_SECTION_MISSING',
      `a .${kind.magic} file needs section ${id}, which is absent`,
    );
  }
  if (length !== undefined && section.length !== length) {
    throw new FormatError(
      'FORMAT_SECTION_LENGTH',
      `section ${id} of a .${kind.magic} file should have ${length} bytes, it has ${section.length}`,
    );
  }
  return section;
}

function truncated(label: string, expected: string, got: string): FormatError {
  return new FormatError('FORMAT_TRUNCATED', `${label} is cut short: expected ${expected}, got ${got}`, {
    hint: 'fetch or build the file again',
  });
}
