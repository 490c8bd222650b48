import { floorShifted, larger, plus, smaller, type Exact, type Exacts } from '../../integer/exact.ts';
import { clampOf, halfOf } from '../../integer/nodes/rescale.ts';
import { rangeOf } from '../../integer/tensor.ts';
import { sizeOf, type RescaleNode } from '../../integer/program.ts';
import { LinearBatch, slotRows } from '../rows/batch.ts';
import { blockMatmulRows, blocksOfRescale, type BlockMatmul } from './plans/block-matmul.ts';
import { assignBlock, blocksOf, constrainBlock } from '../gadgets/block-product.ts';
import { assignCap, capRows, capSlot, constrainCap, planCap, type CapPlan } from '../gadgets/cap.ts';
import {
  assignRescale,
  constrainRescale,
  rescaleRows,
  rescaleSlot,
  type RescalePlan,
} from '../gadgets/rescale.ts';
import { LinearForms } from '../rows/linear.ts';
import { RangedAccumulators } from '../products/accumulators.ts';
import { rescalePlans, topOf } from './plans/rescale-plans.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';
import { byEntry } from './by-entry.ts';
import type { CircuitKind, ConstrainContext, PlanContext } from './kind.ts';

export const rescale: CircuitKind<RescaleNode> = {
  results: 'wires',
  multiplies: false,
  takesBlocks: true,
  plan(node, context) {
    const plans = rescalePlans(node, context);
    const run = sizeOf(context.program.tensors[node.input].shape) / plans.length;
    const caps = planCaps(node, context);
    const blocks = blocksOfRescale(node, context);
    const checked = context.checked.has(node);
    const equations = (): number => {
      if (checked) return 0;
      return blocks ? blockMatmulRows(blocks) : slotRows(slotWidths(plans, run));
    };
    return {
      rows: () =>
        plans.reduce((sum, plan) => sum + run * rescaleRows(plan), equations()) +
        caps.reduce((sum, cap) => sum + run * capRows(cap), slotRows(repeated(caps.map(capSlot), run))),
      constrain(given) {
        const scaled = blocks
          ? constrainBlocks(given, blocks, plans, run)
          : constrainEach(given, node, checked, plans, run);
        return caps.length === 0 ? scaled : constrainCaps(given, scaled, caps, run);
      },
      assign(writer, values) {
        const source = values[node.input];
        const scaled = caps.length === 0 ? values[node.output] : uncapped(node, context, source);
        const one = (i: number): void =>
          assignRescale(writer, plans[Math.floor(i / run)], source[i], scaled[i]);
        if (blocks) assignBlocks(writer, blocks, values, one);
        else for (const i of channelsFirst(plans.length, run)) one(i);
        for (let i = 0; i < source.length && caps.length > 0; i++) {
          assignCap(writer, caps[Math.floor(i / run)], scaled[i]);
        }
      },
    };
  },
};

function constrainEach(
  { builder, forms, ranged }: ConstrainContext,
  node: RescaleNode,
  checked: boolean,
  plans: readonly RescalePlan[],
  run: number,
): LinearForms {
  const results = new LinearForms();
  const places = new Uint32Array(plans.length * run);
  const batch = new LinearBatch(builder);
  const accumulators = new RangedAccumulators();
  const equations = checked ? accumulators : batch;
  for (const i of channelsFirst(plans.length, run)) {
    places[i] = results.count;
    constrainRescale(builder, equations, plans[Math.floor(i / run)], forms[node.input], i, results);
  }
  batch.end();
  if (checked) ranged.set(node, accumulators.finish());
  const target = new LinearForms();
  for (const place of places) target.copy(results, place);
  return target;
}

/**
 * The values' places with the channel as the fastest index: equations that share a row then read the same
 * inputs, and the row's terms are joined.
 */
function* channelsFirst(entries: number, run: number): Generator<number> {
  for (let position = 0; position < run; position++) {
    for (let entry = 0; entry < entries; entry++) yield entry * run + position;
  }
}

