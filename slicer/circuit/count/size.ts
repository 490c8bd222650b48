import { sizeOf } from '../../integer/program.ts';
import { rangeRows } from '../gadgets/bits.ts';
import { commitmentRows } from '../gadgets/commit.ts';
import { TAG_ROWS } from '../gadgets/tag.ts';
import { LookupDemand } from '../lookups/demand.ts';
import { demandLookupInput, lookupInputRows } from '../lookups/input.ts';
import type { PartRows } from './parts.ts';
import { STATEMENT_ROWS } from '../../../groth16/formats/r1cs.ts';
import { publicRows } from '../rows/normal-form.ts';
import {
  commitPart,
  LOOKUP_PART,
  PRODUCTS_PART,
  PUBLIC_PART,
  rangePart,
  RowLedger,
  TAG_PART,
} from './parts.ts';
import { productRows } from '../products/challenge.ts';
import type { SlicePlan } from '../slice-plan.ts';

/** What a circuit takes, without building any of it. */
export interface CircuitSize {
  /** Rows of its R1CS. */
  readonly constraints: number;
  /** Signals, and in a circuit of lookups the challenge and the committed wires. */
  readonly publicWires: number;
  /** Rows and committed wires: what a slice is sold by (provedRows of the compiled circuit). */
  readonly provedRows: number;
  /** Rows, and one more for each committed wire and whatever a statement may have: what the prover's domain has to hold. */
  readonly qapRows: number;
  /** Wires whose values are as large as the field besides the hashes': each is a full term of two sums of points. */
  readonly inverses: number;
}

/** Exactly the rows by part that the compiler adds: its layout. */
export function partsOf(plan: SlicePlan): readonly PartRows[] {
  return measure(plan).parts;
}

export function sizeOfPlan(plan: SlicePlan): CircuitSize {
  const { parts, demand } = measure(plan);
  const constraints = parts.reduce((sum, { rows }) => sum + rows, 0);
  const signals = plan.inputs.length + plan.outputs.length + 1;
  const publicWires = plan.mode === 'bits' ? signals : signals + 1 + demand.committed;
  const inverses = plan.mode === 'bits' ? 0 : demand.inverses + plan.committed.rows;
  const provedRows = constraints + (plan.mode === 'bits' ? 0 : demand.committed);
  return { constraints, publicWires, provedRows, qapRows: provedRows + STATEMENT_ROWS, inverses };
}

function measure(plan: SlicePlan): { readonly parts: readonly PartRows[]; readonly demand: LookupDemand } {
  const { program, inputs, outputs, circuits, materialised, digitBits } = plan;
  const demand = new LookupDemand();
  let rows = 0;
  const ledger = new RowLedger(() => rows);
  const add = (name: string, count: () => number): void => {
    ledger.measure(name, () => {
      rows += count();
    });
  };
  const signals = inputs.length + outputs.length + 1;
  add(PUBLIC_PART, () => publicRows(plan.mode === 'bits' ? signals : signals + 1));
  for (const [i, id] of program.inputs.entries()) {
    const { name } = program.tensors[id];
    add(rangePart(name), () => {
      if (digitBits === undefined) return inputs[i].count * rangeRows(inputs[i].bits);
      demandLookupInput(demand, inputs[i], digitBits);
      return lookupInputRows(inputs[i]);
    });
    add(commitPart(name), () => commitmentRows(inputs[i]));
  }
  for (const [position, node] of program.nodes.entries()) {
    add(node.name, () => {
      circuits[position].demand?.(demand);
      const values = sizeOf(program.tensors[node.output].shape);
      return circuits[position].rows() + (materialised.has(node.output) ? values : 0);
    });
  }
  for (const [i, id] of program.outputs.entries()) {
    add(commitPart(program.tensors[id].name), () => commitmentRows(outputs[i]));
  }
  add(PRODUCTS_PART, () => productRows(program, plan.products));
  add(TAG_PART, () => TAG_ROWS);
  if (plan.mode === 'lookups') add(LOOKUP_PART, () => demand.rows + plan.committed.rows);
  return { parts: ledger.parts(), demand };
}
