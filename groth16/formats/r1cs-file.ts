import { createHash } from 'node:crypto';
import { FIELD_BYTES, SCALAR_FIELD, readLittleEndian, writeLittleEndian } from './bn254.ts';
import { FormatError } from './errors.ts';
import { rowCount } from './r1cs.ts';
import type { R1cs, SparseRows } from './r1cs.ts';
import { filePieces, readSections, requireSection, writeFileBytes } from './sections.ts';
import type { FileKind, Section } from './sections.ts';

// The .r1cs format, version 1: https://github.com/iden3/r1csfile/blob/master/doc/r1cs_bin_format.md

const KIND: FileKind = { magic: 'r1cs', version: 1 };
const HEADER = 1;
const CONSTRAINTS = 2;
const WIRE_LABELS = 3;
const HEADER_BYTES = 64;
const FIELD_WORDS = FIELD_BYTES / 4;
const TERM_WORDS = 1 + FIELD_WORDS;
const PIECE_WORDS = 1 << 18;

/** The .r1cs file of a circuit; every wire is its own label. */
export function writeR1cs(r1cs: R1cs): Uint8Array {
  return writeFileBytes(KIND, sectionsOf(r1cs));
}

/** SHA-256 of the .r1cs file, without building the file. */
export function r1csDigest(r1cs: R1cs): Uint8Array {
  const hash = createHash('sha256');
  for (const piece of filePieces(KIND, sectionsOf(r1cs))) hash.update(piece);
  return new Uint8Array(hash.digest());
}

function sectionsOf(r1cs: R1cs): readonly Section[] {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, FIELD_BYTES, true);
  writeLittleEndian(header, 4, SCALAR_FIELD);
  view.setUint32(36, r1cs.wires, true);
  view.setUint32(40, r1cs.publicOutputs, true);
  view.setUint32(44, r1cs.publicInputs, true);
  view.setUint32(48, r1cs.privateInputs, true);
  view.setBigUint64(52, BigInt(r1cs.wires), true);
  view.setUint32(60, rowCount(r1cs), true);
  const terms = r1cs.a.wires.length + r1cs.b.wires.length + r1cs.c.wires.length;
  return [
    { id: HEADER, length: HEADER_BYTES, pieces: [header] },
    {
      id: CONSTRAINTS,
      length: 4 * (3 * rowCount(r1cs) + TERM_WORDS * terms),
      pieces: constraintPieces(r1cs),
    },
    { id: WIRE_LABELS, length: 8 * r1cs.wires, pieces: labelPieces(r1cs.wires) },
  ];
}

/** Everything in the section is a multiple of four bytes, so it is written as little-endian words. */
function* constraintPieces(r1cs: R1cs): Generator<Uint8Array> {
  const encoded = new Map<readonly bigint[], Uint32Array>();
  const matrices = [r1cs.a, r1cs.b, r1cs.c].map((rows) => {
    const values = encoded.get(rows.table) ?? encodeTable(rows.table);
    encoded.set(rows.table, values);
    return { rows, values };
  });
  const buffer = new Uint32Array(PIECE_WORDS);
  let at = 0;
  for (let constraint = 0; constraint < r1cs.constraints; constraint++) {
    for (const { rows, values } of matrices) {
      const end = rows.offsets[constraint + 1];
      if (at + TERM_WORDS > PIECE_WORDS) {
        yield new Uint8Array(buffer.buffer, 0, at * 4);
        at = 0;
      }
      buffer[at++] = end - rows.offsets[constraint];
      for (let term = rows.offsets[constraint]; term < end; term++) {
        if (at + TERM_WORDS > PIECE_WORDS) {
          yield new Uint8Array(buffer.buffer, 0, at * 4);
          at = 0;
        }
        buffer[at++] = rows.wires[term];
        const from = rows.coefficients[term] * FIELD_WORDS;
        for (let word = 0; word < FIELD_WORDS; word++) buffer[at++] = values[from + word];
      }
    }
  }
  yield new Uint8Array(buffer.buffer, 0, at * 4);
  // Three counts of no terms a row.
  yield new Uint8Array(4 * 3 * (r1cs.emptyRows ?? 0));
}

function encodeTable(table: readonly bigint[]): Uint32Array {
  const bytes = new Uint8Array(table.length * FIELD_BYTES);
  table.forEach((value, index) => writeLittleEndian(bytes, index * FIELD_BYTES, value));
  return new Uint32Array(bytes.buffer);
}

function* labelPieces(wires: number): Generator<Uint8Array> {
  const labels = new BigUint64Array(wires);
  for (let wire = 0; wire < wires; wire++) labels[wire] = BigInt(wire);
  yield new Uint8Array(labels.buffer);
}

/**
 * Reads a .r1cs file over BN254's scalar field. The three matrices share one table of coefficients. Refused
 * besides broken bytes: another field, custom gates, a coefficient not below r, a wire that the header does
 * not count, and a wire twice in a row (readers of the format disagree on what that means).
 *
 * @throws FormatError FORMAT_* of sections.ts, R1CS_FIELD, R1CS_HEADER, R1CS_WIRE, R1CS_WIRE_TWICE,
 * R1CS_COEFFICIENT, R1CS_CUSTOM_GATES
 */
