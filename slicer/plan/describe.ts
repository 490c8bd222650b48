import { constraintParts } from '../circuit/count/count.ts';
import type { CircuitMode } from '../circuit/mode.ts';
import { isProvable } from '../integer/program.ts';
import { multiplyAddsOf } from './cost/multiply-adds.ts';
import { commitPart, rangePart } from '../circuit/count/parts.ts';
import type { PlanSlice, SlicePlan } from './plan.ts';

/** A slice of a plan in the figures that people and scripts are shown. */
export interface SliceDescription {
  readonly id: number;
  readonly name: string;
  readonly operators: readonly string[];
  /** Whether it has a circuit: else it is only executed, has no mode, and takes no proving. */
  readonly provable: boolean;
  readonly multiplyAdds: number;
  readonly mode: CircuitMode | null;
  readonly constraints: number;
  readonly domain: number;
  /** Share of the domain that constraints and public signals take. */
  readonly fill: number;
  /** Share of the constraints that range and commit the tensors at the slice's edge. */
  readonly boundary: number;
  /** Estimates, see cost.ts. */
  readonly proveSeconds: number;
  readonly memoryMiB: number;
  /** Tensor ids of the model. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export function describeSlices({ slices }: SlicePlan): readonly SliceDescription[] {
  return slices.map((slice) => {
    const { figures, constraints, inputs, outputs } = slice;
    const provable = isProvable(slice.program);
    return {
      id: slice.id,
      name: slice.name,
      operators: slice.operators,
      provable,
      multiplyAdds: multiplyAddsOf(slice.program),
      mode: provable ? figures.mode : null,
      constraints,
      domain: figures.domain,
      fill: provable ? (constraints + inputs.length + outputs.length + 2) / figures.domain : 0,
      boundary: provable ? boundaryRows(slice) / constraints : 0,
      proveSeconds: figures.seconds,
      memoryMiB: figures.mebibytes,
      inputs,
      outputs,
    };
  });
}

function boundaryRows({ program, figures: { mode } }: PlanSlice): number {
  const names = new Set([
    ...program.inputs.flatMap((id) => [
      rangePart(program.tensors[id].name),
      commitPart(program.tensors[id].name),
    ]),
    ...program.outputs.map((id) => commitPart(program.tensors[id].name)),
  ]);
  return constraintParts(program, { mode }).reduce(
    (sum, { name, rows }) => sum + (names.has(name) ? rows : 0),
    0,
  );
}
