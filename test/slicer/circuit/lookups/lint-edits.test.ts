import { describe, expect, it } from 'vitest';
import type { R1cs } from '../../../../groth16/formats/r1cs.ts';
import { constrainDigits } from '../../../../slicer/circuit/lookups/digits.ts';
import { determinedWires } from '../../../../slicer/circuit/lookups/determined.ts';
import type { LookupLayout } from '../../../../slicer/circuit/lookups/argument.ts';
import { lintLookups } from '../../../../slicer/circuit/lookups/lint.ts';
import { pairTable, rangeTable } from '../../../../slicer/circuit/lookups/table.ts';
import { CircuitError } from '../../../../slicer/circuit/errors.ts';
import { exact } from '../../../../slicer/integer/exact.ts';
import { r1csOf } from '../../../groth16/formats/circuits.ts';
import { mod } from '../support.ts';
import { isPlainlySafe, plainlyFixed, plainRows, type PlainRow } from './plain-lint.ts';
import { equalRow, formOf, multiplicityWires, SIGNAL, tinyCircuit, type TinyCircuit } from './tiny.ts';

const opposite = pairTable('opposite', 2, (x) => exact(1 - x));
const always = pairTable('always one', 1, () => exact(1));
const triple = pairTable('triple', 2, (x) => exact(3 * x));

/** Circuits that keep all rules, each with another part of what they are about. */
const circuits: Readonly<Record<string, TinyCircuit>> = {
  'nothing that is looked up': tinyCircuit((builder, _lookups, signal) => {
    builder.product(signal, signal, builder.newWires(1));
  }),
  'a wire alone in its row, which is zero by it': tinyCircuit((builder, lookups) => {
    const [nothing, next] = [builder.newWires(1), builder.newWires(1)];
    builder.c.push(nothing, builder.scaled(1));
    builder.endRow();
    equalRow(builder, nothing, next);
    lookups.look(rangeTable(1), formOf({ [next]: 1 }), 0);
  }),
  'two digits of a value that a row fixes': tinyCircuit((builder, lookups, signal) => {
    const [value, twice] = [lookups.commit(), builder.newWires(1)];
    equalRow(builder, signal, value);
    builder.product(value, signal, twice);
    constrainDigits(lookups, formOf({ [value]: 1, [twice]: 2 }, 3), 0, [1, 2]);
    lookups.look(rangeTable(2), formOf({ [value]: 1 }), 0);
  }),
  'booleans, in a word and in a sum that a signal is': tinyCircuit((builder, lookups, signal) => {
    const [own, bits] = [builder.newWires(1), builder.newWires(2)];
    // The sum before its booleans: no order of rows is relied on.
    for (const bit of [0, 1]) builder.c.push(bits + bit, builder.scaled(1, bit));
    builder.c.push(signal, builder.scaled(-1));
    builder.endRow();
    lookups.boolean(own);
    for (const bit of [0, 1]) builder.boolean(bits + bit);
    lookups.look(rangeTable(2), formOf({ [own]: 2, [bits]: 1, [bits + 1]: -1 }, 1), 0);
  }),
  'a pair whose second part is a boolean': tinyCircuit((builder, lookups, signal) => {
    const [x, bit] = [lookups.commit(), builder.newWires(1)];
    equalRow(builder, signal, x);
    lookups.boolean(bit);
    lookups.look(rangeTable(1), formOf({ [x]: 1 }), 0);
    lookups.look(opposite, formOf({ [x]: 1, [bit]: 2 }), 0, [bit]);
  }),
  'multiplicities that are pinned, too': withPinned(
    tinyCircuit((_builder, lookups, signal) => lookups.look(rangeTable(1), formOf({ [signal]: 1 }), 0)),
  ),
  'the one pair of a table': tinyCircuit((builder, lookups, signal) => {
    const [x, bits] = [lookups.commit(), builder.newWires(2)];
    equalRow(builder, signal, x);
    for (const bit of [0, 1]) lookups.boolean(bits + bit);
    lookups.look(always, formOf({ [x]: 1, [bits]: 1 }), 0, [bits]);
  }),
  'a pair whose second part has a range': tinyCircuit((builder, lookups, signal) => {
    const [x, y] = [lookups.commit(), lookups.commit()];
    equalRow(builder, signal, x);
    lookups.look(rangeTable(2), formOf({ [y]: 1 }), 0);
    lookups.look(triple, formOf({ [x]: 1, [y]: 2 }), 0, [y]);
  }),
  'what is pinned, and what a product check says': tinyCircuit((builder, lookups, signal) => {
    const pinned = lookups.pin(formOf({ [signal]: 3 }, 1), 0);
    const checked = lookups.commitChecked(2);
    lookups.look(rangeTable(1), formOf({ [pinned]: 1, [checked]: -1 }), 0);
    lookups.later(() => {
      const power = builder.newWires(1);
      builder.product(lookups.challenge, checked + 1, power);
      builder.c.push(power, builder.scaled(1));
      builder.c.push(checked, builder.scaled(1));
      builder.c.push(checked + 1, builder.scaled(2));
      builder.endRow();
      builder.product(lookups.challenge, signal, checked);
    });
  }),
};

/** With a row for each multiplicity that pins it as well: were it none, it would still be bound. */
function withPinned(circuit: TinyCircuit): TinyCircuit {
  const { r1cs, layout } = circuit;
  const pinned = multiplicityWires(circuit);
  const none: PlainRow['a'] = new Map();
  const more = pinned.map((wire) => ({
    a: none,
    b: none,
    c: new Map([
      [SIGNAL, 1n],
      [wire, mod(-1n)],
    ]),
  }));
  return { layout: { ...layout, pinned }, r1cs: withRows(r1cs, [...more, ...plainRows(r1cs)]) };
}

