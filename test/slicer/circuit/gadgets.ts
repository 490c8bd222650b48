import { exact, narrowed } from '../../../slicer/integer/exact.ts';
import { LinearBatch } from '../../../slicer/circuit/rows/batch.ts';
import type { R1csBuilder } from '../../../slicer/circuit/rows/builder.ts';
import { assignAllZero, constrainAllZero } from '../../../slicer/circuit/gadgets/all-zero.ts';
import { assignRange, constrainRange } from '../../../slicer/circuit/gadgets/bits.ts';
import type { MaxPlan } from '../../../slicer/circuit/gadgets/max.ts';
import { assignMax, constrainMax, planMax } from '../../../slicer/circuit/gadgets/max.ts';
import type { RescalePlan } from '../../../slicer/circuit/gadgets/rescale.ts';
import { assignRescale, constrainRescale, planRescale } from '../../../slicer/circuit/gadgets/rescale.ts';
import { LinearForms } from '../../../slicer/circuit/rows/linear.ts';
import type { IntegerRange } from '../../../slicer/integer/program.ts';
import { boundsOf } from '../../../slicer/integer/program.ts';
import { inputForms } from './forms.ts';
import type { GadgetCircuit } from './support.ts';
import { gadgetCircuit } from './support.ts';

/** One rescale of one argument. */
export interface RescaleCase {
  readonly low: number;
  readonly high: number;
  readonly shift: number;
  readonly relu: boolean;
  readonly range: IntegerRange;
}

export interface RescaleCircuit extends GadgetCircuit {
  readonly plan: RescalePlan;
  readonly expected: (acc: number) => number;
}

/** What the integer semantics say, in bigints. */
export function rescaled({ shift, relu, range }: RescaleCase, acc: number): number {
  const bounds = boundsOf(range);
  const half = shift === 0 ? 0n : 1n << BigInt(shift - 1);
  const q = Number((BigInt(acc) + half) >> BigInt(shift));
  return Math.min(bounds.high, Math.max(relu ? Math.max(0, bounds.low) : bounds.low, q));
}

export function rescaleCircuit(rescale: RescaleCase, modulus?: bigint): RescaleCircuit {
  const plan = planRescale(
    { low: exact(rescale.low), high: exact(rescale.high) },
    rescale.shift,
    rescale.relu,
    rescale.range,
  );
  const circuit = gadgetCircuit({
    inputs: 1,
    modulus,
    constrain: (builder) => {
      const batch = new LinearBatch(builder);
      constrainRescale(builder, batch, plan, inputForms(1), 0, new LinearForms());
      batch.end();
    },
    assign: (writer, [acc]) =>
      assignRescale(writer, plan, narrowed(acc), exact(rescaled(rescale, Number(acc)))),
  });
  return { ...circuit, plan, expected: (acc) => rescaled(rescale, acc) };
}

export function rangeCircuit(low: number, bits: number, modulus?: bigint): GadgetCircuit {
  return gadgetCircuit({
    inputs: 1,
    modulus,
    constrain: (builder) => constrainRange(builder, 1, exact(low), bits),
    assign: (writer, [value]) => assignRange(writer, narrowed(value), exact(low), bits),
  });
}

/** max of two arguments in [low, high] each. */
export function maxCircuit(
  low: bigint,
  high: bigint,
  modulus?: bigint,
): GadgetCircuit & { readonly plan: MaxPlan } {
  const span = { low: low - high, high: high - low };
  const plan = planMax(span, span, { excess: 0n }, { excess: 0n });
  const circuit = gadgetCircuit({
    inputs: 2,
    modulus,
    constrain: (builder) => {
      const batch = new LinearBatch(builder);
      constrainMax(builder, batch, plan, inputForms(2), 0, 1);
      batch.end();
    },
    assign: (writer, [left, right]) => assignMax(writer, plan, narrowed(left), narrowed(right)),
  });
  return { ...circuit, plan };
}

/** `count` arguments, booleans by rows of their own, and whether all are zero. */
export function allZeroCircuit(count: number, modulus?: bigint): GadgetCircuit & { readonly rows: number } {
  let rows = 0;
  const circuit = gadgetCircuit({
    inputs: count,
    modulus,
    constrain: (builder: R1csBuilder) => {
      const booleans = Array.from({ length: count }, (_, i) => 1 + i);
      for (const wire of booleans) builder.boolean(wire);
      constrainAllZero(
        builder,
        booleans.map((wire) => [[wire, exact(1)]]),
      );
      rows = builder.rows - count;
    },
    assign: (writer, values) =>
      assignAllZero(writer, count, Number(values.reduce((sum, bit) => sum + bit, 0n))),
  });
  return { ...circuit, rows };
}
