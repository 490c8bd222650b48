import { constraintParts } from '../circuit/count/count.ts';
import type { CircuitMode } from '../circuit/mode.ts';
import { commitPart, rangePart } from '../circuit/count/parts.ts';
import type { PlanSlice, SlicePlan } from './plan.ts';

/** A slice of a plan in the figures that people and scripts are shown. */
export interface SliceDescription {
  readonly id: number;
  readonly name: string;
  readonly operators: readonly string[];
  readonly mode: CircuitMode;
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
  return slices.map((slice) => ({
    id: slice.id,
    name: slice.name,
    operators: slice.operators,
    mode: slice.figures.mode,
    constraints: slice.constraints,
    domain: slice.figures.domain,
    fill: (slice.constraints + slice.inputs.length + slice.outputs.length + 2) / slice.figures.domain,
    boundary: boundaryRows(slice) / slice.constraints,
    proveSeconds: slice.figures.seconds,
    memoryMiB: slice.figures.mebibytes,
    inputs: slice.inputs,
    outputs: slice.outputs,
  }));
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
