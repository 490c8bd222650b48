import { describe, expect, it } from 'vitest';
import { undeterminedWires } from '../../../groth16/audit/unique/unique.ts';
import { assignRange, constrainRange } from '../../../slicer/circuit/gadgets/bits.ts';
import { assignBlock, constrainBlock } from '../../../slicer/circuit/gadgets/block-product.ts';
import { assignMax, constrainMax, planMax } from '../../../slicer/circuit/gadgets/max.ts';
import { assignRescale, constrainRescale, planRescale } from '../../../slicer/circuit/gadgets/rescale.ts';
import { SlotPacker, type Placer } from '../../../slicer/circuit/rows/batch.ts';
import { LinearForms } from '../../../slicer/circuit/rows/linear.ts';
import { exact, exactsOf, narrowed } from '../../../slicer/integer/exact.ts';
import { seededNumbers } from '../../support/programs.ts';
import { Adversary } from './adversary.ts';
import { rowsOf } from './adversary-rows.ts';
import { inputForms } from './forms.ts';
import { rescaled } from './gadgets.ts';
import {
  argmaxGadget,
  capGadget,
  circuitOf,
  divideGadget,
  isqrtGadget,
  tableGadget,
  type Gadget,
} from './nonlinear-gadgets.ts';
import { gadgetCircuit, type GadgetCircuit } from './support.ts';

const TRIES = 12;

/** Equations that share a row, each so many bits nearer to the one before than it says. */
function closer(less: number): Placer {
  let shift = 0;
  return {
    place(width) {
      const at = { shift, fresh: false };
      shift += width - less;
      return at;
    },
  };
}

const rescale = { low: -100, high: 100, shift: 2, relu: false, range: { signed: true, bits: 7 } };
const rescalePlan = planRescale({ low: exact(-100), high: exact(100) }, 2, false, rescale.range);
const rescaleGadget: Gadget = {
  inputs: 1,
  constrain: (builder, batch, forms, target) =>
    constrainRescale(builder, batch, rescalePlan, forms, 0, target),
  assign: (writer, [value]) => {
    const q = exact(rescaled(rescale, Number(value)));
    assignRescale(writer, rescalePlan, narrowed(value), q);
    return q;
  },
};

const span = { low: -200n, high: 200n };
const maxPlan = planMax(span, span, { excess: 0n }, { excess: 0n });
const maxGadget: Gadget = {
  inputs: 2,
  constrain: (builder, batch, forms, target) =>
    target.copy(forms, constrainMax(builder, batch, maxPlan, forms, 0, 1)),
  assign: (writer, [left, right]) => {
    assignMax(writer, maxPlan, narrowed(left), narrowed(right));
    return Number(left > right ? left : right);
  },
};

/** No two values of a table follow from each other. */
const squares = Array.from({ length: 64 }, (_, i) => (i * i * i * 40503) % 8191);
const bounds = [-100, 100] as const;

/** Gadgets, each with arguments of three that share a row. */
const gadgets: Record<string, readonly [Gadget, readonly (readonly bigint[])[]]> = {
  rescale: [rescaleGadget, [[77n], [-31n], [90n]]],
  maximum: [
    maxGadget,
    [
      [77n, -3n],
      [-31n, 60n],
      [90n, 90n],
    ],
  ],
  table: [tableGadget(-32, squares), [[-32n], [5n], [31n]]],
  divide: [
    divideGadget({ shift: 3, num: [0, 63], den: [2, 17] }),
    [
      [37n, 11n],
      [63n, 2n],
      [7n, 5n],
    ],
  ],
  'integer square root': [isqrtGadget(63), [[100n], [4000n], [0n]]],
  argmax: [
    argmaxGadget([bounds, bounds, bounds], false),
    [
      [5n, 9n, -4n],
      [7n, 7n, 7n],
      [-100n, 100n, 3n],
    ],
  ],
  cap: [capGadget(-20, 100, 37), [[36n], [99n], [-20n]]],
};

