import { exact, exactsOf, larger, narrowed } from '../../../slicer/integer/exact.ts';
import { LinearBatch, type Placer } from '../../../slicer/circuit/rows/batch.ts';
import type { R1csBuilder } from '../../../slicer/circuit/rows/builder.ts';
import type { WitnessWriter } from '../../../slicer/circuit/witness/witness-writer.ts';
import type { ArgmaxPlan } from '../../../slicer/circuit/gadgets/argmax.ts';
import { assignArgmax, constrainArgmax, planArgmax } from '../../../slicer/circuit/gadgets/argmax.ts';
import { assignBelowMax, constrainBelowMax } from '../../../slicer/circuit/gadgets/below-max.ts';
import type { BlockPlan, ProductSizes } from '../../../slicer/circuit/gadgets/block-product.ts';
import { assignBlock, blocksOf, constrainBlock } from '../../../slicer/circuit/gadgets/block-product.ts';
import type { CapPlan } from '../../../slicer/circuit/gadgets/cap.ts';
import { assignCap, constrainCap, planCap } from '../../../slicer/circuit/gadgets/cap.ts';
import type { DividePlan } from '../../../slicer/circuit/gadgets/divide.ts';
import { assignDivide, constrainDivide, planDivide } from '../../../slicer/circuit/gadgets/divide.ts';
import type { IsqrtPlan } from '../../../slicer/circuit/gadgets/isqrt.ts';
import { assignIsqrt, constrainIsqrt, planIsqrt } from '../../../slicer/circuit/gadgets/isqrt.ts';
import { assignTable, constrainTable } from '../../../slicer/circuit/gadgets/table.ts';
import { LinearForms } from '../../../slicer/circuit/rows/linear.ts';
import type { TablePlan } from '../../../slicer/circuit/nodes/plans/table-plan.ts';
import { planTable } from '../../../slicer/circuit/nodes/plans/table-plan.ts';
import { inputForms } from './forms.ts';
import type { GadgetCircuit } from './support.ts';
import { gadgetCircuit } from './support.ts';

/** One argument in [low, low + values.length − 1] and its value; the result is compared with a last wire. */
export function tableGadget(low: number, values: readonly number[]): Gadget & { readonly plan: TablePlan } {
  const plan = planTable({
    low: exact(low),
    high: exact(low + values.length - 1),
    first: exact(low),
    values: Int32Array.from(values),
  });
  return {
    plan,
    inputs: 1,
    constrain: (builder, batch, forms, target) => constrainTable(builder, batch, plan, forms, 0, target),
    assign: (writer, [x]) => {
      const y = exact(values[Number(x) - low]);
      assignTable(writer, plan, narrowed(x), y);
      return y;
    },
  };
}

export function tableCircuit(low: number, values: readonly number[], modulus?: bigint) {
  return withResult(tableGadget(low, values), modulus);
}

export interface DivideCase {
  readonly shift: number;
  readonly num: readonly [number, number];
  readonly den: readonly [number, number];
}

export function divided({ shift }: Pick<DivideCase, 'shift'>, num: number, den: number): number {
  const dividend = (BigInt(num) << BigInt(shift)) + BigInt(den) / 2n;
  const quotient = dividend / BigInt(den);
  return Number(dividend % BigInt(den) < 0n ? quotient - 1n : quotient);
}

export function divideGadget(given: DivideCase): Gadget & { readonly plan: DividePlan } {
  const corners = given.num.flatMap((num) => given.den.map((den) => divided(given, num, den)));
  const quotient = { low: exact(Math.min(...corners)), high: exact(Math.max(...corners)) };
  const plan = planDivide(given.shift, quotient, exact(given.den[1]));
  return {
    plan,
    inputs: 2,
    constrain: (builder, batch, forms, target) => {
      const den = new LinearForms();
      den.copy(forms, 1);
      constrainDivide(builder, batch, plan, [forms, den], 0, target);
    },
    assign: (writer, [num, den]) => {
      const q = exact(divided(given, Number(num), Number(den)));
      assignDivide(writer, plan, narrowed(num), narrowed(den), q);
      return q;
    },
  };
}

export function divideCircuit(given: DivideCase, modulus?: bigint) {
  return withResult(divideGadget(given), modulus);
}

export function isqrtGadget(most: number): Gadget & { readonly plan: IsqrtPlan } {
  const plan = planIsqrt(exact(most));
  return {
    plan,
    inputs: 1,
    constrain: (builder, batch, forms, target) => constrainIsqrt(builder, batch, plan, forms, 0, target),
    assign: (writer, [v]) => {
      const y = exact(Math.floor(Math.sqrt(Number(v))));
      assignIsqrt(writer, plan, narrowed(v), y);
      return y;
    },
  };
}

export function isqrtCircuit(most: number, modulus?: bigint) {
  return withResult(isqrtGadget(most), modulus);
}

