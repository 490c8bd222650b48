import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { readR1cs as readByPackage } from 'r1csfile';
import { r1cs as snarkjsR1cs, wtns } from 'snarkjs';
import { afterAll, describe, expect, it } from 'vitest';
import { SCALAR_FIELD, writeLittleEndian } from '../../../groth16/formats/bn254.ts';
import { FormatError } from '../../../groth16/formats/errors.ts';
import { r1csDigest, readR1cs, writeR1cs } from '../../../groth16/formats/r1cs-file.ts';
import { writeWitness } from '../../../groth16/formats/witness-file.ts';
import { quiet, stopSnarkjs } from '../prove/snarkjs.ts';
import { anyExample, r1csOf, rowsOf, squarings } from './circuits.ts';
import { codeOf, patched } from './bytes.ts';

afterAll(stopSnarkjs);

/** Where things lie in a file of writeR1cs: file header, section header, the R1CS header's fields. */
const HEADER = 24;
const CONSTRAINTS = HEADER + 64 + 12;

describe('.r1cs files', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(anyExample, ({ r1cs }) => {
        const read = readR1cs(writeR1cs(r1cs));
        const { a, b, c, ...numbers } = r1cs;
        expect(read).toMatchObject(numbers);
        expect([read.a, read.b, read.c].map(rowsOf)).toEqual([a, b, c].map(rowsOf));
        expect(writeR1cs(read)).toEqual(writeR1cs(r1cs));
      }),
    );
  });

  it('have the digest that is computed without the file, over any number of pieces', () => {
    const row = new Map(Array.from({ length: 40_000 }, (_, wire) => [wire, BigInt(wire + 3)] as const));
    const wide = r1csOf({ wires: 40_000, publicOutputs: 1, publicInputs: 0, privateInputs: 0 }, [
      [new Map(), row, row],
      [row, new Map(), new Map()],
    ]);
    for (const r1cs of [squarings(3, 7n).r1cs, wide]) {
      expect(Buffer.from(r1csDigest(r1cs))).toEqual(createHash('sha256').update(writeR1cs(r1cs)).digest());
    }
  });

  it('say the same to the r1csfile package', async () => {
    const { r1cs } = squarings(4, 3n);
    const read = await readByPackage(
      { type: 'mem', data: writeR1cs(r1cs) },
      { loadConstraints: true, loadMap: true, singleThread: true },
    );
    expect(read).toMatchObject({
      nVars: r1cs.wires,
      nOutputs: 1,
      nPubInputs: 1,
      nPrvInputs: 0,
      nConstraints: r1cs.constraints,
      nLabels: r1cs.wires,
    });
    expect(read.map).toEqual(Array.from({ length: r1cs.wires }, (_, wire) => wire));
    const matrices = [r1cs.a, r1cs.b, r1cs.c].map(rowsOf);
    for (let constraint = 0; constraint < r1cs.constraints; constraint++) {
      const rows = read.constraints[constraint].map((row) =>
        Object.entries(row).map(([wire, value]) => [Number(wire), read.F.toObject(value)]),
      );
      expect(rows).toEqual(
        matrices.map((matrix) => matrix[constraint].toSorted(([left], [right]) => left - right)),
      );
    }
  });

  it('and the witness pass snarkjs r1cs info and wtns check, a changed witness does not', async () => {
    const { r1cs, witness } = squarings(4, 3n);
    const file = { type: 'mem', data: writeR1cs(r1cs) } as const;
    expect(await snarkjsR1cs.info(file)).toMatchObject({ nConstraints: 5, nVars: 7, nOutputs: 1 });
    expect(await wtns.check(file, { type: 'mem', data: writeWitness(witness) })).toBe(true);
    const changed = witness.with(4, witness[4] + 1n);
    expect(await wtns.check(file, { type: 'mem', data: writeWitness(changed) }, quiet)).toBe(false);
  });

  it('are refused when cut short anywhere', () => {
    const bytes = writeR1cs(squarings(2, 3n).r1cs);
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(() => readR1cs(bytes.subarray(0, length)))).toMatch(/^FORMAT_/);
    }
  });

  it('never fail but by name, whatever byte is changed', () => {
    const bytes = writeR1cs(squarings(2, 3n).r1cs);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        try {
          readR1cs(bytes.with(at, bytes[at] ^ flip));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['FORMAT_MAGIC', 0, [0x77]],
    ['FORMAT_VERSION', 4, [2]],
    ['FORMAT_TRUNCATED', 8, [4]],
    ['FORMAT_TRAILING', 8, [2]],
    ['FORMAT_SECTION_TWICE', HEADER + 64, [1]],
    ['FORMAT_SECTION_MISSING', HEADER + 64, [0]],
    ['R1CS_CUSTOM_GATES', HEADER + 64, [4]],
    ['R1CS_FIELD', HEADER, [64]],
    ['R1CS_FIELD', HEADER + 4, [2]],
    ['R1CS_HEADER', HEADER + 40, [0xff]],
    ['FORMAT_SECTION_LENGTH', HEADER + 36, [0xff, 0xff, 0xff, 0xff]],
    ['FORMAT_TRUNCATED', HEADER + 60, [0xff, 0xff, 0xff, 0xff]],
    ['FORMAT_TRAILING', HEADER + 60, [1, 0, 0, 0]],
    ['FORMAT_TRUNCATED', CONSTRAINTS, [0xff, 0xff, 0xff, 0xff]],
    ['R1CS_WIRE', CONSTRAINTS + 4, [0xff, 0xff, 0xff, 0xff]],
  ] as const)('are refused as %s with other bytes at %i', (code, at, bytes) => {
    expect(codeOf(() => readR1cs(patched(writeR1cs(squarings(2, 3n).r1cs), at, bytes)))).toBe(code);
  });

  it('are refused with a coefficient not below r', () => {
    const bytes = writeR1cs(squarings(2, 3n).r1cs);
    writeLittleEndian(bytes, CONSTRAINTS + 8, SCALAR_FIELD);
    expect(codeOf(() => readR1cs(bytes))).toBe('R1CS_COEFFICIENT');
  });

  it('are refused with a wire twice in a row', () => {
    const row = new Map([
      [1, 3n],
      [2, 4n],
    ]);
    const bytes = writeR1cs(
      r1csOf({ wires: 3, publicOutputs: 0, publicInputs: 0, privateInputs: 0 }, [
        [row, new Map(), new Map()],
      ]),
    );
    expect(readR1cs(bytes).a.wires).toEqual(Uint32Array.of(1, 2));
    expect(codeOf(() => readR1cs(patched(bytes, CONSTRAINTS + 4 + 36, [1])))).toBe('R1CS_WIRE_TWICE');
  });
});
