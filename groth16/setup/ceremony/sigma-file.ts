import { BYTES } from '../../curve/bn254-wasm.ts';
import { FIELD_BYTES, readLittleEndian, writeLittleEndian } from '../../formats/bn254.ts';
import { readSections } from '../../formats/sections.ts';
import { COMMITMENT_SECTION } from '../../formats/zkey-file.ts';
import { CeremonyError } from './errors.ts';

/** Where a ceremony keeps what happened to σ; nothing but a ceremony reads it. */
const STEPS_SECTION = 101;
const STEP_BYTES = 2 * BYTES.g2 + FIELD_BYTES;
const SECTION_HEADER_BYTES = 12;
const KIND = { magic: 'zkey', version: 1 };

/** What one round did to σ: s times the point before, and that whoever did it knew s (a Schnorr proof). */
export interface SigmaStep {
  /** σ·G2 after the round. Points are affine, in Montgomery form. */
  readonly point: Uint8Array;
  /** k times the point before; all zero for a beacon, whose s is public. */
  readonly nonce: Uint8Array;
  /** k + c·s; zero for a beacon. */
  readonly response: bigint;
}

/** The part of a key that commits, as a ceremony makes it. */
export interface Sigma {
  /** σ·G2. */
  readonly point: Uint8Array;
  /** σ·IC_j of each committed wire. */
  readonly scaled: Uint8Array;
  readonly steps: readonly SigmaStep[];
}

/** A .zkey as snarkjs writes it, with σ behind it. */
export function appendSigma(zkey: Uint8Array, { point, scaled, steps }: Sigma): Uint8Array {
  const commitment = new Uint8Array(4 + point.length + scaled.length);
  new DataView(commitment.buffer).setUint32(0, scaled.length / BYTES.g1, true);
  commitment.set(point, 4);
  commitment.set(scaled, 4 + point.length);
  const history = new Uint8Array(steps.length * STEP_BYTES);
  steps.forEach((step, i) => {
    history.set(step.point, i * STEP_BYTES);
    history.set(step.nonce, i * STEP_BYTES + BYTES.g2);
    writeLittleEndian(history, i * STEP_BYTES + 2 * BYTES.g2, step.response);
  });
  const out = Buffer.concat([
    zkey,
    headerOf(COMMITMENT_SECTION, commitment),
    commitment,
    headerOf(STEPS_SECTION, history),
    history,
  ]);
  out.writeUInt32LE(out.readUInt32LE(8) + 2, 8);
  return out;
}

function headerOf(id: number, { length }: Uint8Array): Uint8Array {
  const header = Buffer.alloc(SECTION_HEADER_BYTES);
  header.writeUInt32LE(id);
  header.writeBigUInt64LE(BigInt(length), 4);
  return header;
}

/**
 * What a ceremony's key says of the steps of σ.
 * @throws CeremonyError CEREMONY_KEY_HISTORY; FormatError as readSections
 */
export function readSteps(zkey: Uint8Array): readonly SigmaStep[] {
  const section = readSections(zkey, KIND).get(STEPS_SECTION);
  if (section === undefined || section.length % STEP_BYTES !== 0) {
    throw new CeremonyError(
      'CEREMONY_KEY_HISTORY',
      'a key with committed wires doesn’t say how its σ was made',
    );
  }
  return Array.from({ length: section.length / STEP_BYTES }, (_, i) => {
    const at = i * STEP_BYTES;
    return {
      point: section.subarray(at, at + BYTES.g2),
      nonce: section.subarray(at + BYTES.g2, at + 2 * BYTES.g2),
      response: readLittleEndian(section, at + 2 * BYTES.g2),
    };
  });
}
