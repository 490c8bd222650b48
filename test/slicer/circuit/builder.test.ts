import { exact } from '../../../slicer/integer/exact.ts';
import { describe, expect, it } from 'vitest';
import { SlotPacker } from '../../../slicer/circuit/rows/batch.ts';
import { ONE, R1csBuilder } from '../../../slicer/circuit/rows/builder.ts';
import { normalForm } from '../../../slicer/circuit/rows/normal-form.ts';
import { firstBrokenRow } from '../../../slicer/circuit/witness/check.ts';
import { SCALAR_FIELD } from '../../../groth16/formats/bn254.ts';
import type { SparseRows } from '../../../groth16/formats/r1cs.ts';

function terms(
  { offsets, wires, coefficients, table }: SparseRows,
  row: number,
): (readonly [number, bigint])[] {
  return Array.from({ length: offsets[row + 1] - offsets[row] }, (_, i) => {
    const term = offsets[row] + i;
    return [wires[term], table[coefficients[term]]] as const;
  });
}

describe('R1csBuilder', () => {
  it('numbers wires: one, public, private, then what gadgets add', () => {
    const builder = new R1csBuilder({ publicInputs: 2, privateInputs: 3 });
    expect(builder.newWires(4)).toBe(6);
    expect(builder.newWires(1)).toBe(10);
    const r1cs = builder.finish();
    expect(r1cs).toMatchObject({
      wires: 11,
      publicOutputs: 0,
      publicInputs: 2,
      privateInputs: 3,
      constraints: 0,
    });
  });

  it('sorts a row by wire, adds up the terms of one wire and drops what cancels', () => {
    const builder = new R1csBuilder({ publicInputs: 0, privateInputs: 3 });
    for (const [wire, factor] of [
      [3, 5],
      [1, 2],
      [2, 4],
      [3, -7],
      [2, -4],
      [ONE, 1],
    ]) {
      builder.c.push(wire, builder.scaled(exact(factor)));
    }
    builder.endRow();
    builder.boolean(1);
    const r1cs = builder.finish();
    expect(terms(r1cs.c, 0)).toEqual([
      [0, 1n],
      [1, 2n],
      [3, SCALAR_FIELD - 2n],
    ]);
    expect([terms(r1cs.a, 1), terms(r1cs.b, 1), terms(r1cs.c, 1)]).toEqual([
      [[1, 1n]],
      [
        [0, SCALAR_FIELD - 1n],
        [1, 1n],
      ],
      [],
    ]);
  });

  it('keeps each coefficient once, however it was asked for', () => {
    const builder = new R1csBuilder({ publicInputs: 0, privateInputs: 0 });
    const index = builder.coefficient(3n << 200n);
    expect(builder.scaled(exact(3), 200)).toBe(index);
    expect(builder.scaled(exact(-3), 200)).not.toBe(index);
    expect(builder.coefficient((3n << 200n) + SCALAR_FIELD)).toBe(index);
    const shifted = Array.from({ length: 200 }, (_, i) => builder.coefficient(BigInt(i + 1) << 128n));
    expect(new Set(shifted).size).toBe(200);
  });

  it('keeps thousands of equations in order through its growth', () => {
    const builder = new R1csBuilder({ publicInputs: 0, privateInputs: 5000 });
    for (let wire = 1; wire <= 5000; wire++) builder.boolean(wire);
    const r1cs = builder.finish();
    expect(r1cs.constraints).toBe(5000);
    expect(terms(r1cs.a, 4999)).toEqual([[5000, 1n]]);
    const witness = [1n, ...Array.from({ length: 5000 }, (_, i) => BigInt(i % 2))];
    expect(firstBrokenRow(r1cs, witness)).toBeUndefined();
    witness[3000] = 2n;
    expect(firstBrokenRow(r1cs, witness)).toBe(2999);
  });
});

describe('SlotPacker', () => {
  it('fills a row to its capacity and no further', () => {
    const packer = new SlotPacker(10);
    const places = [4, 6, 1, 10, 3].map((width) => packer.place(width));
    expect(places).toEqual([
      { shift: 0, fresh: true },
      { shift: 4, fresh: false },
      { shift: 0, fresh: true },
      { shift: 0, fresh: true },
      { shift: 0, fresh: true },
    ]);
    expect(packer.rows).toBe(4);
  });

  it('refuses an equation wider than the field', () => {
    expect(() => new SlotPacker(253).place(254)).toThrow(
      expect.objectContaining({ code: 'CIRCUIT_TOO_WIDE' }),
    );
    expect(new SlotPacker(253).place(253)).toEqual({ shift: 0, fresh: true });
  });
});

describe('a circuit that ties its signals to copies', () => {
  it('has the ones that it needs for that, where the circuit has none', () => {
    const builder = new R1csBuilder({ publicInputs: 1, privateInputs: 1 });
    builder.a.push(1, builder.scaled(exact(2)));
    builder.b.push(1, builder.scaled(exact(3)));
    builder.c.push(2, builder.scaled(exact(6)));
    builder.endRow();
    const r1cs = normalForm(builder.finish());
    expect(firstBrokenRow(r1cs, [1n, 5n, 25n, 1n, 5n])).toBeUndefined();
    for (const wrong of [
      [1n, 5n, 25n, 1n, 6n],
      [1n, 6n, 25n, 1n, 5n],
      [1n, 5n, 25n, 2n, 5n],
    ]) {
      expect(firstBrokenRow(r1cs, wrong)).toBeDefined();
    }
  });
});
