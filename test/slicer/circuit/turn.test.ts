import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { R1cs, SparseRows } from '../../../groth16/formats/r1cs.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { R1csBuilder } from '../../../slicer/circuit/rows/builder.ts';
import { turned } from '../../../slicer/circuit/rows/turn.ts';
import { exact } from '../../../slicer/integer/exact.ts';
import { convolution } from '../../../scripts/bench/programs.ts';

/** A wire and its coefficient, a term each. */
function rowOf(rows: SparseRows, row: number): string {
  const terms: string[] = [];
  for (let t = rows.offsets[row]; t < rows.offsets[row + 1]; t++) {
    terms.push(`${rows.wires[t]}·${rows.table[rows.coefficients[t]]}`);
  }
  return terms.join('+');
}

const rowsOf = ({ a, b, c, constraints }: R1cs): readonly (readonly [string, string, string])[] =>
  Array.from({ length: constraints }, (_, row) => [rowOf(a, row), rowOf(b, row), rowOf(c, row)]);

const wiresIn = (rows: SparseRows): Set<number> => new Set(rows.wires);

/** Rows of few wires, so that they meet again. */
const systems = fc
  .array(fc.tuple(...[0, 1, 2].map(() => fc.array(fc.nat(9), { maxLength: 3 }))), {
    minLength: 1,
    maxLength: 20,
  })
  .map((rows) => {
    const builder = new R1csBuilder({ publicInputs: 1, privateInputs: 8 });
    for (const [a, b, c] of rows) {
      for (const [matrix, wires] of [
        [builder.a, a],
        [builder.b, b],
        [builder.c, c],
      ] as const) {
        for (const wire of wires) matrix.push(wire, builder.scaled(exact(wire + 1)));
      }
      builder.endRow();
    }
    return builder.finish();
  });

describe('rows that are turned round', () => {
  it('say what they said, in their order', () => {
    fc.assert(
      fc.property(systems, (r1cs) => {
        const before = rowsOf(r1cs);
        rowsOf(turned(r1cs)).forEach(([a, b, c], row) => {
          expect([[a, b, c].join(), [b, a, c].join()]).toContain(before[row].join());
        });
      }),
    );
  });

  it('are turned no further when they are looked at again', () => {
    const { r1cs } = compileSlice(convolution({ channels: 2, filters: 2, height: 4, width: 6 }));
    expect(rowsOf(turned(r1cs))).toEqual(rowsOf(r1cs));
  });

  it('leave the field’s wide wires of a commitment in A, and few of them in B', () => {
    const { r1cs } = compileSlice(convolution({ channels: 2, filters: 2, height: 4, width: 6 }));
    expect(wiresIn(r1cs.b).size).toBeLessThan(wiresIn(r1cs.a).size);
  });
});