/** A row of two by a matrix of two by three, whose entries are rescaled where they stand. */
function blockCircuit(less: number): GadgetCircuit {
  const sizes = { height: 1, inner: 2, width: 3 };
  const block = { top: 0, left: 0, rows: 1, columns: 3 };
  const plan = { rows: 1, columns: 3, width: rescalePlan.n - less };
  const nothing = new LinearForms();
  nothing.close(0);
  return gadgetCircuit({
    inputs: 8,
    constrain: (builder) => {
      const forms = inputForms(8);
      const operands = { left: forms, right: forms, leftAt: 0, rightAt: 2 };
      constrainBlock(builder, plan, sizes, block, operands, (batch) =>
        constrainRescale(builder, batch, rescalePlan, nothing, 0, new LinearForms()),
      );
    },
    assign: (writer, values) => {
      const numbers = exactsOf(Float64Array.from(values, Number));
      const operands = { left: numbers, right: numbers, leftAt: 0, rightAt: 2 };
      assignBlock(writer, plan, sizes, block, operands, (_row, column) => {
        const entry = numbers[0] * numbers[2 + column] + numbers[1] * numbers[5 + column];
        assignRescale(writer, rescalePlan, exact(entry), exact(rescaled(rescale, entry)));
      });
    },
  });
}

/** Arguments that are ranged, where a bound of theirs is what leaves one witness. */
function ranged(low: number, bits: number, wires: readonly number[], values: readonly bigint[]): Gadget {
  return {
    inputs: 0,
    constrain: (builder, _batch, _forms, target) => {
      for (const wire of wires) constrainRange(builder, wire, exact(low), bits);
      target.close(0);
    },
    assign: (writer) => {
      for (const wire of wires) assignRange(writer, narrowed(values[wire - 1]), exact(low), bits);
      return 0;
    },
  };
}

function givenOf({ inputs }: GadgetCircuit): readonly number[] {
  return Array.from({ length: inputs }, (_, i) => 1 + i);
}

/** Whether a prover who moves value between slots has another witness. */
function hasSecond(circuit: GadgetCircuit, values: readonly bigint[]): boolean {
  const adversary = new Adversary(rowsOf(circuit.r1cs, circuit.witness(values), new Set(givenOf(circuit))));
  return [7, 8, 9].some((seed) => adversary.byDigits(seededNumbers(seed), TRIES) !== undefined);
}

/** Whether the checker lists wires. */
const isOpen = (circuit: GadgetCircuit): boolean =>
  undeterminedWires(circuit.r1cs, givenOf(circuit)).length > 0;

describe('value can be moved from one slot of a row into the next where slots are narrower, and not else', () => {
  it.each(Object.entries(gadgets))('%s', (name, [gadget, values]) => {
    const all = values.flat();
    const divisors = name === 'divide' ? [2, 4, 6] : [];
    const ranges = ranged(2, 4, divisors, all);
    const three = (placer: Placer): GadgetCircuit => circuitOf([gadget, gadget, gadget, ranges], placer);
    expect(isOpen(three(new SlotPacker(253)))).toBe(false);
    // A quotient's and a root's slots have a bit to spare.
    const tooNear = name === 'divide' || name === 'integer square root' ? 2 : 1;
    expect(isOpen(three(closer(tooNear)))).toBe(true);
    expect(hasSecond(three(new SlotPacker(253)), all)).toBe(false);
    // Of a quotient or a root the prover has to find another one: it does where there is more room for it.
    const less = tooNear === 2 ? 4 : 1;
    expect(hasSecond(three(closer(less)), all)).toBe(true);
  });

  it('matrix product in blocks', () => {
    const values = [3n, -2n, 20n, -11n, 9n, 4n, 30n, -30n];
    expect([isOpen(blockCircuit(0)), hasSecond(blockCircuit(0), values)]).toEqual([false, false]);
    expect([isOpen(blockCircuit(1)), hasSecond(blockCircuit(1), values)]).toEqual([true, true]);
  });
});
