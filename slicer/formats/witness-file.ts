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
 * @throws FormatError WITNESS_VALUE when a value is outside [0, r)
 */
export function writeWitness(values: readonly bigint[]): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, FIELD_BYTES, true);
  writeLittleEndian(header, 4, SCALAR_FIELD);
  view.setUint32(4 + FIELD_BYTES, values.length, true);
  const body = new Uint8Array(values.length * FIELD_BYTES);
  for (let wire = 0; wire < values.length; wire++) {
    const value = values[wire];
    if (value < 0n || value >= SCALAR_FIELD) {
      throw new FormatError('WITNESS_VALUE', `wire ${wire} of a witness should be in [0, r), it is ${value}`);
    }
    writeLittleEndian(body, wire * FIELD_BYTES, value);
  }
  return writeFileBytes(KIND, [
    { id: HEADER, length: HEADER_BYTES, pieces: [header] },
    { id: VALUES, length: body.length, pieces: [body] },
  ]);
}

/**
 * Reads a .wtns file over BN254's scalar field.
 *
 * @throws FormatError FORMAT_* of sections.ts, WITNESS_FIELD, WITNESS_VALUE
 */
export function readWitness(bytes: Uint8Array): readonly bigint[] {
  const body = witnessBody(bytes);
  const values = new Array<bigint>(body.length / FIELD_BYTES);
  for (let wire = 0; wire < values.length; wire++) {
    const value = readLittleEndian(body, wire * FIELD_BYTES);
    if (value >= SCALAR_FIELD) {
      throw new FormatError('WITNESS_VALUE', `wire ${wire} of a witness should be below r, it is ${value}`);
    }
    values[wire] = value;
  }
  return values;
}

/** Number of wires in a .wtns file, after the same checks of its frame as {@link readWitness}. */
export function witnessLength(bytes: Uint8Array): number {
  return witnessBody(bytes).length / FIELD_BYTES;
}

function witnessBody(bytes: Uint8Array): Uint8Array {
  const sections = readSections(bytes, KIND);
  const header = requireSection(sections, KIND, HEADER, HEADER_BYTES);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (view.getUint32(0, true) !== FIELD_BYTES || readLittleEndian(header, 4) !== SCALAR_FIELD) {
    throw new FormatError('WITNESS_FIELD', "expected a witness over BN254's scalar field");
  }
  return requireSection(sections, KIND, VALUES, view.getUint32(4 + FIELD_BYTES, true) * FIELD_BYTES);
}
