import { describe, expect, it } from 'vitest';
import { uniquenessOf } from '../../../../groth16/audit/unique/unique.ts';
import { planClamp } from '../../../../slicer/circuit/gadgets/rescale.ts';
import { planMax } from '../../../../slicer/circuit/gadgets/max.ts';
import { constrainDigits, exactWidths } from '../../../../slicer/circuit/lookups/digits.ts';
import { constrainLookupMax } from '../../../../slicer/circuit/lookups/max.ts';
import { constrainLookupRescale } from '../../../../slicer/circuit/lookups/rescale.ts';
import { rescaleWays, type LookupRescale } from '../../../../slicer/circuit/lookups/rescale-plan.ts';
import type { LookupArgument } from '../../../../slicer/circuit/lookups/argument.ts';
import type { R1csBuilder } from '../../../../slicer/circuit/rows/builder.ts';
import { exact } from '../../../../slicer/integer/exact.ts';
import { LinearForms } from '../../../../slicer/circuit/rows/linear.ts';
import { FIRST_COMMITTED, SIGNAL, formOf, tinyCircuit } from '../lookups/tiny.ts';

/** Wires that may have two values where the first `count` committed ones are arguments of so many bits. */
function openWires(
  count: number,
  bits: number,
  constrain: (builder: R1csBuilder, lookups: LookupArgument, values: readonly number[]) => void,
): readonly number[] {
  const { r1cs } = tinyCircuit((builder, lookups) => {
    const values = Array.from({ length: count }, () => lookups.commit());
    for (const value of values) {
      const shifted = formOf({ [value]: 1 }, 2 ** (bits - 1));
      constrainDigits(lookups, shifted, 0, exactWidths(bits, 4));
    }
    constrain(builder, lookups, values);
  });
  const values = Array.from({ length: count }, (_, i) => FIRST_COMMITTED + i);
  return uniquenessOf(r1cs, { inputs: [{ values, commitment: SIGNAL }], given: [SIGNAL] }).undetermined;
}

const BITS = 10;
const [least, most] = [exact(-(2 ** (BITS - 1))), exact(2 ** (BITS - 1) - 1)];

/** Every way to rescale a value of ten bits, for shifts that are and aren't whole digits. */
function* ways(): Generator<readonly [name: string, plan: LookupRescale]> {
  for (const shift of [0, 3, 4, 5, 6, 7]) {
    for (const [low, high] of [
      [0, 7],
      [0, 255],
      [-8, 7],
      [-3, 4],
      [-1024, 1023],
      [0, 1023],
    ]) {
      const half = shift === 0 ? 0 : 2 ** (shift - 1);
      const clamp = { low: exact(low), high: exact(high) };
      const plan = planClamp({ low: least, high: most }, shift, clamp);
      for (const digits of [2, 3, 4]) {
        const all = rescaleWays(
          { shift, half: exact(half), ...clamp },
          [{ least, most, plan }],
          digits,
          2 ** 10,
        );
        for (const [rescale] of all) yield [`${rescale.kind} by ${shift} to ${low} … ${high}`, rescale];
      }
    }
  }
}

describe('no wire of a gadget of lookups may have two values', () => {
  it('of a rescale by any way, with digits of any width', () => {
    const kinds = new Set<string>();
    for (const [name, plan] of ways()) {
      kinds.add(plan.kind);
      const open = openWires(1, BITS, (builder, lookups, [value]) => {
        const source = formOf({ [value]: 1 });
        constrainLookupRescale(builder, lookups, plan, source, 0, new LinearForms(), new LinearForms());
      });
      expect(open, name).toEqual([]);
    }
    expect([...kinds].sort()).toEqual(['clamp', 'copy', 'floor', 'map', 'sign', 'signal']);
  });

  it('of a maximum of two, with digits of any width', () => {
    const difference = { low: -(2n ** 6n) + 1n, high: 2n ** 6n - 1n };
    for (const digits of [2, 3, 4, 5, 6]) {
      const plan = planMax(difference, difference, { excess: 0n }, { excess: 0n });
      const open = openWires(2, 6, (builder, lookups, [left, right]) => {
        const forms = formOf({ [left]: 1 });
        forms.term(right, 1);
        const other = forms.close(0);
        constrainLookupMax(builder, lookups, { plan, most: digits }, forms, 0, other);
      });
      expect(open).toEqual([]);
    }
  });
});

describe('a wire of a gadget of lookups may have two values', () => {
  it('where the digits that a rescale drops are wider than it drops', () => {
    for (const [name, plan] of ways()) {
      if (!('low' in plan) || plan.low.length === 0 || plan.kind === 'signal') continue;
      const low = plan.low.with(-1, plan.low.at(-1)! + 1);
      const open = openWires(1, BITS, (builder, lookups, [value]) => {
        const source = formOf({ [value]: 1 });
        const wider = { ...plan, low };
        constrainLookupRescale(builder, lookups, wider, source, 0, new LinearForms(), new LinearForms());
      });
      // A floor's and a sign's upper digits move up with the lower ones: another function, but one.
      if (plan.kind === 'clamp') expect(open, name).not.toEqual([]);
    }
  });
});