function* slotWidths(plans: readonly RescalePlan[], run: number): Generator<number> {
  for (let position = 0; position < run; position++) {
    for (const plan of plans) {
      const width = rescaleSlot(plan);
      if (width > 0) yield width;
    }
  }
}

/** The entries of a matrix product: their forms are nothing, the block's products stand in for them. */
function constrainBlocks(
  { builder, forms }: ConstrainContext,
  { matmul: { inputs }, sizes, blocks }: BlockMatmul,
  plans: readonly RescalePlan[],
  run: number,
): LinearForms {
  const { batch: matrices, height, inner, width } = sizes;
  const [left, right] = inputs.map((id) => forms[id]);
  const nothing = new LinearForms();
  nothing.close(0);
  const results = new LinearForms();
  const places = new Uint32Array(matrices * height * width);
  for (let matrix = 0; matrix < matrices; matrix++) {
    const factors = { left, right, leftAt: matrix * height * inner, rightAt: matrix * inner * width };
    for (const block of blocksOf(sizes, blocks)) {
      constrainBlock(builder, blocks, sizes, block, factors, (batch, row, column) => {
        const at = (matrix * height + row) * width + column;
        places[at] = results.count;
        constrainRescale(builder, batch, plans[Math.floor(at / run)], nothing, 0, results);
      });
    }
  }
  const target = new LinearForms();
  for (const place of places) target.copy(results, place);
  return target;
}

function assignBlocks(
  writer: WitnessWriter,
  { matmul: { inputs }, sizes, blocks }: BlockMatmul,
  values: readonly Exacts[],
  one: (at: number) => void,
): void {
  const { batch: matrices, height, inner, width } = sizes;
  const [left, right] = inputs.map((id) => values[id]);
  for (let matrix = 0; matrix < matrices; matrix++) {
    const factors = { left, right, leftAt: matrix * height * inner, rightAt: matrix * inner * width };
    for (const block of blocksOf(sizes, blocks)) {
      assignBlock(writer, blocks, sizes, block, factors, (row, column) =>
        one((matrix * height + row) * width + column),
      );
    }
  }
}

/** Empty where the clamp's bounds are a power of two of integers. */
function planCaps(node: RescaleNode, context: PlanContext): readonly CapPlan[] {
  const { low, high } = clampOf(node, rangeOf(context.program.tensors[node.output]));
  if (high === topOf(low, high)) return [];
  const { low: least, high: most } = context.intervals[node.input];
  const scale = uncappedRescale(node, context);
  return byEntry(least, most, (from, to) => planCap({ low: scale(from), high: scale(to) }, high));
}

/** What is capped: the rescale into the bits that hold the bounds. */
function uncapped(node: RescaleNode, context: PlanContext, source: Exacts): Exacts {
  return source.map(uncappedRescale(node, context));
}

function uncappedRescale(node: RescaleNode, { program }: PlanContext): (value: Exact) => Exact {
  const { low, high } = clampOf(node, rangeOf(program.tensors[node.output]));
  const most = topOf(low, high);
  const half = halfOf(node);
  return (value) => smaller(most, larger(low, floorShifted(plus(value, half), node.shift)));
}

function constrainCaps(
  { builder }: ConstrainContext,
  source: LinearForms,
  caps: readonly CapPlan[],
  run: number,
): LinearForms {
  const target = new LinearForms();
  const scratch = new LinearForms();
  const batch = new LinearBatch(builder);
  for (let i = 0; i < source.count; i++) {
    constrainCap(builder, batch, caps[Math.floor(i / run)], source, i, target, scratch);
  }
  batch.end();
  return target;
}

function* repeated(widths: readonly number[], run: number): Generator<number> {
  for (const width of widths) {
    for (let i = 0; i < run && width > 0; i++) yield width;
  }
}