export function readR1cs(bytes: Uint8Array): R1cs {
  const sections = readSections(bytes, KIND);
  const header = requireSection(sections, KIND, HEADER);
  const headerView = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (header.length < 4 || headerView.getUint32(0, true) !== FIELD_BYTES) {
    throw new FormatError('R1CS_FIELD', 'expected an R1CS over a field of 32 bytes');
  }
  requireSection(sections, KIND, HEADER, HEADER_BYTES);
  if (readLittleEndian(header, 4) !== SCALAR_FIELD) {
    throw new FormatError('R1CS_FIELD', "expected an R1CS over BN254's scalar field", {
      details: { field: readLittleEndian(header, 4).toString() },
    });
  }
  for (const id of sections.keys()) {
    if (id > WIRE_LABELS) {
      throw new FormatError('R1CS_CUSTOM_GATES', `section ${id} (custom gates) is not supported by Groth16`);
    }
  }
  const wires = headerView.getUint32(36, true);
  const publicOutputs = headerView.getUint32(40, true);
  const publicInputs = headerView.getUint32(44, true);
  const privateInputs = headerView.getUint32(48, true);
  const constraints = headerView.getUint32(60, true);
  if (1 + publicOutputs + publicInputs + privateInputs > wires) {
    throw new FormatError(
      'R1CS_HEADER',
      `${publicOutputs} outputs, ${publicInputs} public and ${privateInputs} private inputs do not fit in ${wires} wires`,
    );
  }
  requireSection(sections, KIND, WIRE_LABELS, 8 * wires);
  const body = requireSection(sections, KIND, CONSTRAINTS);
  const matrices = readConstraints(body, wires, constraints);
  const emptyRows = emptyAtEnd(matrices, constraints);
  const [a, b, c] = matrices.map((rows) => ({
    ...rows,
    offsets: rows.offsets.subarray(0, rows.offsets.length - emptyRows),
  }));
  return {
    wires,
    publicOutputs,
    publicInputs,
    privateInputs,
    constraints: constraints - emptyRows,
    ...(emptyRows > 0 ? { emptyRows } : {}),
    a,
    b,
    c,
  };
}

function readConstraints(body: Uint8Array, wires: number, constraints: number): readonly SparseRows[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const counts = countTerms(bytes, constraints);
  const table: bigint[] = [];
  const indexOf = new Map<string, number>();
  const matrices = counts.map((count) => ({
    offsets: new Uint32Array(constraints + 1),
    wires: new Uint32Array(count),
    coefficients: new Uint32Array(count),
    table,
  }));
  const rowOfWire = new Uint32Array(wires);
  const filled = [0, 0, 0];
  let at = 0;
  for (let constraint = 0; constraint < constraints; constraint++) {
    for (let matrix = 0; matrix < 3; matrix++) {
      const rows = matrices[matrix];
      const row = 3 * constraint + matrix + 1;
      const terms = bytes.readUInt32LE(at);
      at += 4;
      for (let term = 0; term < terms; term++, at += TERM_WORDS * 4) {
        const wire = bytes.readUInt32LE(at);
        if (wire >= wires) {
          throw new FormatError('R1CS_WIRE', `constraint ${constraint} names wire ${wire} of ${wires}`);
        }
        if (rowOfWire[wire] === row) {
          throw new FormatError(
            'R1CS_WIRE_TWICE',
            `constraint ${constraint} has wire ${wire} twice in a row`,
          );
        }
        rowOfWire[wire] = row;
        const key = bytes.toString('latin1', at + 4, at + TERM_WORDS * 4);
        const index = indexOf.get(key) ?? table.length;
        if (index === table.length) {
          const value = readLittleEndian(bytes, at + 4);
          if (value >= SCALAR_FIELD) {
            throw new FormatError(
              'R1CS_COEFFICIENT',
              `constraint ${constraint} has a coefficient not below r`,
            );
          }
          table.push(value);
          indexOf.set(key, index);
        }
        rows.wires[filled[matrix]] = wire;
        rows.coefficients[filled[matrix]++] = index;
      }
      rows.offsets[constraint + 1] = filled[matrix];
    }
  }
  return matrices;
}

/** How many of the last rows have no term. */
function emptyAtEnd(matrices: readonly SparseRows[], constraints: number): number {
  let row = constraints;
  while (row > 0 && matrices.every(({ offsets }) => offsets[row] === offsets[row - 1])) row--;
  return constraints - row;
}

/** Terms of each matrix; makes sure that the constraints fill the section exactly. */
function countTerms(bytes: Buffer, constraints: number): readonly number[] {
  const counts = [0, 0, 0];
  let at = 0;
  for (let row = 0; row < 3 * constraints; row++) {
    const terms = at + 4 <= bytes.length ? bytes.readUInt32LE(at) : Infinity;
    at += 4 + terms * TERM_WORDS * 4;
    if (at > bytes.length) {
      throw new FormatError(
        'FORMAT_TRUNCATED',
        `expected ${constraints} constraints, the section ends in constraint ${Math.floor(row / 3)}`,
      );
    }
    counts[row % 3] += terms;
  }
  if (at !== bytes.length) {
    throw new FormatError('FORMAT_TRAILING', `${bytes.length - at} bytes follow the last constraint`);
  }
  return counts;
}