/** The position of the largest of arguments, each in its bounds. */
export function argmaxGadget(
  bounds: readonly (readonly [number, number])[],
  last: boolean,
): Gadget & { readonly plan: ArgmaxPlan } {
  const plan = planArgmax(
    bounds.map(([low, high]) => ({ low: BigInt(low), high: BigInt(high) })),
    last,
  );
  return {
    plan,
    inputs: bounds.length,
    constrain: (builder, batch, forms, target) =>
      constrainArgmax(builder, batch, plan, forms, new LinearForms(), target),
    assign: (writer, values) => {
      const numbers = values.map(narrowed);
      assignArgmax(writer, plan, numbers);
      const most = numbers.reduce(larger);
      return last ? numbers.lastIndexOf(most) : numbers.indexOf(most);
    },
  };
}

export function argmaxCircuit(
  bounds: readonly (readonly [number, number])[],
  last: boolean,
  modulus?: bigint,
) {
  return withResult(argmaxGadget(bounds, last), modulus);
}

/** The distances of `count` arguments from their maximum, of n bits each; they are the last wires. */
export function belowMaxCircuit(n: number, count: number, modulus?: bigint): GadgetCircuit {
  return gadgetCircuit({
    inputs: count,
    modulus,
    constrain: (builder) => {
      const target = new LinearForms();
      constrainBelowMax(builder, n, inputForms(count), target);
      for (let i = 0; i < count; i++) {
        target.pushTo(builder.c, builder, i, 1, 0);
        builder.c.push(builder.newWires(1), builder.scaled(-1));
        builder.endRow();
      }
    },
    assign: (writer, values) => {
      const numbers = values.map((value) => narrowed(value));
      assignBelowMax(writer, n, numbers);
      for (const value of numbers) writer.next(exact(Math.max(...numbers) - value));
    },
  });
}

export function capGadget(low: number, high: number, cap: number): Gadget & { readonly plan: CapPlan } {
  const plan = planCap({ low: exact(low), high: exact(high) }, exact(cap));
  return {
    plan,
    inputs: 1,
    constrain: (builder, batch, forms, target) =>
      constrainCap(builder, batch, plan, forms, 0, target, new LinearForms()),
    assign: (writer, [q]) => {
      assignCap(writer, plan, narrowed(q));
      return Math.min(Number(q), cap);
    },
  };
}

export function capCircuit(low: number, high: number, cap: number, modulus?: bigint) {
  return withResult(capGadget(low, high, cap), modulus);
}

/**
 * A matrix product of arguments (left factor, then right) whose entries are the last arguments: L_ij = −argument.
 * So an equation says that an argument is the entry.
 */
export function blockCircuit(sizes: ProductSizes, plan: BlockPlan, modulus?: bigint): GadgetCircuit {
  const { height, inner, width } = sizes;
  const factors = height * inner + inner * width;
  return gadgetCircuit({
    inputs: factors + height * width,
    modulus,
    constrain: (builder) => {
      const forms = inputForms(factors);
      const operands = { left: forms, right: forms, leftAt: 0, rightAt: height * inner };
      for (const block of blocksOf(sizes, plan)) {
        constrainBlock(builder, plan, sizes, block, operands, (batch, row, column) => {
          batch.open(plan.width);
          batch.term(1 + factors + row * width + column, -1);
        });
      }
    },
    assign: (writer, values) => {
      const numbers = exactsOf(Float64Array.from(values, Number));
      const operands = { left: numbers, right: numbers, leftAt: 0, rightAt: height * inner };
      for (const block of blocksOf(sizes, plan)) {
        assignBlock(writer, plan, sizes, block, operands, () => undefined);
      }
    },
  });
}

/** Of any gadget with equations in shared rows, what a circuit of it, or of several, is made from. */
export interface Gadget {
  readonly inputs: number;
  /** Forms 0 … inputs − 1 are its arguments; its result becomes form 0 of `target`. */
  readonly constrain: (
    builder: R1csBuilder,
    batch: LinearBatch,
    forms: LinearForms,
    target: LinearForms,
  ) => void;
  /** Its wires, and its result. */
  readonly assign: (writer: WitnessWriter, values: readonly bigint[]) => number;
}

/** A gadget whose one result is put into a last wire by a linear row of its own. */
function withResult<G extends Gadget>(gadget: G, modulus?: bigint): G & GadgetCircuit {
  return { ...gadget, ...circuitOf([gadget], undefined, modulus) };
}

/** Several gadgets that share rows, each with arguments of its own; each one's result is put into a wire by a row of its own. */
export function circuitOf(gadgets: readonly Gadget[], placer?: Placer, modulus?: bigint): GadgetCircuit {
  return gadgetCircuit({
    inputs: gadgets.reduce((sum, { inputs }) => sum + inputs, 0),
    modulus,
    constrain: (builder) => {
      const batch = new LinearBatch(builder, placer);
      let first = 1;
      const targets = gadgets.map(({ inputs, constrain }) => {
        const target = new LinearForms();
        constrain(builder, batch, inputForms(inputs, first), target);
        first += inputs;
        return target;
      });
      batch.end();
      for (const target of targets) {
        const result = builder.newWires(1);
        target.pushTo(builder.c, builder, 0, 1, 0);
        builder.c.push(result, builder.scaled(-1));
        builder.endRow();
      }
    },
    assign: (writer, values) => {
      let first = 0;
      const results = gadgets.map(({ inputs, assign }) =>
        assign(writer, values.slice(first, (first += inputs))),
      );
      for (const result of results) writer.next(exact(result));
    },
  });
}
