import {
  BASE_FIELD,
  FIELD_BYTES,
  SCALAR_FIELD,
  TWO_ADICITY,
  readLittleEndian,
  writeLittleEndian,
} from './bn254.ts';
import { FormatError } from './errors.ts';
import { readSections, requireSection } from './sections.ts';
import type { FileKind } from './sections.ts';

// The .zkey format of snarkjs, version 1, for Groth16 over BN254. Points are affine, coordinates
// little-endian in Montgomery form; the point at infinity is all zero bytes.

const KIND: FileKind = { magic: 'zkey', version: 1 };
const GROTH16 = 1;
const G1 = 2 * FIELD_BYTES;
const G2 = 4 * FIELD_BYTES;
const HEADER_BYTES = 2 * (4 + FIELD_BYTES) + 12 + 3 * G1 + 3 * G2;
const SECTION_HEADER_BYTES = 12;

/** Bytes of one term of A or B: matrix, constraint, wire, value. */
export const COEFFICIENT_BYTES = 12 + FIELD_BYTES;

/** Bytes that name the circuit and its setup in the contributions section. */
export const SETUP_LABEL_BYTES = 64;

/** What decides the size of a proving key. */
export interface ZkeySize {
  /** All wires, the constant included. */
  readonly wires: number;
  /** Public signals, the constant not counted. */
  readonly publicSignals: number;
  /** Size of the evaluation domain, a power of two. */
  readonly domainSize: number;
  /** Terms of A and B together, with one more for the constant and each public signal. */
  readonly coefficients: number;
  /** How many of the public signals, the last ones, are committed; 0: a plain key, without {@link COMMITMENT_SECTION}. */
  readonly committed: number;
}

/**
 * The section that a key with committed wires has besides snarkjs's, which passes over it: u32 how many, σ·G2, and
 * σ·IC_j of each committed wire.
 */
export const COMMITMENT_SECTION = 100;

/** Where each part of a proving key lies in its file (byte offsets of the contents, section headers not counted). */
export interface ZkeyLayout {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly at: Readonly<Record<ZkeyPart, number>>;
}

/** The header's points and the numbered sections. */
export type ZkeyPart =
  | 'alpha1'
  | 'beta1'
  | 'beta2'
  | 'gamma2'
  | 'delta1'
  | 'delta2'
  | 'ic'
  | 'coefficients'
  | 'a'
  | 'b1'
  | 'b2'
  | 'c'
  | 'h'
  | 'label'
  | 'sigma2'
  | 'sigmaIc';

/** A proving key's file with all frames written and every point and coefficient still zero. */
export function allocateZkey(size: ZkeySize): ZkeyLayout {
  const sections = sectionLengths(size);
  const total = sections.reduce((sum, [, length]) => sum + SECTION_HEADER_BYTES + length, 12);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(KIND.magic));
  view.setUint32(4, KIND.version, true);
  view.setUint32(8, sections.length, true);
  const start = new Map<number, number>();
  let at = 12;
  for (const [id, length] of sections) {
    view.setUint32(at, id, true);
    view.setBigUint64(at + 4, BigInt(length), true);
    at += SECTION_HEADER_BYTES;
    start.set(id, at);
    at += length;
  }
  const of = (id: number): number => start.get(id) as number;
  view.setUint32(of(1), GROTH16, true);
  const header = of(2);
  view.setUint32(header, FIELD_BYTES, true);
  writeLittleEndian(bytes, header + 4, BASE_FIELD);
  view.setUint32(header + 36, FIELD_BYTES, true);
  writeLittleEndian(bytes, header + 40, SCALAR_FIELD);
  view.setUint32(header + 72, size.wires, true);
  view.setUint32(header + 76, size.publicSignals, true);
  view.setUint32(header + 80, size.domainSize, true);
  view.setUint32(of(4), size.coefficients, true);
  const commitment = start.get(COMMITMENT_SECTION) ?? total;
  if (size.committed > 0) view.setUint32(commitment, size.committed, true);
  const parts = {
    ...headerPoints(header),
    ic: of(3),
    coefficients: of(4) + 4,
    a: of(5),
    b1: of(6),
    b2: of(7),
    c: of(8),
    h: of(9),
    label: of(10),
    sigma2: commitment + 4,
    sigmaIc: commitment + 4 + G2,
  };
  return { bytes, at: parts };
}

function headerPoints(
  header: number,
): Pick<ZkeyLayout['at'], 'alpha1' | 'beta1' | 'beta2' | 'gamma2' | 'delta1' | 'delta2'> {
  const alpha1 = header + 84;
  return {
    alpha1,
    beta1: alpha1 + G1,
    beta2: alpha1 + 2 * G1,
    gamma2: alpha1 + 2 * G1 + G2,
    delta1: alpha1 + 2 * G1 + 2 * G2,
    delta2: alpha1 + 3 * G1 + 2 * G2,
  };
}

function sectionLengths(size: ZkeySize): readonly (readonly [id: number, length: number])[] {
  return [
    [1, 4],
    [2, HEADER_BYTES],
    [3, (size.publicSignals + 1) * G1],
    [4, 4 + size.coefficients * COEFFICIENT_BYTES],
    [5, size.wires * G1],
    [6, size.wires * G1],
    [7, size.wires * G2],
    [8, (size.wires - size.publicSignals - 1) * G1],
    [9, size.domainSize * G1],
    [10, SETUP_LABEL_BYTES + 4],
    ...(size.committed > 0 ? [[COMMITMENT_SECTION, 4 + G2 + size.committed * G1] as const] : []),
  ];
}

