import { FIELD_BYTES, SCALAR_FIELD, readLittleEndian, writeLittleEndian } from './bn254.ts';
import { FormatError } from './errors.ts';
import { readSections, requireSection, writeFileBytes } from './sections.ts';
import type { FileKind } from './sections.ts';

// The .wtns format, version 2: header (bytes a field element, r, count), then the values little-endian.

const KIND: FileKind = { magic: 'wtns', version: 2 };
const HEADER = 1;
const VALUES = 2;
const HEADER_BYTES = 4 + FIELD_BYTES + 4;

/**
 * The .wtns file of a witness: one canonical field element a wire, wire 0 (the constant one) first.
 *
 * @param values numbers, or the elements as they lie in the file: 32 bytes little-endian each
 * @throws FormatError WITNESS_VALUE when a value is outside [0, r), WITNESS_LENGTH when bytes end inside one
 */
export function writeWitness(values: readonly bigint[] | Uint8Array): Uint8Array {
  const body = values instanceof Uint8Array ? checkedBytes(values) : encode(values);
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, FIELD_BYTES, true);
  writeLittleEndian(header, 4, SCALAR_FIELD);
  view.setUint32(4 + FIELD_BYTES, body.length / FIELD_BYTES, true);
  return writeFileBytes(KIND, [
    { id: HEADER, length: HEADER_BYTES, pieces: [header] },
    { id: VALUES, length: body.length, pieces: [body] },
  ]);
}

function encode(values: readonly bigint[]): Uint8Array {
  const body = new Uint8Array(values.length * FIELD_BYTES);
  for (let wire = 0; wire < values.length; wire++) {
    const value = values[wire];
    if (value < 0n || value >= SCALAR_FIELD) throw outOfRange(wire, value);
    writeLittleEndian(body, wire * FIELD_BYTES, value);
  }
  return body;
}

/** Bits 192 to 255 of r: an element whose top word is less needs no further look. */
const TOP_WORD = SCALAR_FIELD >> 192n;

function checkedBytes(body: Uint8Array): Uint8Array {
  if (body.length % FIELD_BYTES !== 0) {
    throw new FormatError(
      'WITNESS_LENGTH',
      `a witness should be a multiple of ${FIELD_BYTES} bytes, it has ${body.length}`,
    );
  }
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let at = 0; at < body.length; at += FIELD_BYTES) {
    if (view.getBigUint64(at + 24, true) < TOP_WORD) continue;
    const value = readLittleEndian(body, at);
    if (value >= SCALAR_FIELD) throw outOfRange(at / FIELD_BYTES, value);
  }
  return body;
}

function outOfRange(wire: number, value: bigint): FormatError {
  return new FormatError('WITNESS_VALUE', `wire ${wire} of a witness should be in [0, r), it is ${value}`);
}

/**
 * Reads a .wtns file over BN254's scalar field.
 *
 * @throws FormatError FORMAT_* of sections.ts, WITNESS_FIELD, WITNESS_VALUE
 */
export function readWitness(bytes: Uint8Array): readonly bigint[] {
  const body = checkedBytes(witnessBody(bytes));
  return Array.from({ length: body.length / FIELD_BYTES }, (_, wire) =>
    readLittleEndian(body, wire * FIELD_BYTES),
  );
}

/** Number of wires in a .wtns file, after the same checks of its frame as {@link readWitness}. */
export function witnessLength(bytes: Uint8Array): number {
  return witnessBody(bytes).length / FIELD_BYTES;
}

/**
 * The values of a .wtns file as they lie in it, 32 bytes little-endian each, after the same checks of its frame
 * as {@link readWitness}; the values themselves are not checked.
 */
export function witnessBody(bytes: Uint8Array): Uint8Array {
  const sections = readSections(bytes, KIND);
  const header = requireSection(sections, KIND, HEADER, HEADER_BYTES);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (view.getUint32(0, true) !== FIELD_BYTES || readLittleEndian(header, 4) !== SCALAR_FIELD) {
    throw new FormatError('WITNESS_FIELD', "expected a witness over BN254's scalar field");
  }
  return requireSection(sections, KIND, VALUES, view.getUint32(4 + FIELD_BYTES, true) * FIELD_BYTES);
}
