import type { IntegerProgram, ProgramNode } from '../integer/program.ts';
import { sizeOf } from '../integer/program.ts';
import { SCALAR_FIELD } from '../formats/bn254.ts';
import { SlotPacker } from './batch.ts';
import { rangeRows } from './gadgets/bits.ts';
import { commitmentRows } from './gadgets/commit.ts';
import { maxRows } from './gadgets/max.ts';
import { rescaleRows, rescaleSlot } from './gadgets/rescale.ts';
import { TAG_ROWS } from './gadgets/tag.ts';
import type { PartRows } from './parts.ts';
import { commitPart, rangePart, RowLedger, TAG_PART } from './parts.ts';
import type { SlicePlan } from './plan.ts';
import { planSlice } from './plan.ts';

const CAPACITY = SCALAR_FIELD.toString(2).length - 1;

/** The planner's cost model: exactly the rows of compileSlice(program), without building any. */
export function countConstraints(program: IntegerProgram): number {
  return constraintParts(program).reduce((sum, { rows }) => sum + rows, 0);
}

/** The same by part: compileSlice(program).layout. */
export function constraintParts(program: IntegerProgram): readonly PartRows[] {
  const plan = planSlice(program);
  let rows = 0;
  const ledger = new RowLedger(() => rows);
  const add = (name: string, count: () => number): void => {
    ledger.measure(name, () => {
      rows += count();
    });
  };
  for (const [i, id] of program.inputs.entries()) {
    const { name } = program.tensors[id];
    add(rangePart(name), () => plan.inputs[i].count * rangeRows(plan.inputs[i].bits));
    add(commitPart(name), () => commitmentRows(plan.inputs[i]));
  }
  for (const node of program.nodes) {
    add(node.name, () => {
      const values = sizeOf(program.tensors[node.output].shape);
      return nodeRows(plan, node) + (plan.materialised.has(node.output) ? values : 0);
    });
  }
  for (const [i, id] of program.outputs.entries()) {
    add(commitPart(program.tensors[id].name), () => commitmentRows(plan.outputs[i]));
  }
  add(TAG_PART, () => TAG_ROWS);
  return ledger.parts();
}

function nodeRows(plan: SlicePlan, node: ProgramNode): number {
  const packer = new SlotPacker(CAPACITY);
  let rows = 0;
  if (node.kind === 'rescale') {
    const plans = plan.rescales.get(node)!;
    const run = sizeOf(plan.program.tensors[node.input].shape) / plans.length;
    for (const rescale of plans) {
      rows += run * rescaleRows(rescale);
      const width = rescaleSlot(rescale);
      for (let i = 0; i < run && width > 0; i++) packer.place(width);
    }
  } else if (node.kind === 'max-pool') {
    const planner = plan.pools.get(node)!;
    for (const window of planner.windows()) {
      for (const { plan: step } of planner.steps(window)) {
        rows += maxRows(step);
        if (step.kind === 'compare') packer.place(step.width);
      }
    }
  }
  return rows + packer.rows;
}
