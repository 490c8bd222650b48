import type { IntegerProgram } from '../integer/program.ts';
import { sizeOf } from '../integer/program.ts';
import { rangeRows } from './gadgets/bits.ts';
import { commitmentRows } from './gadgets/commit.ts';
import { TAG_ROWS } from './gadgets/tag.ts';
import type { PartRows } from './parts.ts';
import { commitPart, PRODUCTS_PART, rangePart, RowLedger, TAG_PART } from './parts.ts';
import type { CircuitOptions } from './plan.ts';
import { planSlice } from './plan.ts';
import { productRows } from './products/challenge.ts';

/** The planner's cost model: exactly the rows of compileSlice(program), without building any. */
export function countConstraints(program: IntegerProgram, options?: CircuitOptions): number {
  return constraintParts(program, options).reduce((sum, { rows }) => sum + rows, 0);
}

/** The same by part: compileSlice(program).layout. */
export function constraintParts(program: IntegerProgram, options?: CircuitOptions): readonly PartRows[] {
  const plan = planSlice(program, options);
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
  for (const [position, node] of program.nodes.entries()) {
    add(node.name, () => {
      const values = sizeOf(program.tensors[node.output].shape);
      return plan.circuits[position].rows() + (plan.materialised.has(node.output) ? values : 0);
    });
  }
  for (const [i, id] of program.outputs.entries()) {
    add(commitPart(program.tensors[id].name), () => commitmentRows(plan.outputs[i]));
  }
  add(PRODUCTS_PART, () => productRows(program, plan.products));
  add(TAG_PART, () => TAG_ROWS);
  return ledger.parts();
}
