import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { undeterminedWires } from '../../../../groth16/audit/unique/unique.ts';
import type { R1cs, SparseRows } from '../../../../groth16/formats/r1cs.ts';
import { R1csBuilder, type MatrixBuilder } from '../../../../slicer/circuit/rows/builder.ts';
import { exact } from '../../../../slicer/integer/exact.ts';
import { seededNumbers } from '../../../support/programs.ts';
import { allZeroCircuit, maxCircuit, rangeCircuit, rescaleCircuit } from '../gadgets.ts';
import { belowMaxCircuit, divideCircuit, isqrtCircuit, tableCircuit } from '../nonlinear-gadgets.ts';
import { mod, solutions, type GadgetCircuit } from '../support.ts';

const MODULUS = 29n;

/** Values tried to find the witnesses of one argument: a system that was drawn with few rows has up to 29^7. */
const TRIES = 100_000;

/** Of the witnesses with one argument: does every wire that isn't listed have one value? */
function expectUnique(
  r1cs: R1cs,
  open: ReadonlySet<number>,
  witnesses: readonly (readonly bigint[])[],
): void {
  for (let wire = 1; wire < r1cs.wires; wire++) {
    if (open.has(wire)) continue;
    expect(new Set(witnesses.map((witness) => witness[wire])).size, `wire ${wire}`).toBeLessThanOrEqual(1);
  }
}

/** The same rows but one. */
function without(r1cs: R1cs, row: number): R1cs {
  const matrix = ({ offsets, wires, coefficients, table }: SparseRows): SparseRows => {
    const [start, end] = [offsets[row], offsets[row + 1]];
    return {
      offsets: Uint32Array.from([
        ...offsets.slice(0, row + 1),
        ...offsets.slice(row + 2).map((at) => at - end + start),
      ]),
      wires: Uint32Array.from([...wires.slice(0, start), ...wires.slice(end)]),
      coefficients: Uint32Array.from([...coefficients.slice(0, start), ...coefficients.slice(end)]),
      table,
    };
  };
  return {
    ...r1cs,
    constraints: r1cs.constraints - 1,
    a: matrix(r1cs.a),
    b: matrix(r1cs.b),
    c: matrix(r1cs.c),
  };
}

/** Rows of every shape that a rule knows, over two given wires, three of any value and four booleans. */
function randomRows(seed: number): R1cs {
  const draw = seededNumbers(seed);
  const builder = new R1csBuilder({ publicInputs: 0, privateInputs: 2, modulus: MODULUS });
  const [free, booleans] = [builder.newWires(3), builder.newWires(4)];
  const wire = (): number =>
    draw(0, 2) === 0 ? draw(1, 2) : draw(0, 1) === 0 ? free + draw(0, 2) : booleans + draw(0, 3);
  const push = (side: MatrixBuilder, terms: number): void => {
    if (draw(0, 2) === 0) side.push(0, builder.scaled(exact(draw(-2, 2))));
    for (let i = 0; i < terms; i++)
      side.push(wire(), builder.scaled(exact([1, 1, -1, 2, -2, 4, -4][draw(0, 6)])));
  };
  for (let i = 0; i < 4; i++) if (draw(0, 5) > 0) builder.boolean(booleans + i);
  for (let rows = draw(2, 6); rows > 0; rows--) {
    switch (draw(0, 6)) {
      case 0: // A range: v = 4 · b + 2 · b' + one more boolean.
        for (const [side, less] of [
          [builder.a, 0],
          [builder.b, 1],
        ] as const) {
          side.push(free + (rows % 3), builder.scaled(1));
          side.push(booleans + 1, builder.scaled(exact(-2)));
          side.push(booleans + 2, builder.scaled(exact(-4)));
          if (less > 0) side.push(0, builder.scaled(-1));
        }
        break;
      case 1: // A product of distances.
        for (const side of [builder.a, builder.b]) {
          side.push(free, builder.scaled(1));
          side.push(wire(), builder.scaled(-1));
        }
        break;
      case 2: // A square.
        builder.a.push(free + 1, builder.scaled(1));
        builder.b.push(free + 1, builder.scaled(1));
        push(builder.c, draw(1, 3));
        break;
      case 3:
        push(builder.a, 1);
        push(builder.b, draw(1, 2));
        push(builder.c, draw(0, 2));
        break;
      default:
        push(builder.c, draw(2, 5));
    }
    builder.endRow();
  }
  return builder.finish();
}

describe('a wire that the checker calls determined has one value', () => {
  it('in random systems over a small prime, as many witnesses as a hundred thousand tries find', () => {
    let determined = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const r1cs = randomRows(seed);
        const open = new Set(undeterminedWires(r1cs, [1, 2], MODULUS));
        determined += r1cs.wires - 3 - open.size;
        for (const given of [
          [0n, 0n],
          [1n, 3n],
          [5n, 2n],
          [28n, 6n],
        ]) {
          expectUnique(r1cs, open, solutions(r1cs, given, MODULUS, TRIES));
        }
      }),
      { numRuns: 40 * Number(process.env.SLICEPROOF_FUZZ ?? 1) },
    );
    // Some thirty, by chance ten: a checker that called none determined would be right, too.
    expect(determined).toBeGreaterThan(0);
  });

  const bits3 = { signed: false, bits: 3 };
  const modulus = 67n;
  const small: Record<string, GadgetCircuit> = {
    range: rangeCircuit(-3, 4, modulus),
    rescale: rescaleCircuit({ low: 0, high: 13, shift: 1, relu: false, range: bits3 }, modulus),
    relu: rescaleCircuit({ low: -6, high: 7, shift: 1, relu: true, range: bits3 }, modulus),
    'rescale with a clamp': rescaleCircuit(
      { low: -4, high: 11, shift: 0, relu: true, range: bits3 },
      modulus,
    ),
    maximum: maxCircuit(0n, 3n, modulus),
    'all zero, of two': allZeroCircuit(2, modulus),
    'all zero, of four': allZeroCircuit(4, modulus),
    'all zero, of five': allZeroCircuit(5, modulus),
    table: tableCircuit(-2, [3, 1, 4, 1, 5, 9, 2, 6], modulus),
    divide: divideCircuit({ shift: 0, num: [0, 5], den: [1, 3] }, modulus),
    isqrt: isqrtCircuit(3, modulus),
    'below-max': belowMaxCircuit(3, 2, modulus),
  };
  it.each(Object.entries(small))('in %s, whole and with each row left out', (_, { r1cs, inputs }) => {
    const given = Array.from({ length: inputs }, (_wire, i) => 1 + i);
    const draw = seededNumbers(3);
    for (let row = -1; row < r1cs.constraints; row++) {
      const rows = row < 0 ? r1cs : without(r1cs, row);
      const open = new Set(undeterminedWires(rows, given, modulus));
      for (let round = 0; round < 3; round++) {
        const values = given.map(() => mod(BigInt(draw(-4, 7)), modulus));
        expectUnique(rows, open, solutions(rows, values, modulus));
      }
    }
  });
});
