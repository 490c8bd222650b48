import { describe, expect, it } from 'vitest';
import { constrainDigits } from '../../../../slicer/circuit/lookups/digits.ts';
import { rangeTable } from '../../../../slicer/circuit/lookups/table.ts';
import type { R1cs, SparseRows } from '../../../../groth16/formats/r1cs.ts';
import {
  equalRow,
  FIRST_COMMITTED,
  formOf,
  lint,
  multiplicityWires,
  termsOf,
  tinyCircuit,
  type TinyCircuit,
} from './tiny.ts';

const good = tinyCircuit((builder, lookups, signal) => {
  const value = lookups.commit();
  equalRow(builder, signal, value);
  constrainDigits(lookups, formOf({ [value]: 1 }), 0, [4]);
});
const blinding = good.r1cs.publicInputs;
const multiplicities = multiplicityWires(good);
const sum = good.r1cs.constraints - 1;

/** The same circuit with one wire of one row exchanged. */
function exchanged(side: 'a' | 'b' | 'c', row: number, from: number, to: number): TinyCircuit {
  const rows = good.r1cs[side];
  const wires = rows.wires.slice();
  const at = wires.indexOf(from, rows.offsets[row]);
  if (at < 0 || at >= rows.offsets[row + 1]) throw new Error(`row ${row} has no wire ${from}`);
  wires[at] = to;
  return { ...good, r1cs: { ...good.r1cs, [side]: { ...rows, wires } } };
}

/** The first row with a wire on one side. */
function rowWith({ constraints }: R1cs, rows: SparseRows, wire: number): number {
  for (let row = 0; row < constraints; row++) {
    if (termsOf(rows, row).some(([other]) => other === wire)) return row;
  }
  throw new Error(`no row has wire ${wire}`);
}

describe('the lint of a circuit of lookups', () => {
  it('takes a good one', () => {
    expect(lint(good)).not.toThrow();
  });

  const { r1cs, layout } = good;
  const firstEntry = rowWith(r1cs, r1cs.c, multiplicities[0]);
  const share = termsOf(r1cs.a, firstEntry)[0][0];
  const look = firstEntry - 1;
  const [[inverse]] = termsOf(r1cs.a, look);
  it.each<readonly [string, TinyCircuit, RegExp]>([
    [
      'a multiplicity that two entries share',
      exchanged('c', firstEntry + 1, multiplicities[1], multiplicities[0]),
      /two entries/,
    ],
    [
      'a multiplicity that is a signal',
      exchanged('c', firstEntry, multiplicities[0], 1),
      /not a committed wire/,
    ],
    ['a looked-up wire that is the blinding', exchanged('b', look, FIRST_COMMITTED, blinding), /./],
    ['a blinding in a row', exchanged('c', 0, FIRST_COMMITTED, blinding), /blinding/],
    ['an inverse that stands in one more place', exchanged('c', 0, 1, inverse), /in 3 places/],
    ['a share that is in no sum', exchanged('c', sum, share, share + 1), /./],
    [
      'another table’s entries',
      { r1cs, layout: { ...layout, tables: [{ table: rangeTable(3), seconds: [] }] } },
      /not over the entries/,
    ],
    ['a table without a sum', { r1cs, layout: { ...layout, tables: [] } }, /expected 0 sums/],
    ['late wires that are said to be early', { r1cs, layout: { ...layout, firstLate: r1cs.wires } }, /./],
    ['no committed wires', { layout, r1cs: { ...r1cs, committed: 0 } }, /challenge before the committed/],
  ])('refuses %s', (_name, bad, message) => {
    expect(lint(bad)).toThrow(message);
    expect(lint(bad)).toThrow(/proves too little/);
  });

  it('refuses a late wire that an early gadget depends on', () => {
    const circuit = tinyCircuit((builder, lookups, signal) => {
      const value = lookups.commit();
      constrainDigits(lookups, formOf({ [value]: 1 }), 0, [4]);
      const late = builder.newWires(1);
      builder.product(lookups.challenge, signal, late);
      lookups.look(rangeTable(4), formOf({ [late]: 1 }), 0);
    });
    expect(lint(circuit)).toThrow(/nothing fixes before it/);
  });

  it('refuses booleans whose sum only a product says, of which nothing fixes a factor', () => {
    const circuitOf = (isLinear: boolean): TinyCircuit =>
      tinyCircuit((builder, lookups, signal) => {
        const free = builder.newWires(1);
        const bits = builder.newWires(2);
        for (const bit of [bits, bits + 1]) builder.boolean(bit);
        if (!isLinear) {
          builder.a.push(free, builder.scaled(1));
          builder.b.push(signal, builder.scaled(1));
        }
        for (const bit of [0, 1]) builder.c.push(bits + bit, builder.scaled(1, bit));
        if (isLinear) builder.c.push(signal, builder.scaled(-1));
        builder.endRow();
        lookups.look(rangeTable(2), formOf({ [bits]: 1, [bits + 1]: 2 }), 0);
      });
    expect(lint(circuitOf(true))).not.toThrow();
    expect(lint(circuitOf(false))).toThrow(/nothing fixes before it/);
  });
});