/** What a proving key says about itself, with views of the points that its verifying key is made of. */
export interface ZkeyHeader extends ZkeySize {
  readonly alpha1: Uint8Array;
  readonly beta2: Uint8Array;
  readonly gamma2: Uint8Array;
  readonly delta2: Uint8Array;
  /** publicSignals + 1 points of G1. */
  readonly ic: Uint8Array;
  /** σ·G2, and σ·IC_j of each committed wire; empty in a plain key. */
  readonly sigma2: Uint8Array;
  readonly sigmaIc: Uint8Array;
  /** The first 64 bytes of the contributions section: snarkjs's circuit hash, or our label. */
  readonly label: Uint8Array;
  /** The whole contributions section. */
  readonly contributions: Uint8Array;
}

/** The whole of a proving key, as views of its file. */
export interface ZkeyContents extends ZkeyHeader {
  readonly beta1: Uint8Array;
  readonly delta1: Uint8Array;
  /** Terms of A and B, {@link COEFFICIENT_BYTES} each: matrix, constraint, wire, value · R². */
  readonly terms: Uint8Array;
  /** One point a wire. */
  readonly a: Uint8Array;
  readonly b1: Uint8Array;
  readonly b2: Uint8Array;
  /** One point a private wire. */
  readonly c: Uint8Array;
  /** One point an element of the domain. */
  readonly h: Uint8Array;
}

/**
 * Reads a Groth16 proving key's header; checks as {@link readZkey}.
 *
 * @throws FormatError as {@link readZkey}
 */
export function readZkeyHeader(bytes: Uint8Array): ZkeyHeader {
  return readZkey(bytes);
}

/**
 * Splits a Groth16 proving key and checks that every section has the length that the header calls
 * for. Points are not checked: that is a pass over the whole key (`setup verify`).
 *
 * @throws FormatError FORMAT_* of sections.ts, ZKEY_PROTOCOL, ZKEY_FIELD, ZKEY_HEADER
 */
export function readZkey(bytes: Uint8Array): ZkeyContents {
  const sections = readSections(bytes, KIND);
  const protocol = requireSection(sections, KIND, 1, 4);
  if (viewOf(protocol).getUint32(0, true) !== GROTH16) {
    throw new FormatError('ZKEY_PROTOCOL', 'expected a Groth16 proving key');
  }
  const header = requireSection(sections, KIND, 2, HEADER_BYTES);
  const view = viewOf(header);
  if (
    view.getUint32(0, true) !== FIELD_BYTES ||
    readLittleEndian(header, 4) !== BASE_FIELD ||
    view.getUint32(36, true) !== FIELD_BYTES ||
    readLittleEndian(header, 40) !== SCALAR_FIELD
  ) {
    throw new FormatError('ZKEY_FIELD', 'expected a proving key over BN254');
  }
  const terms = requireSection(sections, KIND, 4);
  const size: ZkeySize = {
    wires: view.getUint32(72, true),
    publicSignals: view.getUint32(76, true),
    domainSize: view.getUint32(80, true),
    coefficients: terms.length < 4 ? 0 : viewOf(terms).getUint32(0, true),
    committed: committedIn(sections.get(COMMITMENT_SECTION)),
  };
  const power = Math.log2(size.domainSize);
  const tooMany = size.publicSignals >= size.wires || size.committed > size.publicSignals;
  if (!Number.isInteger(power) || power > TWO_ADICITY || tooMany) {
    throw new FormatError(
      'ZKEY_HEADER',
      `a domain of ${size.domainSize} with ${size.publicSignals} public of ${size.wires} wires is not possible`,
    );
  }
  for (const [id, length] of sectionLengths(size)) {
    if (id !== 10) requireSection(sections, KIND, id, length);
  }
  // A ceremony's contributions follow the label, so only a lower bound holds here.
  const contributions = requireSection(sections, KIND, 10);
  if (contributions.length < SETUP_LABEL_BYTES + 4) requireSection(sections, KIND, 10, SETUP_LABEL_BYTES + 4);
  const points = headerPoints(0);
  return {
    ...size,
    alpha1: header.subarray(points.alpha1, points.alpha1 + G1),
    beta1: header.subarray(points.beta1, points.beta1 + G1),
    delta1: header.subarray(points.delta1, points.delta1 + G1),
    beta2: header.subarray(points.beta2, points.beta2 + G2),
    gamma2: header.subarray(points.gamma2, points.gamma2 + G2),
    delta2: header.subarray(points.delta2, points.delta2 + G2),
    ic: requireSection(sections, KIND, 3),
    sigma2: (sections.get(COMMITMENT_SECTION) ?? NOTHING).subarray(4, 4 + G2),
    sigmaIc: (sections.get(COMMITMENT_SECTION) ?? NOTHING).subarray(4 + G2),
    label: contributions.subarray(0, SETUP_LABEL_BYTES),
    contributions,
    terms: terms.subarray(4),
    a: requireSection(sections, KIND, 5),
    b1: requireSection(sections, KIND, 6),
    b2: requireSection(sections, KIND, 7),
    c: requireSection(sections, KIND, 8),
    h: requireSection(sections, KIND, 9),
  };
}

const NOTHING = new Uint8Array();

/** A section that is there but counts none is no plain key's. */
function committedIn(section: Uint8Array | undefined): number {
  if (section === undefined) return 0;
  const count = section.length < 4 ? 0 : viewOf(section).getUint32(0, true);
  if (count > 0) return count;
  throw new FormatError('ZKEY_HEADER', `section ${COMMITMENT_SECTION} of a .zkey file commits to nothing`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
