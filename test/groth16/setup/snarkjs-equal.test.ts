import { randomBytes } from 'node:crypto';
import { zKey } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normalForm } from '../../../slicer/circuit/rows/normal-form.ts';
import { readSections } from '../../../groth16/formats/sections.ts';
import { writeR1cs } from '../../../groth16/formats/r1cs-file.ts';
import type { R1cs } from '../../../groth16/formats/r1cs.ts';
import { domainSizeOf } from '../../../groth16/setup/evaluate.ts';
import { DEVELOPMENT_LABEL, setupFromTrapdoor } from '../../../groth16/setup/development-setup.ts';
import { sampleDevelopmentPhase1 } from '../../../groth16/setup/trapdoor.ts';
import { r1csOf, squarings } from '../formats/circuits.ts';
import type { Row } from '../formats/circuits.ts';
import { quiet, stopSnarkjs } from '../prove/snarkjs.ts';
import { phase2File } from './phase2-file.ts';

/**
 * One more than the largest domain below: at its own size a phase 1 lacks the highest power of τ for twice the
 * domain, and snarkjs leaves that term of H out.
 */
const POWER = 6;
const phase1 = sampleDevelopmentPhase1(randomBytes);
const trapdoor = { ...phase1, delta: 1n };
const kind = { magic: 'zkey', version: 1 };
let phase2: Uint8Array;

beforeAll(async () => {
  phase2 = await phase2File(phase1, POWER);
});
afterAll(stopSnarkjs);

async function keyOfSnarkjs(r1cs: R1cs): Promise<Uint8Array> {
  const made: { type: 'mem'; data?: Uint8Array } = { type: 'mem' };
  await zKey.newZKey({ type: 'mem', data: writeR1cs(r1cs) }, { type: 'mem', data: phase2 }, made, quiet);
  return made.data as Uint8Array;
}

/** Dense rows, empty rows, unused wires, public wires in B and C. */
function mixed(): R1cs {
  const constraints = Array.from({ length: 11 }, (_, index): [Row, Row, Row] => {
    const row = (salt: number): Row =>
      new Map(
        Array.from({ length: (index * 7 + salt) % 5 }, (_unused, term) => [
          (index * 3 + term * salt + term) % 9,
          BigInt((index + 2) ** (term + salt)) ** 9n,
        ]),
      );
    return [row(1), row(2), row(3)];
  });
  return r1csOf({ wires: 12, publicOutputs: 2, publicInputs: 1, privateInputs: 2 }, constraints);
}

describe('a key from the development setup with δ = 1', () => {
  it.each([
    ['a chain of squares', squarings(9, 3n).r1cs],
    ['rows of every kind', mixed()],
    ['one constraint more than a smaller domain holds', squarings(13, 3n).r1cs],
    ['a domain that is just full', squarings(12, 3n).r1cs],
    ['one constraint', squarings(0, 3n).r1cs],
    ['the normal form, with rows that are empty', normalForm(squarings(9, 3n).r1cs)],
  ])('has the sections 1 to 9 of snarkjs, byte for byte: %s', async (_name, r1cs) => {
    const ours = readSections((await setupFromTrapdoor(r1cs, trapdoor, { workers: 2 })).provingKey, kind);
    const theirs = readSections(await keyOfSnarkjs(r1cs), kind);
    expect([...ours.keys()]).toEqual([...theirs.keys()].toSorted((left, right) => left - right));
    for (let id = 1; id <= 9; id++) {
      expect(Buffer.compare(ours.get(id) as Uint8Array, theirs.get(id) as Uint8Array), `section ${id}`).toBe(
        0,
      );
    }
  });

  it('gives the verifying key that snarkjs exports from it', async () => {
    const { provingKey, verifyingKey } = await setupFromTrapdoor(mixed(), { ...trapdoor, delta: 77n });
    expect(await zKey.exportVerificationKey({ type: 'mem', data: provingKey })).toEqual(verifyingKey);
  });

  it('says in the file that it is for development', async () => {
    const { provingKey } = await setupFromTrapdoor(squarings(1, 3n).r1cs, trapdoor);
    const label = readSections(provingKey, kind).get(10) as Uint8Array;
    expect(Buffer.from(label.subarray(0, DEVELOPMENT_LABEL.length)).toString()).toBe(DEVELOPMENT_LABEL);
    expect(DEVELOPMENT_LABEL.length).toBeLessThanOrEqual(64);
  });
});

describe('the size of the domain', () => {
  it('grows where one more row no longer fits', () => {
    expect(domainSizeOf(squarings(12, 3n).r1cs)).toBe(16);
    expect(domainSizeOf(squarings(13, 3n).r1cs)).toBe(32);
  });
});
