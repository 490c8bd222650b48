import { describe, expect, it } from 'vitest';
import {
  commitTensor,
  hashWords,
  valuesPerWord,
  type TensorSpec,
} from '../../../protocol/commitment/commit.ts';
import { assignCommitment, constrainCommitment } from '../../../slicer/circuit/gadgets/commit.ts';
import { assignHash, constrainHash } from '../../../slicer/circuit/gadgets/hash.ts';
import { PoseidonGadget } from '../../../slicer/circuit/gadgets/poseidon.ts';
import { firstBrokenRow } from '../../../slicer/circuit/witness/check.ts';
import { boundsOf } from '../../../slicer/integer/program.ts';
import { inputForms } from './forms.ts';
import { gadgetCircuit, looseWires } from './support.ts';

const FIRST = 7n;

/** The hash of a constant and of so many wires, in the last wire. */
function hashCircuit(count: number) {
  return gadgetCircuit({
    inputs: count + 1,
    constrain: (builder) => {
      const one = builder.scaled(1);
      const words = Array.from({ length: count }, (_, i) => ({
        wires: [2 + i],
        coefficients: [one],
        constant: 0n,
      }));
      constrainHash(builder, new PoseidonGadget(builder), [FIRST, ...words], 1);
    },
    assign: (writer, [, ...words]) => {
      assignHash(writer, [FIRST, ...words]);
    },
  });
}

describe('the hash of a list of words is the protocol’s, at every length where it is made otherwise', () => {
  it.each([1, 4, 5, 6, 14, 15, 16, 29, 30, 31, 45])('a constant and %i more', (count) => {
    const { r1cs, witness } = hashCircuit(count);
    const words = Array.from({ length: count }, (_, i) => BigInt(i + 3) ** 40n);
    const right = witness([hashWords([FIRST, ...words]), ...words]);
    expect(firstBrokenRow(r1cs, right)).toBeUndefined();
    expect(firstBrokenRow(r1cs, right.with(1, right[1] + 1n))).toBeDefined();
    // Any other word has another hash: none is left out.
    for (let word = 0; word < count; word++) {
      expect(firstBrokenRow(r1cs, right.with(2 + word, right[2 + word] + 1n)), `word ${word}`).toBeDefined();
    }
    if (count === 16) expect(looseWires(r1cs, right, 1)).toEqual([]);
  });
});

describe('a commitment is the protocol’s, of values that fill their words or don’t', () => {
  const widths = [1, 2, 3, 4, 8, 32];
  it.each(widths.flatMap((bits) => [false, true].map((signed) => [bits, signed] as const)))(
    'of %i bits, signed: %s',
    (bits, signed) => {
      const perWord = valuesPerWord(bits);
      for (const count of [1, perWord, perWord + 1]) {
        const spec: TensorSpec = { count, bits, signed };
        const { low, high } = boundsOf(spec);
        const values = Float64Array.from({ length: count }, (_, i) => (i % 3 === 0 ? high : low));
        const salt = 99n;
        const circuit = gadgetCircuit({
          inputs: count + 2,
          constrain: (builder) =>
            constrainCommitment(builder, new PoseidonGadget(builder), spec, inputForms(count, 3), 2, 1),
          assign: (writer) => {
            expect(assignCommitment(writer, spec, values, salt)).toBe(commitTensor(spec, values, salt));
          },
        });
        const right = circuit.witness([
          commitTensor(spec, values, salt),
          salt,
          ...Array.from(values, BigInt),
        ]);
        expect(firstBrokenRow(circuit.r1cs, right)).toBeUndefined();
        for (const wire of [1, 2, 3, 2 + count]) {
          expect(
            firstBrokenRow(circuit.r1cs, right.with(wire, right[wire] + 1n)),
            `wire ${wire}`,
          ).toBeDefined();
        }
      }
    },
  );
});