function withRows(r1cs: R1cs, rows: readonly PlainRow[]): R1cs {
  return r1csOf(
    r1cs,
    rows.map(({ a, b, c }) => [a, b, c] as const),
  );
}

const FACTORS = [0n, 1n, -1n, 2n, 4n, 1n << 252n, 1n << 253n].map((factor) => mod(factor));
const SIDES = ['a', 'b', 'c'] as const;

/** The rows with one of them another one, or left out. */
function* editedRows(rows: readonly PlainRow[], wires: number): Generator<readonly PlainRow[]> {
  for (const [at, row] of rows.entries()) {
    yield rows.toSpliced(at, 1);
    yield rows.toSpliced(at, 0, row);
    for (const side of SIDES) {
      const terms = [...row[side]];
      const others = Array.from({ length: wires }, (_, wire) => wire).filter((wire) => !row[side].has(wire));
      const sides = [
        ...others.map((wire) => [...terms, [wire, wire === 0 ? 0n : 1n] as const]),
        ...terms.flatMap(([own, factor], place) => [
          terms.toSpliced(place, 1),
          ...FACTORS.filter((other) => other !== factor).map((other) => terms.with(place, [own, other])),
          ...others.map((wire) => terms.with(place, [wire, factor])),
        ]),
      ];
      for (const edited of sides) yield rows.with(at, { ...row, [side]: new Map(edited) });
    }
  }
}

/** What is said of the rows, with one thing said otherwise. */
function* editedLayouts(layout: LookupLayout, wires: number): Generator<LookupLayout> {
  const { tables } = layout;
  for (let wire = 0; wire <= wires; wire++) {
    yield { ...layout, challenge: wire };
    yield { ...layout, firstLate: wire };
    yield { ...layout, pinned: [wire] };
    yield { ...layout, checked: [wire] };
  }
  for (const list of ['pinned', 'checked', 'tables'] as const) {
    yield { ...layout, [list]: [] };
    yield { ...layout, [list]: layout[list].toReversed() };
  }
  for (const [at, { table, seconds }] of tables.entries()) {
    const entries = [table.entries.slice(1), [...table.entries, exact(99)], table.entries.toReversed()];
    for (const other of entries) {
      yield { ...layout, tables: tables.with(at, { seconds, table: { ...table, entries: other } }) };
    }
    yield { ...layout, tables: tables.with(at, { seconds: [], table }) };
    yield { ...layout, tables: tables.with(at, { seconds, table: { ...table, key: 'another' } }) };
    for (let wire = 0; wire < wires; wire++) {
      for (const second of [[wire], [...(seconds[0] ?? []), wire]])
        yield { ...layout, tables: tables.with(at, { seconds: [second], table }) };
    }
  }
}

/** One circuit in which one thing is not as it was, for every small thing. */
function* edits({ r1cs, layout }: TinyCircuit): Generator<TinyCircuit> {
  yield { r1cs, layout };
  const { wires, committed = 0 } = r1cs;
  for (const rows of editedRows(plainRows(r1cs), wires)) yield { layout, r1cs: withRows(r1cs, rows) };
  for (const other of editedLayouts(layout, wires)) yield { r1cs, layout: other };
  for (const more of [-1, 1]) {
    yield { layout, r1cs: { ...r1cs, committed: committed + more } };
    yield { layout, r1cs: { ...r1cs, publicInputs: r1cs.publicInputs + more } };
  }
  for (const none of [0, undefined]) {
    for (const challenge of [layout.challenge, r1cs.publicInputs - 1, r1cs.publicInputs])
      yield { layout: { ...layout, challenge }, r1cs: { ...r1cs, committed: none } };
  }
}

function isTaken({ r1cs, layout }: TinyCircuit): boolean {
  try {
    lintLookups(r1cs, layout);
    return true;
  } catch (error) {
    if (!(error instanceof CircuitError)) throw error;
    return false;
  }
}

const fixedIn = ({ r1cs, layout }: TinyCircuit): readonly number[] =>
  [...determinedWires(r1cs, layout).entries()].filter(([, isFixed]) => isFixed === 1).map(([wire]) => wire);

function told({ r1cs, layout }: TinyCircuit): string {
  return JSON.stringify({ rows: plainRows(r1cs), layout }, (_, value: unknown) =>
    value instanceof Map ? [...value].map(([wire, factor]) => `${factor} · ${wire}`).join(' + ') : value,
  );
}

describe('the lint refuses what its rules refuse and nothing else, whatever is changed', () => {
  it.each(Object.entries(circuits))('%s', (_name, circuit) => {
    let [taken, refused] = [0, 0];
    for (const edited of edits(circuit)) {
      const { r1cs, layout } = edited;
      const fixed = [...plainlyFixed(r1cs, layout)].sort((a, b) => a - b);
      const isSafe = isTaken(edited);
      // Told only where they differ: thousands agree.
      if (fixedIn(edited).join() !== fixed.join()) expect(fixedIn(edited), told(edited)).toEqual(fixed);
      if (isSafe !== isPlainlySafe(r1cs, layout)) expect(isSafe, told(edited)).toBe(!isSafe);
      if (isSafe) taken++;
      else refused++;
    }
    expect(taken).toBeGreaterThan(1);
    expect(refused).toBeGreaterThan(1);
  });
});
