import type { TensorSpec } from '../../protocol/commitment/commit.ts';
import { rangeOf } from '../integer/evaluate.ts';
import type { TensorInterval } from '../integer/intervals.ts';
import { intervalsOf } from '../integer/intervals.ts';
import type { IntegerProgram, MaxPoolNode, ProgramNode, RescaleNode } from '../integer/program.ts';
import { boundsOf, nodeInputs, sizeOf } from '../integer/program.ts';
import { validateProgram } from '../integer/validate.ts';
import { CircuitError } from './errors.ts';
import type { RescalePlan } from './gadgets/rescale.ts';
import { planRescale } from './gadgets/rescale.ts';
import { PoolPlanner } from './pool.ts';

/**
 * Everything that the constants of a program decide about its circuit: the compiler, the witness and the
 * cost model read the same plan, so they agree on every wire and row.
 */
export interface SlicePlan {
  readonly program: IntegerProgram;
  readonly intervals: readonly TensorInterval[];
  /** One plan an entry of the input's interval. */
  readonly rescales: ReadonlyMap<RescaleNode, readonly RescalePlan[]>;
  readonly pools: ReadonlyMap<MaxPoolNode, PoolPlanner>;
  /**
   * Tensors of long forms that a convolution or gemm reads: each value gets a wire and a linear row, or the
   * forms behind it would be multiplied out.
   */
  readonly materialised: ReadonlySet<number>;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/**
 * @throws IntegerProgramError PROGRAM_*, INTEGER_TOO_WIDE (see intervalsOf)
 * @throws CircuitError CIRCUIT_OUTPUT_RANGE: an output may leave the range it is to be committed with
 */
export function planSlice(program: IntegerProgram): SlicePlan {
  validateProgram(program);
  const intervals = intervalsOf(program);
  const rescales = new Map<RescaleNode, readonly RescalePlan[]>();
  const pools = new Map<MaxPoolNode, PoolPlanner>();
  for (const node of program.nodes) {
    if (node.kind === 'rescale') rescales.set(node, rescalePlans(program, node, intervals[node.input]));
    else if (node.kind === 'max-pool') pools.set(node, new PoolPlanner(program, node, intervals));
  }
  for (const id of program.outputs) checkOutput(program, id, intervals[id]);
  return {
    program,
    intervals,
    rescales,
    pools,
    materialised: materialisedTensors(program),
    inputs: program.inputs.map((id) => specOf(program, id)),
    outputs: program.outputs.map((id) => specOf(program, id)),
  };
}

function rescalePlans(
  program: IntegerProgram,
  node: RescaleNode,
  { low, high }: TensorInterval,
): RescalePlan[] {
  const range = rangeOf(program.tensors[node.output]);
  return Array.from(low, (least, entry) =>
    planRescale({ low: least, high: high[entry] }, node.shift, node.relu, range),
  );
}

function materialisedTensors(program: IntegerProgram): Set<number> {
  const read = new Set(
    program.nodes.flatMap((node) => (node.kind === 'conv' || node.kind === 'gemm' ? [node.input] : [])),
  );
  const materialised = new Set<number>();
  const long = new Set<number>();
  for (const node of program.nodes) {
    if (!writesLongForms(node, long)) continue;
    (read.has(node.output) ? materialised : long).add(node.output);
  }
  return materialised;
}

function writesLongForms(node: ProgramNode, long: ReadonlySet<number>): boolean {
  if (node.kind === 'rescale') return false;
  if (node.kind === 'reshape' || node.kind === 'concat') return nodeInputs(node).some((id) => long.has(id));
  return true;
}

function specOf(program: IntegerProgram, id: number): TensorSpec {
  const tensor = program.tensors[id];
  return { count: sizeOf(tensor.shape), ...rangeOf(tensor) };
}

/** Packing binds only values that the circuit keeps in their range. */
function checkOutput(program: IntegerProgram, id: number, { low, high }: TensorInterval): void {
  const tensor = program.tensors[id];
  const bounds = boundsOf(rangeOf(tensor));
  const entry = low.findIndex((least, i) => least < bounds.low || high[i] > bounds.high);
  if (entry < 0) return;
  throw new CircuitError(
    'CIRCUIT_OUTPUT_RANGE',
    `output ${tensor.name} is to be within ${bounds.low} … ${bounds.high}, its channel ${entry} can be ${low[entry]} … ${high[entry]}`,
    { hint: 'End the slice with a rescale into the range that is committed.' },
  );
}
